"""Gradient-boosted trees by XGBoost."""

from __future__ import annotations

from typing import Any

import xgboost as xgb

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.steps import tree_steps

METRIC = {"binary": "logloss", "multiclass": "mlogloss", "regression": "rmse"}


class XGBoost:
    """Boosted trees on raw numbers and category codes, stopped early by the validation rows."""

    name = "xgboost"
    title = "XGBoost"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    weighs = True

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "n_estimators": 1500,
            "learning_rate": 0.05,
            "max_depth": 6,
            "min_child_weight": 2.0,
            "subsample": 0.9,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
            "early_stopping": 60,
            "device": "auto",
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"gamma", "reg_alpha", "max_bin", "max_leaves", "grow_policy", "colsample_bynode"}
        weight = {"scale_pos_weight"} if task == "binary" else set()
        return frozenset({*self.defaults(task), *more, *weight})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "max_depth": Whole(2, 12),
            "min_child_weight": Real(0.5, 100, log=True),
            "subsample": Real(0.5, 1.0),
            "colsample_bytree": Real(0.2, 1.0),
            "reg_lambda": Real(1e-3, 100, log=True),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        patience = int(params.pop("early_stopping"))
        device, reason = _device(params.pop("device"))
        kind = xgb.XGBRegressor if problem.task == "regression" else xgb.XGBClassifier
        judged = problem.x_valid is not None
        model = kind(
            **params,
            random_state=problem.seed,
            n_jobs=cores(problem),
            device=device,
            eval_metric=METRIC[problem.task],
            early_stopping_rounds=patience if judged and patience > 0 else None,
            callbacks=[_Report(progress, int(params["n_estimators"]))],
        )
        valid = [(problem.x_valid, problem.y_valid)] if judged else None
        try:
            model.fit(
                problem.x,
                problem.y,
                sample_weight=problem.weights,
                eval_set=valid,
                verbose=False,
            )
        except xgb.core.XGBoostError as error:
            raise UsageError(
                f"XGBoost refused: {_last(str(error))}", "Check the parameters."
            ) from error
        losses = model.evals_result()["validation_0"][METRIC[problem.task]] if judged else []
        best = int(model.best_iteration) + 1 if judged and patience > 0 else len(losses)
        best = best or int(params["n_estimators"])
        # what is kept knows neither the machine's cores nor who listened to its training
        model.set_params(callbacks=None, n_jobs=None, device="cpu", early_stopping_rounds=None)
        model._Booster = model.get_booster()[:best]  # noqa: SLF001
        model.get_booster().set_param({"device": "cpu"})
        facts = {"best_iteration": best, "device": device, "device_reason": reason}
        return Fitted(model, {"valid_loss": losses} if losses else {}, facts)


class _Report(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Says how far it is after each round; an exception in it ends the fit."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self.progress, self.total = progress, total

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        losses = next(iter(next(iter(evals_log.values())).values())) if evals_log else []
        newest = {"valid_loss": float(losses[-1]), "iteration": epoch + 1.0} if losses else None
        self.progress((epoch + 1) / self.total, f"round {epoch + 1}", newest)
        return False


def _device(asked: str) -> tuple[str, str]:
    """The device, and why: a GPU counts only when a tiny model was fitted on it."""
    if asked not in ("auto", "cpu", "cuda"):
        raise UsageError(f"{asked!r} is no device of XGBoost.", "Use auto, cpu or cuda.")
    if asked == "cpu":
        return "cpu", "asked for"
    if not xgb.build_info().get("USE_CUDA"):
        if asked == "cuda":
            raise UsageError(
                "This build of XGBoost has no CUDA.", "Install the package xgboost, or use cpu."
            )
        return "cpu", "this build of XGBoost has no CUDA"
    try:
        tiny = xgb.DMatrix([[0.0], [1.0]], label=[0, 1])
        xgb.train({"device": "cuda", "max_depth": 1}, tiny, num_boost_round=1)
    except xgb.core.XGBoostError as error:
        if asked == "cuda":
            raise UsageError(f"CUDA does not work here: {_last(str(error))}", "Use cpu.") from error
        return "cpu", "no GPU answered"
    return "cuda", "a tiny model was fitted on it"


def _last(message: str) -> str:
    """The sentence among XGBoost's stack of addresses."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if "Check failed" in line or "Invalid" in line] or lines[:1]
    return told[0].partition("] ")[2] or told[0]


FAMILY = XGBoost()

"""Gradient-boosted oblivious trees by CatBoost."""

from __future__ import annotations

from typing import Any

import catboost as cb

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.oblivious import CatClassifier, CatRegressor
from workbench.training.steps import tree_steps

LOSS = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}


class CatBoost:
    """Symmetric trees on raw numbers and category codes, stopped early by the validation rows.

    Categories go in as codes in the order of the target's mean: CatBoost's own statistics of
    categories cannot leave it (its ONNX export refuses them, too).
    """

    name = "catboost"
    title = "CatBoost"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "iterations": 1500,
            "learning_rate": 0.05,
            "depth": 6,
            "l2_leaf_reg": 3.0,
            "random_strength": 1.0,
            "bagging_temperature": 1.0,
            "early_stopping": 60,
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"border_count", "rsm", "min_data_in_leaf", "leaf_estimation_iterations"}
        classes = set() if task == "regression" else {"class_weights"}
        return frozenset({*self.defaults(task), *more, *classes})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "depth": Whole(2, 10),
            "l2_leaf_reg": Real(0.1, 100, log=True),
            "random_strength": Real(0.01, 10, log=True),
            "bagging_temperature": Real(0.0, 10.0),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        patience = int(params.pop("early_stopping"))
        report = _Report(progress, int(params["iterations"]))
        kind = cb.CatBoostRegressor if problem.task == "regression" else cb.CatBoostClassifier
        model = kind(
            **params,
            loss_function=LOSS[problem.task],
            bootstrap_type="Bayesian",
            random_seed=problem.seed,
            thread_count=cores(problem),
            allow_writing_files=False,
            verbose=False,
        )
        judged = problem.x_valid is not None
        stop = {"early_stopping_rounds": patience} if judged and patience > 0 else {}
        try:
            model.fit(
                problem.x,
                problem.y,
                eval_set=(problem.x_valid, problem.y_valid) if judged else None,
                use_best_model=bool(stop),
                callbacks=[report],
                **stop,
            )
        except cb.CatBoostError as error:
            if report.stopped is None:
                raise UsageError(
                    f"CatBoost refused: {_last(str(error))}", "Check the parameters."
                ) from error
        if report.stopped is not None:
            raise report.stopped
        held = CatRegressor if problem.task == "regression" else CatClassifier
        fitted = held(int(params["depth"]), float(params["learning_rate"]))
        fitted.adopt(model, problem.x.shape[1])
        history = {"valid_loss": report.losses} if report.losses else {}
        return Fitted(fitted, history, {"best_iteration": int(model.tree_count_)})


class _Report:
    """Says how far it is after each round; what is raised there is kept, and ends the fit.

    CatBoost would turn an exception into one of its own.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total = progress, total
        self.losses: list[float] = []
        self.stopped: BaseException | None = None

    def after_iteration(self, info: Any) -> bool:
        valid = info.metrics.get("validation")
        if valid:
            self.losses.append(float(next(iter(valid.values()))[-1]))
        at = int(info.iteration)
        newest = {"valid_loss": self.losses[-1], "iteration": float(at)} if valid else None
        try:
            self.progress(min(1.0, at / self.total), f"round {at}", newest)
        except BaseException as error:  # noqa: BLE001 - raised again after the fit
            self.stopped = error
            return False
        return True


def _last(message: str) -> str:
    """The sentence behind CatBoost's addresses in its source."""
    first = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return first.partition(": ")[2] or first


FAMILY = CatBoost()

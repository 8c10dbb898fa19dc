"""Gradient-boosted trees by LightGBM."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.steps import tree_steps

METRIC = {"binary": "binary_logloss", "multiclass": "multi_logloss", "regression": "l2"}


class LightGBM:
    """Boosted trees on raw numbers and category codes, stopped early by the validation rows."""

    name = "lightgbm"
    title = "LightGBM"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    weighs = True

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "n_estimators": 1500,
            "learning_rate": 0.05,
            "num_leaves": 31,
            "min_child_samples": 20,
            "subsample": 0.9,
            "subsample_freq": 1,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
            "early_stopping": 60,  # rounds without a gain that anybody could see
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {
            "max_depth",
            "min_split_gain",
            "min_child_weight",
            "reg_alpha",
            "max_bin",
        }
        more |= {"extra_trees", "path_smooth"}
        classes = set() if task == "regression" else {"class_weight"}
        weight = {"scale_pos_weight"} if task == "binary" else set()
        return frozenset({*self.defaults(task), *more, *classes, *weight})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "num_leaves": Whole(4, 255, log=True),
            "min_child_samples": Whole(2, 200, log=True),
            "subsample": Real(0.5, 1.0),
            "colsample_bytree": Real(0.2, 1.0),
            "reg_lambda": Real(1e-3, 100, log=True),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        patience = int(params.pop("early_stopping"))
        kind = lgb.LGBMRegressor if problem.task == "regression" else lgb.LGBMClassifier
        model = kind(
            **params,
            random_state=problem.seed,
            n_jobs=cores(problem),
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )
        record: dict[str, Any] = {}
        callbacks = [_report(progress, int(params["n_estimators"]))]
        valid: dict[str, Any] = {}
        if problem.x_valid is not None:
            valid = {
                "eval_X": problem.x_valid,
                "eval_y": problem.y_valid,
                "eval_names": ["valid"],
                "eval_metric": METRIC[problem.task],
            }
            callbacks.append(lgb.record_evaluation(record))
            if patience > 0:
                least = 1e-5 * (float(problem.y.var()) if problem.task == "regression" else 1.0)
                callbacks.append(lgb.early_stopping(patience, verbose=False, min_delta=least))
        try:
            model.fit(problem.x, problem.y, problem.weights, callbacks=callbacks, **valid)
        except lgb.basic.LightGBMError as error:
            raise UsageError(
                f"LightGBM refused: {str(error).partition(' at /')[0].strip()}.",
                "Check the parameters.",
            ) from error
        model.set_params(n_jobs=None)  # how many cores were there is no part of the model
        losses = record.get("valid", {}).get(METRIC[problem.task], [])
        best = int(model.best_iteration_ or model.n_estimators_)
        return Fitted(model, {"valid_loss": losses} if losses else {}, {"best_iteration": best})


def _report(progress: Progress, total: int) -> Any:
    """A callback that says how far it is after each round; an exception in it ends the fit."""

    def callback(env: Any) -> None:
        loss = next((float(r[2]) for r in env.evaluation_result_list or ()), None)
        done = env.iteration + 1
        metrics = None if loss is None else {"valid_loss": loss, "iteration": float(done)}
        progress(done / total, f"round {done}", metrics)

    callback.order = 5  # type: ignore[attr-defined] # before early stopping, which raises
    return callback


FAMILY = LightGBM()

"""Histogram boosting of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.chunks import pack, unpack
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.persist import dump, load
from workbench.training.steps import tree_steps

CHUNK = 25  # rounds between two signs of life: each start bins the table anew


class HistBoost:
    """Boosted trees on binned numbers; needs no library beyond scikit-learn."""

    name = "histboost"
    title = "Histogram boosting"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    kin = "boosted trees"
    weighs = True

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "max_iter": 600,
            "learning_rate": 0.06,
            "max_leaf_nodes": 31,
            "min_samples_leaf": 20,
            "l2_regularization": 1.0,
            "max_features": 0.6,
            "early_stopping": 50,
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"max_depth", "max_bins"} | (set() if task == "regression" else {"class_weight"})
        return frozenset({*self.defaults(task), *more})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "max_leaf_nodes": Whole(4, 255, log=True),
            "min_samples_leaf": Whole(2, 200, log=True),
            "l2_regularization": Real(1e-3, 100, log=True),
            "max_features": Real(0.2, 1.0),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        total, patience = int(params.pop("max_iter")), int(params.pop("early_stopping"))
        if total < 1:
            raise UsageError(f"max_iter is a whole number from 1, not {total!r}.")
        kind = (
            HistGradientBoostingRegressor
            if problem.task == "regression"
            else HistGradientBoostingClassifier
        )
        judged = problem.x_valid is not None
        model = kind(
            warm_start=True,
            early_stopping=judged and patience > 0,
            n_iter_no_change=max(1, patience),
            scoring="loss",
            random_state=problem.seed,
            **params,
        )
        valid = {"X_val": problem.x_valid, "y_val": problem.y_valid} if judged else {}
        if (kept := _begun(problem)) is not None:
            model = kept
            progress(model.n_iter_ / total, f"going on after round {model.n_iter_}")
        done = 0 if kept is None else int(model.n_iter_)
        while done < total:
            progress(done / total, f"round {done} of {total}", _newest(model))
            asked = min(done + CHUNK, total)
            model.set_params(max_iter=asked)
            with threadpool_limits(cores(problem)):
                model.fit(
                    problem.x,
                    problem.y,
                    sample_weight=problem.weights,
                    **(valid if model.early_stopping else {}),
                )
            done = model.n_iter_
            if done < asked:
                break
            if done < total:
                problem.checkpoint.offer(lambda: pack(sklearn.__version__, {}, dump(model)))
        losses = [-float(v) for v in getattr(model, "validation_score_", [])][1:]
        best = int(np.argmin(losses)) + 1 if losses else done
        _cut(model, best)
        history = {"valid_loss": losses} if losses else {}
        return Fitted(model, history, {"best_iteration": best})


def _begun(problem: Problem) -> Any:
    """The model of a fit that was cut short: its trees, and where its random numbers stood."""
    kept = unpack(problem.checkpoint.last(), sklearn.__version__)
    model = None if kept is None else load(kept[1])
    return model if model is not None and model.n_features_in_ == problem.x.shape[1] else None


def _newest(model: Any) -> dict[str, float] | None:
    scores = getattr(model, "validation_score_", [])
    if len(scores) < 2:
        return None
    return {"valid_loss": -float(scores[-1]), "iteration": float(len(scores) - 1)}


def _cut(model: Any, rounds: int) -> None:
    """Drop the trees after the best round; scikit-learn only counts them in this list."""
    del model._predictors[rounds:]  # noqa: SLF001
    model.set_params(max_iter=rounds, warm_start=False)


FAMILY = HistBoost()

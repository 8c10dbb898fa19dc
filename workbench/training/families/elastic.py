"""Elastic net: a linear model that leaves columns out."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import ElasticNet as ElasticNetRegressor

from workbench.core.progress import Progress
from workbench.core.recipe import Task
from workbench.core.space import Real, Space
from workbench.training.families.logistic import Logistic
from workbench.training.family import Fitted, Problem


class Elastic(Logistic):
    """Absolute and squared penalties together: of correlated columns few are kept."""

    name = "elastic"
    title = "Elastic net"
    solver = "saga"  # the only one that knows both penalties

    def defaults(self, task: Task) -> dict[str, Any]:
        if task == "regression":
            return {"alpha": 0.01, "l1_ratio": 0.5, "max_iter": 2000}
        return {"C": 0.5, "l1_ratio": 0.5, "max_iter": 200, "tol": 1e-3}

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"tol"} if task == "regression" else {"class_weight"}
        return frozenset({*self.defaults(task), "fit_intercept", *more})

    def space(self, task: Task) -> Space:
        strength = "alpha" if task == "regression" else "C"
        ends = Real(1e-5, 10, log=True) if task == "regression" else Real(1e-3, 30, log=True)
        return {strength: ends, "l1_ratio": Real(0.02, 1.0)}

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        fitted = super().fit(problem, progress)
        kept = np.abs(np.atleast_2d(fitted.estimator.coef_)).max(axis=0) > 0
        return Fitted(fitted.estimator, fitted.history, {**fitted.facts, "kept": int(kept.sum())})

    def _regress(self, problem: Problem, x: np.ndarray) -> Fitted:
        """On the standardised target, so that one penalty means the same on every table."""
        shift, scale = float(problem.y.mean()), float(problem.y.std()) or 1.0
        model = ElasticNetRegressor(random_state=problem.seed, **problem.params)
        model.fit(x, (problem.y - shift) / scale, problem.weights)
        model.coef_ = model.coef_ * scale
        model.intercept_ = model.intercept_ * scale + shift
        return Fitted(model, facts={"iterations": int(model.n_iter_)})


FAMILY = Elastic()

"""Logistic regression; ridge regression when the target is a number."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    refuse_native,
)
from workbench.training.steps import Indicators, Numbers

CHUNK = 25  # iterations between two looks at progress


class Logistic:
    """A linear model on standardised numbers and one column per category."""

    name = "logistic"
    title = "Logistic regression"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "linear"
    weighs = True
    solver = "lbfgs"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"alpha": 1.0} if task == "regression" else {"C": 1.0, "max_iter": 300}

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"solver"} if task == "regression" else {"tol", "class_weight"}
        return frozenset({*self.defaults(task), "fit_intercept", *more})

    def space(self, task: Task) -> Space:
        if task == "regression":
            return {"alpha": Real(1e-3, 1000, log=True)}
        return {"C": Real(1e-3, 100, log=True)}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        refuse_native(self.name, preparation)
        return Steps(Numbers(scale=True), Indicators(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        # the optimiser needs the digits; what it sees is still what float32 rows say
        x = problem.x.astype(np.float64)
        if problem.task == "regression":
            progress(0.1, "solving")
            return self._regress(problem, x)
        return self._classify(problem, x, progress)

    def _regress(self, problem: Problem, x: np.ndarray) -> Fitted:
        return Fitted(
            Ridge(random_state=problem.seed, **problem.params).fit(x, problem.y, problem.weights)
        )

    def _classify(self, problem: Problem, x: np.ndarray, progress: Progress) -> Fitted:
        """Fit in chunks of iterations, each going on where the last one ended."""
        params = dict(problem.params)
        most = int(params.pop("max_iter"))
        model = LogisticRegression(
            solver=self.solver,
            warm_start=True,
            max_iter=CHUNK,
            random_state=problem.seed,
            **params,
        )
        losses: list[float] = []
        done = 0
        while done < most:
            progress(done / most, f"iteration {done}", _newest(losses))
            model.set_params(max_iter=min(CHUNK, most - done))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(x, problem.y, problem.weights)
            taken = int(np.max(model.n_iter_))
            done += taken
            if problem.x_valid is not None:
                losses.append(_loss(model, problem))
            if taken < model.max_iter:
                break
        model.set_params(max_iter=most, warm_start=False)
        history = {"valid_loss": losses} if losses else {}
        return Fitted(model, history, {"iterations": done, "converged": taken < CHUNK})


def _loss(model: LogisticRegression, problem: Problem) -> float:
    return float(
        log_loss(problem.y_valid, model.predict_proba(problem.x_valid), labels=model.classes_)
    )


def _newest(losses: list[float]) -> dict[str, float] | None:
    return {"valid_loss": losses[-1]} if losses else None


FAMILY = Logistic()

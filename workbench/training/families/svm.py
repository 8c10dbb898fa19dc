"""Support vector machine with a Gaussian kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC, SVR

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    drawn,
    refuse_native,
)
from workbench.training.steps import Indicators, Numbers
from workbench.training.vectors import VectorClassifier, VectorRegressor

CACHE = 400  # MB of kernel values


class SVM:
    """Its time grows with the square of the rows: large tables are drawn from."""

    name = "svm"
    title = "Support vector machine"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        # the kernel's reach in units of the table's own scale: 1 is scikit-learn's gamma="scale"
        return {"C": 1.0, "width": 1.0, "rows": 5_000}

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"epsilon"} if task == "regression" else {"class_weight"}
        return frozenset({*self.defaults(task), *more})

    def space(self, task: Task) -> Space:
        return {"C": Real(0.03, 100, log=True), "width": Real(0.1, 10, log=True)}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        refuse_native(self.name, preparation)
        return Steps(Numbers(scale=True), Indicators(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = {"cache_size": CACHE, **problem.params}
        rows = drawn(problem)
        params.pop("rows")
        x, y = problem.x[rows].astype(np.float64), problem.y[rows]
        width = params.pop("width")
        if not isinstance(width, int | float) or width <= 0:
            raise UsageError(f"width is a number above 0, not {width!r}.")
        params["gamma"] = 1.0 / (width**2 * (x.shape[1] * float(x.var()) or 1.0))
        facts = {"rows_kept": len(rows)}
        if problem.task == "regression":
            progress(0.1, "finding the vectors")
            model = _regressor(x, y, params)
        else:
            model = _classifier(x, y, params, problem, progress)
        return Fitted(model, facts={**facts, "vectors": len(model.vectors_)})


def _regressor(x: np.ndarray, y: np.ndarray, params: dict[str, Any]) -> VectorRegressor:
    shift, scale = float(y.mean()), float(y.std()) or 1.0
    machine = SVR(**params).fit(x, (y - shift) / scale)
    model = VectorRegressor(float(params["gamma"])).adopt([machine], x)
    model.shift_, model.scale_ = shift, scale
    return model


def _classifier(
    x: np.ndarray, y: np.ndarray, params: dict[str, Any], problem: Problem, progress: Progress
) -> VectorClassifier:
    if problem.x_valid is not None and problem.y_valid is not None:
        judge_x, judge_y = problem.x_valid.astype(np.float64), problem.y_valid
    else:  # sigmoids want rows that the machines have not seen
        x, judge_x, y, judge_y = train_test_split(
            x, y, test_size=0.2, random_state=problem.seed, stratify=_enough(y)
        )
    classes = [1] if problem.classes == 2 else list(range(problem.classes))
    machines = []
    for number, label in enumerate(classes):
        progress(number / len(classes), f"finding the vectors of class {number + 1}")
        machines.append(SVC(**params).fit(x, y == label))
    model = VectorClassifier(float(params["gamma"])).adopt(machines, x)
    return model.calibrate(judge_x, judge_y)


def _enough(y: np.ndarray) -> np.ndarray | None:
    """Stratify where every class has two rows."""
    return y if np.bincount(y).min() > 1 else None


FAMILY = SVM()

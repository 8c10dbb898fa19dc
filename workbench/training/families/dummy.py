"""What is right without looking: the share of each class, or the mean of the target."""

from __future__ import annotations

from typing import Any

from sklearn.dummy import DummyClassifier, DummyRegressor

from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Space
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps
from workbench.training.steps import Codes, Numbers


class Dummy:
    """The baseline that every other model must beat."""

    name = "dummy"
    title = "Baseline"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"strategy": "mean" if task == "regression" else "prior"}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset({"strategy"})

    def space(self, task: Task) -> Space:
        return {}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return Steps(Numbers(scale=False), Codes(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        progress(0.5, "counting")
        kind = DummyRegressor if problem.task == "regression" else DummyClassifier
        model = kind(**problem.params)
        model.fit(problem.x, problem.y)
        model.n_features_in_ = problem.x.shape[1]
        return Fitted(model)


FAMILY = Dummy()

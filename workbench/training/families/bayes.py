"""Naive Bayes."""

from __future__ import annotations

from typing import Any

from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space
from workbench.training.bayes import NaiveBayes
from workbench.training.family import Explainer, Fitted, Problem, Steps, refuse_native
from workbench.training.steps import Codes, Numbers


class Bayes:
    """Gaussian numbers and counted categories: the quickest model that learns anything."""

    name = "bayes"
    title = "Naive Bayes"
    tasks: tuple[Task, ...] = ("binary", "multiclass")
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"alpha": 1.0, "smoothing": 1e-9}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset(self.defaults(task))

    def space(self, task: Task) -> Space:
        return {"alpha": Real(0.01, 30, log=True), "smoothing": Real(1e-9, 0.3, log=True)}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        refuse_native(self.name, preparation)
        return Steps(Numbers(scale=True), Codes(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        progress(0.2, "counting")
        return Fitted(NaiveBayes(problem.levels, **problem.params).fit(problem.x, problem.y))


FAMILY = Bayes()

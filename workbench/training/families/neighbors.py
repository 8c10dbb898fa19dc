"""Nearest neighbours."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Space, Whole
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Fitted,
    Problem,
    Steps,
    drawn,
    refuse_native,
)
from workbench.training.nearest import NearestClassifier, NearestRegressor
from workbench.training.steps import Indicators, Numbers


class Neighbors:
    """The rows most alike decide; the model is these rows, so it keeps a draw of large tables."""

    name = "neighbors"
    title = "Nearest neighbours"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"neighbors": 15, "rows": 5_000}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset(self.defaults(task))

    def space(self, task: Task) -> Space:
        return {"neighbors": Whole(1, 100, log=True)}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        refuse_native(self.name, preparation)
        return Steps(Numbers(scale=True), Indicators(preparation.rare))

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        neighbors = problem.params["neighbors"]
        if not isinstance(neighbors, int) or neighbors < 1:
            raise UsageError(f"neighbors is a whole number from 1, not {neighbors!r}.")
        progress(0.2, "keeping the rows")
        rows = drawn(problem)
        kind = NearestRegressor if problem.task == "regression" else NearestClassifier
        model = kind(neighbors).fit(problem.x[rows], problem.y[rows])
        return Fitted(model, facts={"rows_kept": len(rows)})


FAMILY = Neighbors()

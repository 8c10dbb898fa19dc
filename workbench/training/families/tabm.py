"""Many networks in one: an ensemble that shares its layers, trained with torch."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Task
from workbench.core.space import Choice, Real, Space
from workbench.training.families.network import NetworkFamily
from workbench.training.family import Fitted, Problem


class TabMFamily(NetworkFamily):
    """TabM-mini on piecewise-linear numbers (Gorishniy, Kotelnikov and Babenko, 2025).

    ``members`` networks share their hidden layers and learn side by side, each from its own loss;
    a prediction is their mean. On a CPU it costs about ``members`` times what a network costs.
    """

    name = "tabm"
    title = "TabM (network ensemble)"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            **super().defaults(task),
            "members": 16,
            "hidden": [192, 192],
            "dropout": 0.1,
            "patience": 8,
        }

    def space(self, task: Task) -> Space:
        return {
            "hidden": Choice(([128, 128], [192, 192], [256, 256], [192, 192, 192])),
            "dropout": Real(0.0, 0.5),
            "learning_rate": Real(3e-4, 5e-3, log=True),
            "weight_decay": Real(1e-6, 1e-1, log=True),
        }

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        members = problem.params["members"]
        if not isinstance(members, int) or not 2 <= members <= 256:
            raise UsageError(f"members is a whole number from 2 to 256, not {members!r}.")
        return super().fit(problem, progress)


FAMILY = TabMFamily()

"""Model families: what can be trained, one file each under ``families/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.registry import Registry

Explainer = Literal["linear", "trees", "sampling"]
ALL_TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Problem:
    """Prepared rows to fit on, and those to stop early by (``None``: there are none).

    ``x`` is float32 with the numbers first; its last ``len(levels)`` columns are category codes
    below ``levels`` when the family asked for codes. ``y`` holds class codes (int64) or values.
    """

    task: Task
    classes: int
    x: np.ndarray
    y: np.ndarray
    x_valid: np.ndarray | None
    y_valid: np.ndarray | None
    levels: tuple[int, ...]
    params: Mapping[str, Any]
    seed: int


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator, what it did step by step, and facts worth keeping."""

    estimator: Any
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Steps:
    """How a family wants its columns: one transformer for floats, one for strings."""

    numbers: Any
    categories: Any


class Family(Protocol):
    """A kind of model that can be trained on a prepared table."""

    name: str
    title: str
    tasks: tuple[Task, ...]
    explainer: Explainer

    def defaults(self, task: Task) -> dict[str, Any]:
        """The parameters that are used when a recipe names none."""
        ...

    def parameters(self, task: Task) -> frozenset[str]:
        """All parameters that a recipe may set."""
        ...

    def steps(self, preparation: Preparation, width: int) -> Steps:
        """Unfitted preparation for a table with ``width`` float inputs."""
        ...

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        """Fit; ``progress`` is called often enough to stop within a second or so."""
        ...


families: Registry[Family] = Registry(
    "family",
    {
        "logistic": "workbench.training.families.logistic:FAMILY",
        "forest": "workbench.training.families.forest:FAMILY",
        "lightgbm": "workbench.training.families.lightgbm:FAMILY",
        "network": "workbench.training.families.network:FAMILY",
    },
)


def settled(family: Family, task: Task, params: Mapping[str, Any]) -> dict[str, Any]:
    """A family's defaults with the recipe's own parameters over them.

    Raises
    ------
    UsageError
        The family cannot do the task, or has no such parameter.
    """
    if task not in family.tasks:
        raise UsageError(
            f"{family.title} cannot do {task}.",
            f"It can do: {', '.join(family.tasks)}.",
        )
    known = family.parameters(task)
    unknown = sorted(set(params) - known)
    if unknown:
        raise UsageError(
            f"{family.title} has no parameter {', '.join(map(repr, unknown))}.",
            f"It has: {', '.join(sorted(known))}.",
        )
    return {**family.defaults(task), **params}


def refuse_native(name: str, preparation: Preparation) -> None:
    """Say that a family needs missing values filled in, when a recipe asks otherwise."""
    if preparation.missing == "native":
        raise UsageError(
            f"The family {name!r} cannot take missing values as they are.",
            "Leave preparation.missing open, or set it to 'impute'.",
        )

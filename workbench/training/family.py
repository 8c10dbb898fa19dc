"""Model families: what can be trained, one file each under ``families/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from workbench.core.checkpoint import NOWHERE, Checkpoint
from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.registry import Registry
from workbench.core.space import Space
from workbench.training.share import own_cores

Explainer = Literal["linear", "trees", "additive", "sampling"]
SMALL = 200_000  # cells
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
    # of a blend: where each member's columns end, and its levels
    blocks: tuple[tuple[int, tuple[int, ...]], ...] = ()
    checkpoint: Checkpoint = NOWHERE  # for fits that can be continued
    weights: np.ndarray | None = None  # what each row of x counts, 1 on average; see ``weighs``
    weights_valid: np.ndarray | None = None  # those of x_valid's rows, for who learns from them
    groups: np.ndarray | None = None  # codes: rows of one group must not judge each other
    groups_valid: np.ndarray | None = None  # codes of x_valid's rows, all of other groups
    ordered: bool = False  # whether the rows were split in order of time


@dataclass(frozen=True)
class Fitted:
    """A fitted estimator, what it did step by step, and facts worth keeping.

    ``costs`` of mistakes decide instead of the usual rule, where a family was given some: what it
    costs to say the column where the row is true. ``valid_scores`` are those of the validation rows
    where the estimator learned from them, too: each row's by parts that had not seen it.
    """

    estimator: Any
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    costs: tuple[tuple[float, ...], ...] = ()
    valid_scores: np.ndarray | None = None


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

    def space(self, task: Task) -> Space:
        """Where a tuner looks for better parameters; empty: there is nothing to tune."""
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
        name: f"workbench.training.families.{name}:FAMILY"
        for name in (  # the simplest first: this is the order of the app's list
            "dummy",
            "logistic",
            "elastic",
            "bayes",
            "neighbors",
            "svm",
            "forest",
            "extratrees",
            "histboost",
            "lightgbm",
            "xgboost",
            "catboost",
            "ebm",
            "network",
            "tabm",
            "blend",
            "stack",
            "calibrated",
            "costly",
        )
    },
    extras={
        "xgboost": "boost",
        "catboost": "catboost",
        "ebm": "ebm",
        "network": "torch",
        "tabm": "torch",
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


def whole(family: Family, task: Task, params: Mapping[str, Any]) -> dict[str, Any]:
    """:func:`settled`, and the parameters of the families that it holds settled, too."""
    found = settled(family, task, params)
    holds = getattr(family, "members", None)
    if holds is None:
        return found
    held = [{"family": m.name, "params": settled(m, task, inner)} for m, inner in holds(found)]
    return {**found, **({"members": held} if "members" in found else {"params": held[0]["params"]})}


def refuse_native(name: str, preparation: Preparation) -> None:
    """Say that a family needs missing values filled in, when a recipe asks otherwise."""
    if preparation.missing == "native":
        raise UsageError(
            f"The family {name!r} cannot take missing values as they are.",
            "Leave preparation.missing open, or set it to 'impute'.",
        )


def space(family: Family, task: Task) -> Space:
    """A family's search space; a guest that has none is trained as it is."""
    told = getattr(family, "space", None)
    return told(task) if told is not None else {}


def starts(family: Family, task: Task) -> list[dict[str, Any]]:
    """Where a tuner begins: the defaults, then what the family knows to be good elsewhere."""
    told = getattr(family, "starts", None)
    return [family.defaults(task), *(told(task) if told is not None else ())]


def kin(family: Family) -> str:
    """What a family shares with those that err on the same rows; its own name where none do."""
    return str(getattr(family, "kin", family.name))


def explainer_of(family: Family, params: Mapping[str, Any]) -> str:
    """The explainer of a family's model; that of a wrapper may be the one of what it wraps."""
    told = getattr(family, "explained_by", None)
    return str(told(params) if told is not None else family.explainer)


def weighs(family: Family, params: Mapping[str, Any]) -> bool:
    """Whether a family heeds ``Problem.weights``; one of members does when all of them do."""
    members = getattr(family, "members", None)
    if members is not None:
        return all(weighs(member, inner) for member, inner in members(params))
    return bool(getattr(family, "weighs", False))


def cores(problem: Problem) -> int:
    """How many threads pay off: on a small table they wait for each other longer than they work."""
    if problem.x.size < SMALL:
        return 1
    return own_cores()


def drawn(problem: Problem) -> np.ndarray:
    """Places of at most ``params["rows"]`` training rows, every class in its share.

    For families whose cost grows with the square of the rows.
    """
    most = problem.params["rows"]
    if not isinstance(most, int) or most < 2:
        raise UsageError(f"rows is a whole number from 2, not {most!r}.")
    if len(problem.x) <= most:
        return np.arange(len(problem.x))
    order = np.random.default_rng(problem.seed).permutation(len(problem.x))
    if problem.task == "regression":
        return np.sort(order[:most])
    share = most / len(problem.x)
    groups = [order[problem.y[order] == k] for k in range(problem.classes)]
    return np.sort(np.concatenate([g[: max(2, int(share * len(g)))] for g in groups]))

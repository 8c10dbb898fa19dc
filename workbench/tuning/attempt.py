"""What a sweep tries, and what it learns from each attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.core.space import Space

State = Literal["done", "pruned", "failed"]
REDUCTION = 3  # of those that reach a rung the best third goes on
# steps before anything is given up: slow learners look bad early, and are often the best
FIRST_RUNG = 100


class Pruned(WorkbenchError):
    """An attempt was given up: others were far ahead at the same step, or time is up."""


@dataclass(frozen=True)
class Contender:
    """A family in a sweep: what may be tuned, and the parameters that are tried first."""

    family: str
    space: Space
    starts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Judgement:
    """How good an attempt is on rows that it was not fitted on.

    Parameters
    ----------
    value
        The metric that the sweep is after.
    losses
        Each row's share of the metric, in an order that all attempts have: smaller is better.
        Differences between attempts are judged on these, row by row. None where the metric is no
        mean over rows: then no family is given up, and every better value counts as a gain.
    facts
        Plain numbers worth keeping: ``seconds``, ``latency_us`` (per row), ``iterations``.
    """

    value: float
    losses: np.ndarray | None
    facts: Mapping[str, float] = field(default_factory=dict)


class Watch(Protocol):
    """Told now and then that a fit goes on, and of the loss so far where it learns in steps.

    Raises :class:`Pruned` when the attempt is to be given up, and what progress raises.
    """

    def __call__(self, step: int, loss: float | None = None) -> None: ...


class Rungs:
    """The steps at which a fit is held against the others: each look is flushed to the disk."""

    def __init__(self) -> None:
        self._next = FIRST_RUNG

    def reached(self, step: int) -> bool:
        """Whether a look is due."""
        if step < self._next:
            return False
        self._next = step * REDUCTION
        return True


@dataclass(frozen=True)
class Step:
    """Word of an attempt that goes on; ``loss`` where it has reached a rung, or is no number."""

    ticket: int
    step: int
    loss: float | None = None


@dataclass(frozen=True)
class Ended:
    """An attempt that is over: what came of it, or why nothing did."""

    ticket: int
    came: Judgement | Exception


class Crew(Protocol):
    """Carries out several attempts at once, each in a process of its own."""

    seats: int

    def begin(self, ticket: int, family: str, params: Mapping[str, Any]) -> None:
        """Start an attempt; a seat is free."""
        ...

    def news(self, seconds: float) -> list[Step | Ended]:
        """What came since the last call; waits at most so long for something to come."""
        ...

    def give_up(self, ticket: int) -> None:
        """End an attempt; its end is told as any other's."""
        ...

    def close(self) -> None:
        """End all processes at once."""
        ...


class Judge(Protocol):
    """Fits a family with some parameters and judges it."""

    def __call__(self, family: str, params: Mapping[str, Any], watch: Watch) -> Judgement: ...


@dataclass(frozen=True)
class Attempt:
    """One try, as it is kept."""

    number: int  # in the order in which attempts ended, from 1
    family: str
    params: Mapping[str, Any]
    state: State
    value: float | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""  # of an attempt that failed or was given up


def ranked(attempts: Iterable[Attempt], higher: bool) -> list[Attempt]:
    """Those that have a value, the best first and the earlier of equals before the later."""
    sign = -1.0 if higher else 1.0
    return sorted((a for a in attempts if a.value is not None), key=lambda a: sign * (a.value or 0))


def best_of(attempts: Iterable[Attempt], higher: bool) -> dict[str, Attempt]:
    """The best attempt of each family, the best family first."""
    found: dict[str, Attempt] = {}
    for one in ranked(attempts, higher):
        found.setdefault(one.family, one)
    return found


def front(attempts: Sequence[Attempt], higher: bool, cost: str = "latency_us") -> list[Attempt]:
    """The attempts that no other beats in both value and cost (Pareto), cheapest first."""
    done = [a for a in attempts if a.value is not None and cost in a.facts]
    sign = -1 if higher else 1
    found: list[Attempt] = []
    best = np.inf
    for one in sorted(done, key=lambda a: (a.facts[cost], sign * (a.value or 0.0))):
        if sign * (one.value or 0.0) < best:
            best = sign * (one.value or 0.0)
            found.append(one)
    return found

"""The threshold from which on a row is called positive, chosen by what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from workbench.core.errors import DataError, UsageError
from workbench.measures.costs import Costs
from workbench.measures.curves import Sweep, sweep
from workbench.measures.sample import Floats, ratio

By = Literal["f1", "youden", "cost", "recall", "precision"]
WAYS: tuple[str, ...] = get_args(By)


@dataclass(frozen=True)
class Rule:
    """What a threshold is chosen by.

    ``f1`` and ``youden`` (recall plus specificity) are made as large, ``cost`` as small as they
    get. ``recall`` reaches at least ``at`` with the highest precision, ``precision`` at least
    ``at`` with the highest recall.
    """

    by: By
    at: float | None = None
    costs: Costs | None = None

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise UsageError(f"{self.by!r} chooses no threshold.", f"Use: {', '.join(WAYS)}.")
        if self.by in ("recall", "precision") and not (self.at is not None and 0 < self.at <= 1):
            raise UsageError(f"{self.by.capitalize()} of at least what?", "Give a share: at=0.9.")
        if self.by == "cost" and self.costs is None:
            raise UsageError("What do wrong decisions cost?", 'Say costs={"fn": 5, "fp": 1}.')

    @property
    def words(self) -> str:
        """``recall of at least 0.9``."""
        return {
            "f1": "the highest F1",
            "youden": "the highest sum of recall and specificity",
            "cost": "the lowest expected cost",
        }.get(self.by, f"{self.by} of at least {self.at:g}" if self.at is not None else self.by)


@dataclass(frozen=True)
class Choice:
    """A threshold, and what the rule's own measure is there."""

    threshold: float
    value: float


@dataclass(frozen=True, eq=False)
class Candidates:
    """What every threshold that differs on these rows would give, from the highest down.

    The first calls nobody positive.
    """

    thresholds: Floats
    hits: Floats
    alarms: Floats
    positives: float
    negatives: float

    @classmethod
    def of(cls, positive: Floats, scores: Floats) -> Candidates:
        """Those of rows (n,) with 1 where the positive class is true.

        Raises
        ------
        DataError
            One of the classes has no rows.
        """
        swept: Sweep = sweep(positive, scores)
        if not swept.positives or not swept.negatives:
            raise DataError(
                "The rows that choose hold one class only.", "Use more rows or another split."
            )
        found = swept.thresholds
        # halfway to the next score below: rows not seen yet fall on both sides of it
        middles = np.append((found[:-1] + found[1:]) / 2, found[-1] / 2)
        above = np.nextafter(found[0], np.inf)
        return cls(
            np.append(above, middles),
            np.append(0.0, swept.hits),
            np.append(0.0, swept.alarms),
            swept.positives,
            swept.negatives,
        )

    @property
    def recall(self) -> Floats:
        return self.hits / self.positives

    @property
    def precision(self) -> Floats:
        """NaN where nobody is called positive."""
        return ratio(self.hits, self.hits + self.alarms)

    @property
    def f1(self) -> Floats:
        return 2 * self.hits / (self.hits + self.alarms + self.positives)

    @property
    def youden(self) -> Floats:
        return self.recall - self.alarms / self.negatives

    def cost(self, costs: Costs) -> Floats:
        """The mean cost of a row's decision."""
        (tn, fp), (fn, tp) = costs.matrix
        total = (
            tp * self.hits
            + fn * (self.positives - self.hits)
            + fp * self.alarms
            + tn * (self.negatives - self.alarms)
        )
        found: Floats = total / (self.positives + self.negatives)
        return found

    def choose(self, rule: Rule) -> Choice:
        """The best threshold; of equally good ones the highest.

        Raises
        ------
        UsageError
            No threshold reaches what was asked for.
        """
        if rule.by in ("recall", "precision"):
            assert rule.at is not None
            reached, gained = (
                (self.recall, np.nan_to_num(self.precision))
                if rule.by == "recall"
                else (np.nan_to_num(self.precision), self.recall)
            )
            if not (reached >= rule.at).any():
                raise UsageError(
                    f"No threshold reaches a {rule.by} of {rule.at:g} on the validation rows.",
                    f"The highest is {reached.max():.3f}.",
                )
            at = int(np.argmax(np.where(reached >= rule.at, gained, -1.0)))
            return Choice(float(self.thresholds[at]), float(reached[at]))
        if rule.by == "cost":
            assert rule.costs is not None
            found = self.cost(rule.costs)
            at = int(np.argmin(found))
        else:
            found = self.f1 if rule.by == "f1" else self.youden
            at = int(np.argmax(found))
        return Choice(float(self.thresholds[at]), float(found[at]))

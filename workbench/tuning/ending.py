"""What follows a search within the same time: the winners as runs, and a bag of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.tuning.attempt import Attempt

SHARE = 0.55  # of the time may go to the bag
SOME = 0.05  # of the time is for scoring and keeping the runs
SLACK = 1.1  # how much longer a fit may take than the attempt's did
FOLDS = (8, 5)  # of the bag, the first that time allows
MOST = 6  # members
ENOUGH = 4  # members, for which fewer folds are taken
# families that err on the same rows: a bag holds one of each kind before it holds two of one
ALIKE = (("lightgbm", "xgboost", "catboost", "histboost"), ("forest", "extratrees"))


@dataclass(frozen=True)
class Bag:
    """The members of a bagged stack, its folds, and about how many seconds it takes to fit."""

    members: tuple[Attempt, ...]
    folds: int
    seconds: float


@dataclass(frozen=True)
class Ending:
    """Plans the end of a search from how long its attempts took.

    Parameters
    ----------
    seconds
        The whole time, or None: no limit.
    keep
        How many families' best attempts become runs.
    judged
        How often an attempt was fitted: once a fold of the rows that judge.
    growth
        Rows that a bag may learn from, by the rows that an attempt learned from.
    alone
        Families that are no member of a bag.
    fits
        How many fits as large as the attempt's its folds are together: as many as there are folds,
        but of a forest, which is grown in shares.
    """

    seconds: float | None
    keep: int
    judged: int
    growth: float
    alone: frozenset[str]
    fits: Callable[[Attempt, int], float]

    def needed(self, best: Mapping[str, Attempt]) -> float:
        """Seconds that the runs and the bag take if the search ends with these."""
        if self.seconds is None:
            return 0.0
        runs = sum(self._fit(a) for a in list(best.values())[: self.keep + 1])
        bag = self.bag(best)
        return SOME * self.seconds + runs + (bag.seconds if bag else 0.0)

    def bag(self, best: Mapping[str, Attempt]) -> Bag | None:
        """As many good members as time allows, in fewer folds if these would be too few."""
        known = _varied([a for f, a in best.items() if f not in self.alone])
        tried = [self._bag(known, folds) for folds in FOLDS]
        found = next((b for b in tried if len(b.members) >= min(ENOUGH, len(known))), tried[-1])
        return found if len(found.members) > 1 else None

    def _bag(self, best: Sequence[Attempt], folds: int) -> Bag:
        limit = float("inf") if self.seconds is None else SHARE * self.seconds
        members: list[Attempt] = []
        spent = 0.0
        for one in best:
            share = (folds - 1) / folds  # of the rows is learned from in each
            took = self.fits(one, folds) * share * self.growth * self._fit(one)
            if spent + took <= limit and len(members) < MOST:
                members.append(one)
                spent += took
        return Bag(tuple(members), folds, spent)

    def _fit(self, one: Attempt) -> float:
        return SLACK * one.facts.get("seconds", 0.0) / self.judged


def _varied(ranked: Sequence[Attempt]) -> list[Attempt]:
    """The best of each kind of family first, then the others, the best first."""
    firsts: dict[object, Attempt] = {}
    for one in ranked:
        kind = next((k for k, names in enumerate(ALIKE) if one.family in names), one.family)
        firsts.setdefault(kind, one)
    own = list(firsts.values())
    return [*own, *(one for one in ranked if one not in own)]

"""What follows a search within the same time: the winners as runs, and a bag of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.tuning.attempt import Attempt, best_of, ranked

SHARE = 0.55  # of the time may be kept for the bag while the search goes on
SOME = 0.05  # of the time is for scoring and keeping the runs
SLACK = 1.1  # how much longer a fit may take than the attempt's did
WAYS = ((8, 2), (5, 2), (8, 1), (5, 1))  # folds and layers of the bag, the first that time allows
MOST = 8  # members
ENOUGH = 4  # members, for which fewer folds or layers are taken
KINDS = 4  # of families, of which the best is a member before others are


@dataclass(frozen=True)
class Bag:
    """The members of a bagged stack, its folds and layers, and about how many seconds it takes."""

    members: tuple[Attempt, ...]
    folds: int
    layers: int
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
    higher
        Whether a larger value is better.
    alone
        Families that are no member of a bag.
    kin
        What families that err on the same rows have in common.
    usual
        Whether an attempt is one of its family's defaults.
    layers
        How many layers a bag may have.
    fits
        How many fits as large as the attempt's its folds are together: as many as there are folds,
        but of a forest, which is grown in shares.
    """

    seconds: float | None
    keep: int
    judged: int
    growth: float
    higher: bool
    alone: frozenset[str]
    kin: Callable[[str], str]
    usual: Callable[[Attempt], bool]
    layers: int
    fits: Callable[[Attempt, int], float]

    def needed(self, attempts: Sequence[Attempt]) -> float:
        """Seconds that the runs and the bag take if the search ends with these."""
        if self.seconds is None:
            return 0.0
        bag = self._bag(attempts, SHARE * self.seconds)
        return self._before(attempts) + (bag.seconds if bag else 0.0)

    def bag(self, attempts: Sequence[Attempt], spent: float = 0.0) -> Bag | None:
        """As many good members as the time allows of which so many seconds are ``spent``."""
        if self.seconds is None:
            return self._bag(attempts, math.inf)
        return self._bag(attempts, self.seconds - spent - self._before(attempts))

    def _before(self, attempts: Sequence[Attempt]) -> float:
        """Seconds that are spent on the runs, and on keeping all."""
        best = best_of(attempts, self.higher).values()
        return SOME * (self.seconds or 0.0) + sum(self._fit(a) for a in [*best][: self.keep + 1])

    def _bag(self, attempts: Sequence[Attempt], limit: float) -> Bag | None:
        """In fewer layers or folds if there would be too few members."""
        known = self._varied(attempts)
        ways = [(folds, layers) for folds, layers in WAYS if layers <= self.layers]
        tried = [self._filled(known, folds, layers, limit) for folds, layers in ways]
        found = next((b for b in tried if len(b.members) >= min(ENOUGH, len(known))), tried[-1])
        return found if len(found.members) > 1 else None

    def _filled(self, known: Sequence[Attempt], folds: int, layers: int, limit: float) -> Bag:
        members: list[Attempt] = []
        spent = 0.0
        for one in known:
            share = (folds - 1) / folds  # of the rows is learned from in each
            took = layers * self.fits(one, folds) * share * self.growth * self._fit(one)
            if spent + took <= limit and len(members) < MOST:
                members.append(one)
                spent += took
        return Bag(tuple(members), folds, layers, spent)

    def _varied(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """The best of the better kinds of family, then those of other families and the defaults.

        Defaults were not chosen by the rows that judge: where these are few, the best of many
        attempts is the luckiest of them.
        """
        best = [a for f, a in best_of(attempts, self.higher).items() if f not in self.alone]
        kinds: dict[str, Attempt] = {}
        for one in best:
            kinds.setdefault(self.kin(one.family), one)
        firsts = list(kinds.values())[:KINDS]
        usual = (a for a in attempts if a.family not in self.alone and self.usual(a))
        others = {a.number: a for a in [*best, *usual] if a not in firsts}
        return [*firsts, *ranked(others.values(), self.higher)]

    def _fit(self, one: Attempt) -> float:
        return SLACK * one.facts.get("seconds", 0.0) / self.judged

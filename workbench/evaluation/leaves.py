"""How large errors are in the nodes of a tree, on rows that did not grow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact, ttest_ind

from workbench.measures.curves import wilson
from workbench.measures.intervals import Interval
from workbench.measures.pairs import holm, paired_means, paired_shares
from workbench.measures.sample import Floats

UNKNOWN = Interval(None, None, None)


@dataclass(frozen=True, eq=False)
class Errors:
    """What each row adds to the error of one model, or of each of two.

    Parameters
    ----------
    first, second
        (n,) each row's error, smaller is better; ``second`` is None for one model.
    rates
        Whether errors are 0 or 1, so that their mean is a share.
    """

    first: Floats
    second: Floats | None = None
    rates: bool = False

    def __len__(self) -> int:
        return len(self.first)

    @property
    def wanted(self) -> Floats:
        """What a tree is grown for: the error, or by how much the first model's is the larger."""
        return self.first if self.second is None else self.first - self.second

    def at(self, rows: np.ndarray) -> Errors:
        """Those of some rows, given by their places or as a mask."""
        second = None if self.second is None else self.second[rows]
        return Errors(self.first[rows], second, self.rates)

    def chance(self, inside: np.ndarray) -> float:
        """How likely such a gap to all other rows is by chance alone; two-sided.

        Fisher's exact test of shares, else Welch's test of means.
        """
        here, there = self.wanted[inside], self.wanted[~inside]
        if min(len(here), len(there)) < 2:
            return 1.0
        if self.rates and self.second is None:
            cells = [[v.sum(), len(v) - v.sum()] for v in (here, there)]
            return float(fisher_exact(np.array(cells, dtype=np.int64)).pvalue)
        if np.ptp(here) == 0 and np.ptp(there) == 0:  # no spread to judge by
            return 1.0
        return float(ttest_ind(here, there, equal_var=False).pvalue)


@dataclass(frozen=True)
class Figures:
    """The errors of a node's rows, with 95 % intervals."""

    rows: int
    error: Interval
    other: Interval = UNKNOWN
    difference: Interval = UNKNOWN  # the first minus the second

    @classmethod
    def of(cls, errors: Errors) -> Figures:
        first, second = errors.first, errors.second
        if second is None or not len(first):
            return cls(len(first), _mean(first, errors.rates))
        difference = paired_shares(first, second) if errors.rates else _tested(first.copy(), second)
        one, other = (_mean(values, errors.rates) for values in (first, second))
        return cls(len(first), one, other, difference)


def chances(errors: Errors, groups: Sequence[np.ndarray]) -> list[float]:
    """:meth:`Errors.chance` of each group, adjusted so that none is likely a false alarm (Holm)."""
    if len(groups) < 2:
        return [1.0] * len(groups)
    return holm([errors.chance(inside) for inside in groups])


def _mean(values: Floats, rates: bool) -> Interval:
    """Wilson's interval of a share, Student's of a mean."""
    if not len(values):
        return UNKNOWN
    if not rates:
        return _tested(values.copy(), np.zeros(len(values)))
    share = float(values.mean())
    low, high = wilson(np.array([share]), np.array([float(len(values))]))
    return Interval(share, float(low[0]), float(high[0]))


def _tested(first: Floats, second: Floats) -> Interval:
    found = paired_means(first, second)
    if found is None:
        return Interval(float((first - second).mean()), None, None)
    return Interval(found.difference, found.low, found.high)

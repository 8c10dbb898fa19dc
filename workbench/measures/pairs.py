"""Two models on the same rows: tests of their differences, and how large these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, chi2, norm
from scipy.stats import t as student

from workbench.measures.intervals import Interval
from workbench.measures.sample import Floats

PIECE = 1 << 14  # rows whose losses are multiplied at once, so that they stay in the cache
EXACT = 1000  # disagreements up to which McNemar's test is exact


@dataclass(frozen=True)
class PairTest:
    """A test of two models.

    Parameters
    ----------
    difference
        The first minus the second, with the ends of its 95 % interval where there is one.
    statistic
        z, t or chi-square; None for an exact test.
    effect
        How large the difference is whatever the number of rows; see the test.
    """

    difference: float
    low: float | None
    high: float | None
    statistic: float | None
    p: float
    effect: float | None


def mcnemar(first: ArrayLike, second: ArrayLike) -> PairTest:
    """McNemar's test (1947) of two models' right decisions.

    Exact (binomial) up to 1,000 rows on which one is right and the other wrong, with Edwards'
    continuity correction beyond. The effect is Cohen's g: how far the share of these rows that the
    first has right lies from one half (0.05 small, 0.15 medium, 0.25 large). The interval is
    Wald's for paired shares.

    Parameters
    ----------
    first, second
        (n,) whether each decision is right.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only_first, only_second, rows = _only(a, b), _only(b, a), len(a)
    apart, gap = only_first + only_second, only_first - only_second
    difference = gap / rows
    half = float(norm.ppf(0.975)) * float(np.sqrt(max(apart - gap**2 / rows, 0.0))) / rows
    ends = (difference - half, difference + half)
    if apart == 0:
        return PairTest(0.0, 0.0, 0.0, None, 1.0, None)
    effect = only_first / apart - 0.5
    if apart <= EXACT:
        p = min(1.0, 2 * float(binom.cdf(min(only_first, only_second), apart, 0.5)))
        return PairTest(difference, *ends, None, p, effect)
    statistic = max(abs(gap) - 1, 0) ** 2 / apart
    return PairTest(difference, *ends, statistic, float(chi2.sf(statistic, 1)), effect)


def _only(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> int:
    """How many rows the first has right and the second wrong."""
    return int(np.count_nonzero(first & ~second))


def paired_means(first: Floats, second: Floats, *, normal: bool = False) -> PairTest | None:
    """Student's paired test of two models' losses row by row; None for one row.

    Of rows' shares in 1 - AUC (:func:`workbench.measures.losses.shares`) with ``normal`` it is
    DeLong's test (1988). The effect is Cohen's d of paired values: the mean difference in its own
    standard deviations (0.2 small, 0.5 medium, 0.8 large).
    """
    apart = first - second
    rows = len(apart)
    if rows < 2:
        return None
    mean = float(apart.mean())
    apart -= mean
    deviation = float(np.sqrt(apart @ apart / (rows - 1)))
    return _tested(mean, deviation, rows, normal)


def _tested(mean: float, deviation: float, rows: int, normal: bool) -> PairTest:
    error = deviation / float(np.sqrt(rows))
    if error == 0:
        return PairTest(mean, mean, mean, None, 1.0 if mean == 0 else 0.0, None)
    law = norm if normal else student(rows - 1)
    half = float(law.ppf(0.975)) * error
    statistic = mean / error
    p = float(2 * law.sf(abs(statistic)))
    return PairTest(mean, mean - half, mean + half, statistic, p, mean / deviation)


def paired_shares(first: ArrayLike, second: ArrayLike) -> Interval:
    """The difference of two shares of the same rows, with an interval that small counts can bear.

    Half a row is added to each of the four cells before Wald's interval is taken (Agresti and Min
    2005): where no row differs it still has a width, unlike that of :func:`mcnemar`.

    Parameters
    ----------
    first, second
        (n,) 0 or 1 for each row, n >= 1.
    """
    a, b = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    only_first, only_second, rows = _only(a, b), _only(b, a), len(a)
    gap, more = only_first - only_second, rows + 2
    apart = only_first + only_second + 1
    half = float(norm.ppf(0.975)) * float(np.sqrt(apart - gap**2 / more)) / more
    return Interval(gap / rows, max(-1.0, gap / more - half), min(1.0, gap / more + half))


@dataclass(frozen=True, eq=False)
class Together:
    """Several models' losses on the same rows, every pair of them tested after one pass.

    The variance of a difference follows from the losses' covariances. Where it is so small that
    these leave no digits, the pair is looked at by itself.
    """

    columns: Sequence[Floats]
    means: Floats
    products: Floats  # of the centred columns, (models, models)

    @classmethod
    def of(cls, columns: Sequence[Floats]) -> Together:
        means = np.array([float(c.mean()) for c in columns])
        products = np.zeros((len(columns), len(columns)))
        for start in range(0, len(columns[0]), PIECE):
            centred = np.stack([c[start : start + PIECE] for c in columns])
            centred -= means[:, None]
            products += centred @ centred.T
        return cls(columns, means, products)

    def test(self, first: int, second: int, *, normal: bool = False) -> PairTest | None:
        """:func:`paired_means` of two of the columns."""
        rows = len(self.columns[0])
        own, other = self.products[first, first], self.products[second, second]
        squares = float(own + other - 2 * self.products[first, second])
        if rows < 2 or squares < 1e-7 * float(own + other):
            return paired_means(self.columns[first], self.columns[second], normal=normal)
        mean = float(self.means[first] - self.means[second])
        return _tested(mean, float(np.sqrt(squares / (rows - 1))), rows, normal)


def holm(values: Sequence[float]) -> list[float]:
    """P-values adjusted so that the chance of any false alarm among them is held (Holm 1979)."""
    order = np.argsort(values, kind="stable")
    found = np.empty(len(values))
    found[order] = np.maximum.accumulate(
        np.asarray(values)[order] * np.arange(len(values), 0, -1)
    ) if len(values) else []  # fmt: skip
    return [min(1.0, float(p)) for p in found]


def rows_needed(difference: float, error: float, rows: int, power: float = 0.8) -> int | None:
    """How many rows would show such a difference at 5 %, four times out of five.

    Parameters
    ----------
    error
        The difference's standard error on ``rows`` rows.
    """
    if difference == 0:
        return None
    reach = float(norm.ppf(0.975) + norm.ppf(power))
    return int(np.ceil(rows * (reach * error / difference) ** 2))

"""Corrected tests of folds are the published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from workbench.measures.resampled import (
    corrected_error,
    corrected_interval,
    corrected_test,
    correlated_chances,
    sampled_chances,
    uneven,
)

FIRST = np.array([0.80, 0.82, 0.81, 0.79, 0.83, 0.80, 0.78, 0.84, 0.81, 0.82])
SECOND = np.array([0.81, 0.82, 0.83, 0.80, 0.83, 0.82, 0.79, 0.84, 0.82, 0.84])


def test_chances_are_those_of_baycomp() -> None:
    """Values of baycomp 1.0.3, ``CorrelatedTTest.probs(FIRST, SECOND, rope, runs)``."""
    apart = SECOND - FIRST
    ten = correlated_chances(apart, 1 / 9, 0.01)
    assert ten is not None
    assert (ten.below, ten.within, ten.above) == pytest.approx(
        (0.00023698601355062575, 0.49976301398645184, 0.5)
    )
    twice_five = correlated_chances(apart, 1 / 4, 0.01)
    assert twice_five is not None
    assert (twice_five.below, twice_five.within) == pytest.approx(
        (0.0012600807674031467, 0.49873991923259886)
    )
    none = correlated_chances(apart, 1 / 9, 0.0)
    assert none is not None and none.above == pytest.approx(0.9870954331761088)


@given(st.integers(0, 10**6), st.integers(2, 30), st.floats(0, 2), st.floats(0, 0.05))
def test_chances_are_the_areas_of_the_posterior(
    seed: int, folds: int, ratio: float, rope: float
) -> None:
    apart = np.random.default_rng(seed).normal(0.005, 0.02, folds)
    found = correlated_chances(apart, ratio, rope)
    assert found is not None
    scale = np.sqrt((1 / folds + ratio) * apart.var(ddof=1))
    posterior = stats.t(folds - 1, apart.mean(), scale)
    within = integrate.quad(posterior.pdf, -rope, rope, limit=200)[0]
    assert found.within == pytest.approx(within, abs=1e-6)
    assert found.below + found.within + found.above == pytest.approx(1)


def test_without_a_correction_it_is_students_paired_test() -> None:
    found, theirs = corrected_test(SECOND - FIRST, 0.0), stats.ttest_rel(SECOND, FIRST)
    assert found is not None
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    corrected = corrected_test(SECOND - FIRST, 1 / 9)
    assert corrected is not None
    assert corrected.statistic == pytest.approx(theirs.statistic / np.sqrt(1 + 10 / 9))


def test_the_interval_is_that_of_the_corrected_error() -> None:
    found = corrected_interval(FIRST, 1 / 9)
    error = np.sqrt((1 / 10 + 1 / 9) * FIRST.var(ddof=1))
    assert corrected_error(FIRST, 1 / 9) == pytest.approx(error)
    assert found.value == pytest.approx(FIRST.mean())
    assert found.high == pytest.approx(FIRST.mean() + stats.t(9).ppf(0.975) * error)
    assert corrected_interval([0.5], 1).low is None


def test_the_correction_holds_the_false_alarms_of_repeated_folds() -> None:
    """Two models of equal worth on shared training rows: the plain t-test finds far too many."""
    random = np.random.default_rng(0)
    alarms = {"plain": 0, "corrected": 0}
    rounds, folds = 400, 20
    for _ in range(rounds):
        shared = random.normal(0, 1)  # what all folds of one table have in common
        apart = np.sqrt(0.25) * shared + np.sqrt(0.75) * random.normal(0, 1, folds)
        for name, ratio in (("plain", 0.0), ("corrected", 1 / 3)):
            found = corrected_test(apart, ratio)
            assert found is not None
            alarms[name] += found.p < 0.05
    assert alarms["plain"] / rounds > 0.3
    assert alarms["corrected"] / rounds < 0.08


def test_equal_folds_are_certain() -> None:
    same = corrected_test([0.0, 0.0, 0.0], 0.5)
    assert same is not None and same.p == 1
    apart = correlated_chances([0.2, 0.2], 1.0, 0.1)
    assert apart is not None and (apart.below, apart.within, apart.above) == (0, 0, 1)
    assert corrected_test([0.1], 1.0) is None and correlated_chances([], 1.0, 0.1) is None


def test_draws_are_counted() -> None:
    found = sampled_chances([-0.2, 0.0, 0.05, 0.3, np.nan], 0.1)
    assert found is not None
    assert (found.below, found.within, found.above) == pytest.approx((0.25, 0.5, 0.25))


def test_cochrans_q_tells_chance_from_unrest() -> None:
    random = np.random.default_rng(1)
    calm = [uneven(random.normal(0.8, 0.01, 6), np.full(6, 0.01)) or 0.0 for _ in range(500)]
    assert np.mean(np.array(calm) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert (uneven([0.7, 0.8, 0.9], [0.01] * 3) or 0) < 1e-6
    assert uneven([0.7, 0.8], [0.0, 0.1]) is None

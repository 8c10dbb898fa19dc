"""Tests of two models on the same rows give the published and the libraries' values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.measures.losses import shares
from workbench.measures.pairs import (
    PIECE,
    Together,
    holm,
    mcnemar,
    paired_means,
    paired_shares,
    rows_needed,
)
from workbench.measures.sample import Sample


def right(both: int, first: int, second: int, none: int) -> tuple[np.ndarray, np.ndarray]:
    counts = (both, first, second, none)
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_mcnemar_is_the_exact_binomial_test() -> None:
    found = mcnemar(*right(100, 15, 5, 30))
    assert found.p == pytest.approx(stats.binomtest(5, 20, 0.5).pvalue)
    assert found.difference == pytest.approx(10 / 150) and found.effect == pytest.approx(0.25)
    assert found.low is not None and found.low < found.difference


def test_mcnemar_of_many_disagreements_has_edwards_correction() -> None:
    """Agresti, "Categorical Data Analysis" (2002), table 10.1 (86 and 150), ten times as large."""
    found = mcnemar(*right(7940, 1500, 860, 5700))
    assert found.statistic == pytest.approx((640 - 1) ** 2 / 2360)
    assert found.p == pytest.approx(stats.chi2.sf((640 - 1) ** 2 / 2360, 1))
    small = mcnemar(*right(794, 150, 86, 570))
    assert small.p == pytest.approx(stats.binomtest(86, 236, 0.5).pvalue)
    # Agresti gives the interval of the change in shares: 0.04 +- 1.96 * 0.0095
    assert small.difference == pytest.approx(0.04)
    assert (small.low, small.high) == pytest.approx((0.0214, 0.0586), abs=5e-4)


def test_models_that_never_differ_are_equal() -> None:
    found = mcnemar([1, 0, 1], [1, 0, 1])
    assert found.p == 1 and found.difference == 0 and found.effect is None


def test_an_interval_of_paired_shares_holds_the_truth_on_few_rows() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1500):
        both = rng.random(20) < 0.5  # what is hard for one is hard for the other
        a, b = (np.where(rng.random(20) < 0.25, rng.random(20) < q, both) for q in (0.7, 0.1))
        found = paired_shares(a, b)
        assert found.value == pytest.approx(a.mean() - b.mean())
        assert found.low is not None and found.high is not None
        assert found.low <= found.value <= found.high
        held += found.low <= 0.25 * (0.7 - 0.1) <= found.high
    assert 0.93 <= held / 1500 <= 0.99
    same = paired_shares([1, 0, 1], [1, 0, 1])
    assert same.low == pytest.approx(-(same.high or 0)) and (same.high or 0) > 0.2
    apart = paired_shares(np.ones(20), np.zeros(20))
    assert apart.value == apart.high == 1


@given(st.integers(0, 10**6), st.integers(3, 60))
def test_losses_are_told_apart_by_students_test(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.exponential(1, rows), random.exponential(1.2, rows)
    found, theirs = paired_means(first, second), stats.ttest_rel(first, second)
    assert found is not None
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue))
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("rows", [500, 2 * PIECE + 77])
def test_pairs_tested_together_are_tested_as_alone(rows: int) -> None:
    random = np.random.default_rng(0)
    columns = [random.exponential(1, rows) for _ in range(3)]
    columns.append(columns[0] + 1e-9 * random.normal(size=rows))
    columns.append(columns[0])
    together = Together.of(columns)
    for i in range(5):
        for j in range(5):
            alone = paired_means(columns[i], columns[j])
            found = together.test(i, j)
            assert found is not None and alone is not None
            assert found.p == pytest.approx(alone.p, rel=1e-6, abs=1e-12)
            assert found.low == pytest.approx(alone.low, rel=1e-6, abs=1e-15)


def test_delongs_variance_is_that_of_its_definition() -> None:
    """DeLong et al. (1988): the covariance of placements of positives and of negatives."""
    random = np.random.default_rng(4)
    truth = random.integers(0, 2, 80)
    scores = [np.round(truth * 0.3 + random.random(80), 1) for _ in range(2)]
    samples = [Sample.of("binary", truth, np.clip(s / 2, 0, 1)) for s in scores]
    first, second = (shares(s, "roc_auc") for s in samples)
    assert first is not None and second is not None
    found = paired_means(first, second, normal=True)
    assert found is not None and found.low is not None
    yes, no = truth == 1, truth == 0
    above = [(s[yes][:, None] > s[no]) + 0.5 * (s[yes][:, None] == s[no]) for s in scores]
    areas = [a.mean() for a in above]
    ten = above[0].mean(axis=1) - above[1].mean(axis=1)
    one = above[0].mean(axis=0) - above[1].mean(axis=0)
    variance = ten.var(ddof=1) / yes.sum() + one.var(ddof=1) / no.sum()
    assert found.difference == pytest.approx(areas[1] - areas[0])  # shares are of 1 - AUC
    error = (found.difference - found.low) / stats.norm.ppf(0.975)
    assert error == pytest.approx(np.sqrt(variance), rel=0.02)  # n - 1 of all rows, not of each


def test_holm_is_that_of_its_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])
    assert holm([]) == []


def test_the_rows_needed_show_the_difference_four_times_in_five() -> None:
    needed = rows_needed(0.02, 0.01, 500)
    assert needed is not None
    error = 0.01 * np.sqrt(500 / needed)
    power = stats.norm.sf(stats.norm.ppf(0.975) - 0.02 / error)
    assert power == pytest.approx(0.8, abs=0.005)
    assert rows_needed(0.0, 0.01, 500) is None

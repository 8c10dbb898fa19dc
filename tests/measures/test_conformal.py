"""Conformal intervals and sets keep their promise, exactly as its theorem says."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from workbench.core.errors import UsageError
from workbench.measures.conformal import Conformal, Method, Scale, fewest, rank
from workbench.measures.sample import Sample


@given(st.integers(1, 60), st.integers(1, 99))
def test_the_rank_is_the_exact_finite_sample_quantile(rows: int, percent: int) -> None:
    scores = np.random.default_rng(rows).permutation(np.arange(1.0, rows + 1))
    place = math.ceil((rows + 1) * (1 - Fraction(percent, 100)))  # in exact numbers
    found = rank(scores, percent / 100)
    assert found == (math.inf if place > rows else place)
    assert (rows >= fewest(percent / 100)) == math.isfinite(found)


@pytest.mark.parametrize(("rows", "alpha"), [(19, 0.1), (99, 0.2), (50, 0.05)])
def test_coverage_over_calibrations_is_the_beta_law(rows: int, alpha: float) -> None:
    """Angelopoulos and Bates (2021), 3.2: coverage given the calibration rows is
    Beta(n + 1 - l, l) with l = floor((n + 1) alpha)."""
    random = np.random.default_rng(0)
    coverage = [rank(random.random(rows), alpha) for _ in range(4000)]  # of uniform scores
    below = math.floor((rows + 1) * alpha + 1e-9)
    law = beta(rows + 1 - below, below)
    assert np.mean(coverage) == pytest.approx(law.mean(), abs=4 * law.std() / 4000**0.5)
    for level in (0.1, 0.5, 0.9):
        assert np.quantile(coverage, level) == pytest.approx(law.ppf(level), abs=0.012)
    assert 1 - alpha <= law.mean() <= 1 - alpha + 1 / (rows + 1) + 1e-12


def classes(rows: int, seed: int, sharp: float = 1.0) -> Sample:
    """Three classes whose probabilities are wrong: sharpened or flattened."""
    random = np.random.default_rng(seed)
    true = random.dirichlet(np.ones(3), rows)
    truth = np.minimum((true.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1), 2)
    said = true**sharp
    return Sample.of("multiclass", truth, said / said.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("sharp", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("method", ["lac", "aps"])
def test_sets_hold_the_truth_whatever_the_probabilities_are_worth(
    method: Method, sharp: float
) -> None:
    for alpha in (0.05, 0.2):
        rule = Conformal.of(classes(20_000, 1, sharp), alpha, method)
        inside, sizes = rule.holds(classes(20_000, 2, sharp))
        assert inside.mean() > 1 - alpha - 0.01
        if method == "lac":  # its scores have no ties: not too large either
            assert inside.mean() < 1 - alpha + 0.01
        assert method == "lac" or sizes.min() >= 1
        assert sizes.max() <= 3


def test_likely_classes_make_the_smallest_sets() -> None:
    calibration, test = classes(20_000, 1), classes(20_000, 2)
    sizes = {
        m: Conformal.of(calibration, 0.1, m).holds(test)[1].mean()  # type: ignore[arg-type]
        for m in ("lac", "aps")
    }
    assert sizes["lac"] < sizes["aps"]


@given(st.integers(0, 10**6), st.floats(0.01, 0.6))
def test_a_larger_alpha_never_makes_larger_sets(seed: int, alpha: float) -> None:
    calibration, test = classes(300, seed), classes(50, seed + 1)
    for method in ("lac", "aps"):
        wide, narrow = (
            Conformal.of(calibration, a, method).sets(test.scores)  # type: ignore[arg-type]
            for a in (alpha, alpha + 0.2)
        )
        assert (wide >= narrow).all()


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_aps_names_the_likeliest_classes_first(seed: int, classes_: int) -> None:
    random = np.random.default_rng(seed)
    said = random.dirichlet(np.ones(classes_ + 1), 40)
    truth = random.integers(0, classes_ + 1, 40)
    sets = Conformal.of(Sample.of("multiclass", truth, said), 0.3, "aps").sets(said)
    for row, inside in zip(said, sets, strict=True):
        assert not inside.all() or inside.any()
        if not inside.all():
            assert row[inside].min() >= row[~inside].max()


def numbers(rows: int, seed: int) -> Sample:
    """Errors grow with the prediction."""
    random = np.random.default_rng(seed)
    predicted = random.uniform(1, 10, rows)
    return Sample.of("regression", predicted + random.normal(0, 0.3 * predicted), predicted)


@pytest.mark.parametrize("method", ["absolute", "normalised"])
def test_intervals_hold_the_truth(method: Method) -> None:
    rule = Conformal.of(numbers(10_000, 1), 0.1, method)
    test = numbers(20_000, 2)
    inside, widths = rule.holds(test)
    assert inside.mean() == pytest.approx(0.9, abs=0.012)
    large = test.scores > np.quantile(test.scores, 0.8)
    if method == "absolute":
        assert widths.std() == pytest.approx(0, abs=1e-9) and inside[large].mean() < 0.8
    else:
        assert inside[large].mean() == pytest.approx(0.9, abs=0.03)
        assert widths[large].mean() > 3 * widths[test.scores < 3].mean()


def test_the_half_width_is_the_ranked_residual() -> None:
    truth = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8.0])
    rule = Conformal.of(Sample.of("regression", truth, np.zeros(9)), 0.2)
    low, high = rule.intervals(np.array([10.0]))
    assert (low[0], high[0]) == (3.0, 17.0)  # the eighth smallest of nine residuals


def test_a_scale_is_never_nothing() -> None:
    scale = Scale.of(np.linspace(0, 1, 100), np.r_[np.zeros(50), np.ones(50)])
    assert (scale.at(np.array([-5.0, 0.2, 0.9, 7.0])) > 0).all()
    assert scale.at(np.array([0.9]))[0] == pytest.approx(1)


def test_what_does_not_fit_is_refused() -> None:
    for sample, alpha, method in (
        (classes(20, 0), 0.0, "lac"),
        (classes(20, 0), 0.1, "absolute"),
        (numbers(20, 0), 0.1, "aps"),
        (numbers(20, 0), 0.1, "odd"),
    ):
        with pytest.raises(UsageError):
            Conformal.of(sample, alpha, method)  # type: ignore[arg-type]

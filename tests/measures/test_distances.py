"""Distances of distributions, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from workbench.measures.distances import jensen_shannon, kolmogorov_smirnov, wasserstein

SAMPLES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=60).map(np.array)
COUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=8)


@given(SAMPLES, SAMPLES)
def test_kolmogorov_smirnov_equals_scipy(one: np.ndarray, other: np.ndarray) -> None:
    found = kolmogorov_smirnov(one, other)
    assert found == pytest.approx(ks_2samp(one, other).statistic)
    assert found == kolmogorov_smirnov(other, one)
    assert kolmogorov_smirnov(one, one) == 0


@given(COUNTS, st.randoms())
def test_jensen_shannon_equals_scipy(counts: list[int], random: object) -> None:
    one = np.array(counts, float) + 1e-9
    one[0] += 1
    other = one.copy()
    random.shuffle(other)  # type: ignore[attr-defined]
    assert jensen_shannon(one, other) == pytest.approx(jensenshannon(one, other, 2), abs=1e-7)
    assert jensen_shannon(one, one) == 0


def test_distributions_with_nothing_in_common_are_one_apart() -> None:
    assert kolmogorov_smirnov(np.zeros(3), np.ones(4)) == 1
    assert jensen_shannon(np.array([3.0, 0.0]), np.array([0.0, 8.0])) == pytest.approx(1)


def test_numbers_that_all_move_move_by_as_many_deviations() -> None:
    before = np.array([1.0, 2.0, 4.0, 9.0])
    assert wasserstein(before, before + 3) == pytest.approx(3 / before.std())
    assert wasserstein(before, before[::-1]) == 0
    assert wasserstein(np.ones(3), np.ones(5)) == 0
    assert wasserstein(np.ones(3), np.full(3, 2.0)) == np.inf

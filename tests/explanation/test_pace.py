"""A model of any speed is asked for blocks that end soon, and no smaller than they need be."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.explanation.pace import MOST, SECONDS, Pace


@given(
    alone=st.sampled_from([0.0, 1e-4, 0.01, 0.1, 0.3, 0.6, 2.0]),
    each=st.floats(-7, 0).map(lambda power: 10**power),
)
def test_blocks_settle_at_about_half_a_second(alone: float, each: float) -> None:
    pace = Pace(lambda rows: None, 10**9)
    pace.rows = 1
    longest = 0.0
    for _ in range(20):
        seconds = alone + each * pace.rows
        longest = max(longest, seconds)
        pace.learn(pace.rows, seconds)
    settled = alone + each * pace.rows
    assert settled <= max(2 * SECONDS, 2 * alone, alone + each) + 1e-9
    assert pace.rows == MOST or settled + 3 * each >= min(SECONDS / 3, SECONDS - alone)
    assert longest <= max(8 * SECONDS, 8 * (alone + each))


def test_answers_come_in_order_and_all_rows_are_told() -> None:
    values = np.random.default_rng(0).random((70_000, 2))
    told: list[int] = []
    found = Pace(told.append, 10_000).ask(len(values), lambda part: values[part])
    np.testing.assert_array_equal(found, values)
    assert sum(told) == len(values)


def test_no_rows_are_asked_for_once() -> None:
    found = Pace(lambda rows: None, 0).ask(0, lambda part: np.empty((9, 3))[part][:0])
    assert found.shape == (0, 3)

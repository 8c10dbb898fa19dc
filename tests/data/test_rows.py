"""Equal rows have equal marks, whatever table they stand in."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workbench.data.rows import common, marks

ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
        st.none() | st.text(max_size=3) | st.sampled_from(["a", "b"]),
        st.none() | st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 1.5]),
        st.none() | st.booleans(),
    ),
    max_size=30,
)
NAMES = ["i", "s", "f", "b"]


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    kinds = (pa.int64(), pa.string(), pa.float64(), pa.bool_())
    columns = list(zip(*rows, strict=True)) or [()] * 4
    return pa.table(
        {n: pa.array(list(c), k) for n, c, k in zip(NAMES, columns, kinds, strict=True)}
    )


@given(ROWS, ROWS)
def test_common_rows_are_those_that_python_finds(
    one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]
) -> None:
    expected = sum((Counter(one) & Counter(other)).values())
    assert common(marks(table(one), NAMES), marks(table(other), NAMES)) == expected


@given(ROWS, st.integers(0, 30))
def test_marks_do_not_depend_on_chunks(rows: list[tuple[Any, ...]], cut: int) -> None:
    whole = table(rows)
    cut = min(cut, len(rows))
    parts = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    assert np.array_equal(marks(whole, NAMES), marks(parts, NAMES))
    assert np.array_equal(marks(whole, NAMES)[cut:], marks(whole.slice(cut), NAMES))


def test_large_whole_numbers_do_not_run_together() -> None:
    close = pa.table({"id": [2**60, 2**60 + 1, 2**53, 2**53 + 1]})
    assert len(set(marks(close, ["id"]).tolist())) == 4


def test_a_row_that_stands_twice_counts_twice() -> None:
    once, twice = pa.table({"x": ["a", "b"]}), pa.table({"x": ["a", "a", "b"]})
    assert common(marks(twice, ["x"]), marks(twice, ["x"])) == 3
    assert common(marks(once, ["x"]), marks(twice, ["x"])) == 2

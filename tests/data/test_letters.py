"""What is told by the ends of cells is what Arrow's functions say of the whole of them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st

from workbench import scalars
from workbench.data import quick
from workbench.data.cells import FLOATS, INTEGERS, MISSING, Evidence, Form, Kind, Notation, bare
from workbench.data.letters import Ends

WORDS = st.none() | st.sampled_from(
    ["", " ", "a", " a", "a\t", "\u00a0a", "a\u2003", "ä", "NA", "na", "nan", "NaN ", "Nanking",
     "-"]
) | st.text(max_size=4)  # fmt: skip
NUMBERS = st.none() | st.sampled_from(
    ["", "0", "-0", "00", "007", "-07", "0x7", "7", "-7", "10", "+7", "1.5", "0.5", "true", "1"]
)
TRUTHS = st.none() | st.sampled_from(["", "true", "FALSE", "True", "0", "1", "truth", "yes"])


def window(cells: list[str | None], skipped: int) -> pa.Array:
    """An array that does not begin where its buffers do."""
    return pa.array(["before it"] * skipped + cells, pa.string()).slice(skipped)


@given(st.lists(WORDS, max_size=6), st.integers(0, 2))
@example([" "], 0)
@example(["", "a "], 1)
def test_bare_cells_are_trimmed_and_missing_as_by_arrow(
    cells: list[str | None], skipped: int
) -> None:
    words = window(cells, skipped)
    trimmed = pc.utf8_trim_whitespace(words)
    gone = pc.is_in(trimmed, value_set=pa.array(MISSING))
    assert bare(words, MISSING).equals(pc.if_else(gone, pa.scalar(None, pa.string()), trimmed))


@given(st.lists(NUMBERS, max_size=6), st.integers(0, 2))
def test_whole_numbers_are_read_at_once_only_if_nothing_is_lost(
    cells: list[str | None], skipped: int
) -> None:
    found = quick.values(window(cells, skipped), INTEGERS, seen(Kind.INTEGER))
    if found is not None:
        assert [None if v is None else str(v) for v in found.to_pylist()] == [
            c or None for c in cells
        ]
    known = [c for c in cells if c]
    if all(c in ("0", "7", "-7", "10", "1") for c in known):
        assert found is not None


@given(st.lists(TRUTHS, max_size=6), st.integers(0, 2))
def test_truths_are_read_at_once_only_if_all_are_words(
    cells: list[str | None], skipped: int
) -> None:
    found = quick.values(window(cells, skipped), Form("boolean"), seen(Kind.BOOLEAN))
    known = {c.lower() for c in cells if c}
    assert (found is not None) == (known <= {"true", "false"})
    if found is not None:
        assert found.to_pylist() == [c.lower() == "true" if c else None for c in cells]


def seen(kind: Kind) -> Evidence:
    """Evidence of a column whose first cells were all of a kind."""
    evidence = Evidence(Notation())
    evidence.seen = kind
    return evidence


def test_a_column_of_another_kind_so_far_is_not_read_at_once() -> None:
    cells = pa.array(["1", "0"])
    assert quick.values(cells, INTEGERS, seen(Kind.FRACTION)) is None
    assert quick.values(cells, FLOATS, seen(Kind.INTEGER)) is None
    assert quick.values(pa.array(["true"]), Form("boolean"), seen(Kind.NONE)) is None


def test_arrays_without_bytes_have_ends() -> None:
    for cells in (pa.array([], pa.string()), pa.array([None, ""]), pa.nulls(2, pa.string())):
        ends = Ends(cells)
        assert ends.blank.all()
        assert ends.trimmed
        assert not ends.padded


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.booleans(), max_size=20))
def test_scalars_are_those_of_arrow(words: list[str], truths: list[bool]) -> None:
    import numpy as np

    assert scalars.texts(tuple(words)).equals(pa.array(words, pa.string()))
    assert scalars.flags(np.array(truths, bool)).equals(pa.array(truths, pa.bool_()))
    for kind in (pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us")):
        assert scalars.nothing(kind).equals(pa.scalar(None, kind))
    assert scalars.zero(pa.float64()).equals(pa.scalar(0.0))
    assert scalars.zero(pa.string()).equals(pa.scalar(""))
    assert scalars.whole((1, -2), pa.int32()).equals(pa.array([1, -2], pa.int32()))
    numbers = pa.array([1.5, 2.5, 3.5]).slice(1)
    assert np.frombuffer(scalars.raw(numbers), np.float64).tolist() == [2.5, 3.5]

"""Frames and Parquet come in with the same five types."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import DataError, MissingExtra, NotFound, UsageError
from workbench.core.progress import Progress
from workbench.data.read import read
from workbench.data.reader import Reading, readers

FIVE = {"int64", "double", "bool", "timestamp[us]", "string"}
PARTS: dict[str, list[Any]] = {
    "n": [1, 2, 3],
    "x": [0.5, None, 2.5],
    "flag": [True, False, True],
    "word": ["a", None, "b"],
    "when": [dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1, 12), None],
}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_all_libraries_give_the_same_table(make: Any) -> None:
    imported = read(make(PARTS))
    assert imported.table.to_pydict() == PARTS
    assert {str(t) for t in imported.table.schema.types} == FIVE
    assert imported.source == "frame"


def test_parquet_comes_back_as_it_was_written(tmp_path: Path) -> None:
    pq.write_table(pa.table(PARTS), tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet").table.to_pydict() == PARTS


def test_parquet_is_known_by_its_content_too(tmp_path: Path) -> None:
    pq.write_table(pa.table(PARTS), tmp_path / "t.bin")
    assert read(tmp_path / "t.bin").table.num_rows == 3


def test_types_without_a_counterpart_become_near_ones() -> None:
    frame = pd.DataFrame(
        {
            "cat": pd.Categorical(["u", "v"]),
            "zone": pd.to_datetime(["2020-01-01", "2021-01-01"]).tz_localize("Europe/Berlin"),
            "span": pd.to_timedelta([1, 2], unit="s"),
            "mixed": [1, "x"],
            "list": [[1], [2, 3]],
            "huge": [2**70, 1],
            "maybe": pd.array([True, None], dtype="boolean"),
        }
    )
    table = read(frame).table
    assert table.to_pydict() == {
        "cat": ["u", "v"],
        "zone": [dt.datetime(2019, 12, 31, 23), dt.datetime(2020, 12, 31, 23)],
        "span": [1.0, 2.0],
        "mixed": ["1", "x"],
        "list": ["[1]", "[2, 3]"],
        "huge": ["1180591620717411303424", "1"],
        "maybe": [True, None],
    }


def test_infinite_numbers_become_missing_with_a_note() -> None:
    imported = read(pd.DataFrame({"x": [np.inf, 1.0, -np.inf, np.nan]}))
    assert imported.table.to_pydict() == {"x": [None, 1.0, None, None]}
    assert imported.notes[0].code == "infinite"
    assert imported.notes[0].evidence["cells"] == 2


def test_duplicate_and_numbered_columns_of_a_frame_get_names() -> None:
    imported = read(pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a", "a", 7]))
    assert imported.table.column_names == ["a", "a.1", "7"]


def test_a_named_index_becomes_a_column_and_a_plain_one_does_not() -> None:
    named = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    assert read(named).table.column_names == ["key", "a"]
    assert read(named.reset_index(drop=True)).table.column_names == ["a"]


def test_columns_can_be_kept_as_text() -> None:
    frame = pd.DataFrame({"code": [1, 2], "n": ["1", "2"]})
    table = read(frame, options={"text": ["code"]}).table
    assert table.to_pydict() == {"code": ["1", "2"], "n": [1, 2]}
    with pytest.raises(NotFound, match="cod"):
        read(frame, options={"text": ["cod"]})


class Words:
    """A guest: reads the words of a text."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, bytes)

    def read(self, source: Any, options: Any, progress: Progress) -> Reading:
        return Reading(pa.table({"word": source.decode().split()}))


def test_a_guest_reader_is_used_by_kind_and_as_an_object() -> None:
    assert read(b"a b c", reader=Words()).table.num_rows == 3
    readers.add("words", Words())
    try:
        assert read(b"a b c").table.num_rows == 3
        assert read(b"a b c", reader="words").table.num_rows == 3
    finally:
        readers._addresses.pop("words")


def test_a_reader_that_lacks_its_library_says_what_to_install() -> None:
    readers.add("far", "no_such_library.leaf:READER")
    try:
        with pytest.raises(MissingExtra, match="ml-workbench"):
            read("x", reader="far")
    finally:
        readers._addresses.pop("far")


# every library's tables, whatever they look like inside ------------------------------------------

ROWS = {"a": [1, 2, 3], "b": ["x", None, "z"], "c": [1.5, 2.5, None]}


def dataset(folder: Path) -> Any:
    for number in range(2):
        part = {name: values[number * 2 : number * 2 + 2] for name, values in ROWS.items()}
        pq.write_table(pa.table(part), folder / f"{number}.parquet")
    return pyarrow.dataset.dataset(folder)


WAYS: dict[str, Any] = {
    "pandas nullable": lambda _: pd.DataFrame(ROWS).convert_dtypes(),
    "pandas arrow": lambda _: pd.DataFrame(ROWS).convert_dtypes(dtype_backend="pyarrow"),
    "pandas categorical": lambda _: pd.DataFrame(ROWS).astype({"a": "category", "b": "category"}),
    "polars lazy": lambda _: pl.LazyFrame(ROWS),
    "arrow batch": lambda _: pa.record_batch(ROWS),
    "arrow reader": lambda _: pa.RecordBatchReader.from_batches(
        pa.table(ROWS).schema, pa.table(ROWS).to_batches(max_chunksize=2)
    ),
    "arrow dataset": dataset,
    "arrow scanner": lambda folder: dataset(folder).scanner(),
    "duckdb": lambda _: duckdb.from_arrow(pa.table(ROWS)),
    "rows": lambda _: pa.table(ROWS).to_pylist(),
    "numpy": lambda _: np.array(
        list(zip(*ROWS.values(), strict=True)), dtype=[("a", "i4"), ("b", "O"), ("c", "f8")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_hold_a_table_gives_its_cells(way: str, tmp_path: Path) -> None:
    assert read(WAYS[way](tmp_path)).table.to_pydict() == ROWS
    into = tmp_path / "t.parquet"
    assert read(WAYS[way](tmp_path), into=into).table.read().to_pydict() == ROWS


def test_an_unnamed_index_of_words_or_times_is_kept_and_numbers_are_not() -> None:
    words = read(pd.DataFrame({"a": [1, 2]}, index=["x", "y"]))
    assert words.table.to_pydict() == {"index": ["x", "y"], "a": [1, 2]}
    assert words.notes[0].sentence == "The index became a column: index."
    times = read(pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2026-01-01", periods=2)))
    assert times.table.to_pydict()["index"][1] == dt.datetime(2026, 1, 2)
    assert read(pd.DataFrame({"a": [1, 2]}, index=[7, 3])).table.column_names == ["a"]


def test_an_index_of_several_levels_and_names_of_several_stories() -> None:
    levels = pd.MultiIndex.from_product([["u", "v"], [1, 2]], names=["k", None])
    frame = pd.DataFrame({("a", "x"): range(4), ("a", "y"): range(4)}, index=levels)
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    assert read(frame).table.to_pydict() == {
        "k": ["u", "u", "v", "v"], "level 1": [1, 2, 1, 2],
        "a x": [0, 1, 2, 3], "a y": [0, 1, 2, 3],
    }  # fmt: skip


def test_series_are_tables_of_one_column() -> None:
    assert read(pd.Series([1, 2], name="n")).table.to_pydict() == {"n": [1, 2]}
    assert read(pl.Series([1, 2])).table.to_pydict() == {"value": [1, 2]}


def test_rows_as_dicts_may_lack_names_and_nest() -> None:
    rows = [{"id": 1, "who": {"name": "x", "age": 3}}, {"id": 2, "tags": [1, 2]}]
    assert read(rows).table.to_pydict() == {
        "id": [1, 2], "who.name": ["x", None], "who.age": [3, None], "tags": [None, "[1, 2]"],
    }  # fmt: skip


def test_fields_of_numpy_become_near_types() -> None:
    array = np.array(
        [(b"x", "2020-01-01", True, (1, 2)), ("ü".encode(), "NaT", False, (3, 4))],
        dtype=[("s", "S4"), ("t", "M8[D]"), ("b", "?"), ("v", "i4", 2)],
    )
    assert read(array).table.to_pydict() == {
        "s": ["x", "ü"], "t": [dt.datetime(2020, 1, 1), None], "b": [True, False],
        "v": ["[1, 2]", "[3, 4]"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: np.arange(6).reshape(3, 2), "has no names of columns"),
        (lambda: np.array(3), "has no names of columns"),
        (lambda: [{"a": 1}, 3], "Row 2 of the list is no dict but int"),
        (lambda: [{"a": {"b": 1}, "a.b": 2}] * 2, "Two values are called 'a.b'"),
        (lambda: pl.LazyFrame(ROWS).select("nope"), 'unable to find column "nope"'),
        (lambda: duckdb.sql("SELECT CAST(a AS INT) a FROM (VALUES ('1'), ('x')) t(a)"), "'x'"),
        (lambda: ROWS, "An object of type dict cannot be imported"),
        (lambda: [(1, 2), (3, 4)], "An object of type list cannot be imported"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_sentence(make: Any, sentence: str) -> None:
    with pytest.raises((DataError, UsageError)) as error:
        read(make())
    assert sentence in error.value.sentence
    assert "\n" not in error.value.sentence
    assert error.value.hint


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**53), 2**53) | st.none(),
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            st.booleans() | st.none(),
        ),
        min_size=2, max_size=20,
    )
)  # fmt: skip
def test_all_libraries_agree_on_any_numbers(rows: list[tuple[Any, ...]]) -> None:
    columns = dict(zip("ixb", map(list, zip(*rows, strict=True)), strict=True))
    schema = {"i": pa.int64(), "x": pa.float64(), "b": pa.bool_()}
    table = pa.table(columns, schema=pa.schema(schema))
    same = read(table).table.to_pydict()
    assert same == columns
    for other in (pl.from_arrow(table), table.to_pandas(types_mapper=pd.ArrowDtype),
                  duckdb.from_arrow(table), pl.from_arrow(table).lazy()):  # fmt: skip
        assert read(other).table.to_pydict() == same

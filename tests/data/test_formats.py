"""Any table comes back from every format as it went in."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import DataError, UsageError
from workbench.data.preview import preview
from workbench.data.read import read

# words that mean nothing but themselves, in any script; controls are no part of text files
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co"]),
    max_size=8,
).map(lambda word: f"w{word}")
MOMENTS = st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(2199, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.none() | WORDS,
        st.none() | st.booleans(),
        st.none() | MOMENTS,
    ),
    min_size=2,
    max_size=12,
)
SCHEMA = pa.schema(
    [("i", pa.int64()), ("f", pa.float64()), ("w", pa.string()), ("b", pa.bool_()),
     ("t", pa.timestamp("us"))]
)  # fmt: skip
SURE = (7, 0.5, "word", True, dt.datetime(2020, 1, 1, 10, 30, 5))  # shows each column's type
SETTINGS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def csv(table: pa.Table, folder: Path) -> Path:
    pc.write_csv(table, folder / "t.csv")
    return folder / "t.csv"


def tsv(table: pa.Table, folder: Path) -> Path:
    pc.write_csv(table, folder / "t.tsv", pc.WriteOptions(delimiter="\t"))
    return folder / "t.tsv"


def parquet(table: pa.Table, folder: Path) -> Path:
    pq.write_table(table, folder / "t.parquet")
    return folder / "t.parquet"


def parquet_folder(table: pa.Table, folder: Path) -> Path:
    (folder / "parts").mkdir()
    pq.write_table(table.slice(0, 1), folder / "parts" / "1.parquet")
    pq.write_table(table.slice(1), folder / "parts" / "2.parquet")
    return folder / "parts"


def arrow(table: pa.Table, folder: Path) -> Path:
    feather.write_feather(table, folder / "t.feather", chunksize=3)
    return folder / "t.feather"


def stream(table: pa.Table, folder: Path) -> Path:
    with pa.ipc.new_stream(folder / "t.arrow", table.schema) as writer:
        writer.write_table(table, 3)
    return folder / "t.arrow"


def lines(table: pa.Table, folder: Path) -> Path:
    rows = (json.dumps(row, default=str) for row in table.to_pylist())
    (folder / "t.jsonl").write_text("\n".join(rows))
    return folder / "t.jsonl"


def document(table: pa.Table, folder: Path) -> Path:
    (folder / "t.json").write_text(json.dumps(table.to_pylist(), default=str, indent=1))
    return folder / "t.json"


def excel(table: pa.Table, folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(table.column_names)
    for row in table.to_pylist():
        book.active.append(list(row.values()))
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def as_in_a_sheet(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row as a workbook can hold it: openpyxl writes 16 digits of a number."""
    return tuple(float(f"{cell:.14g}") if isinstance(cell, float) else cell for cell in row)


def sqlite(table: pa.Table, folder: Path) -> str:
    with sqlite3.connect(folder / "t.db") as connection:
        connection.execute("CREATE TABLE t (i INTEGER, f REAL, w TEXT, b TEXT, t TEXT)")
        rows = [
            (r["i"], r["f"], r["w"], r["b"] if r["b"] is None else str(r["b"]),
             r["t"] and str(r["t"]))
            for r in table.to_pylist()
        ]  # fmt: skip
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return f"sqlite:///{folder}/t.db"


def duck(table: pa.Table, folder: Path) -> str:
    with duckdb.connect(folder / "t.duckdb") as connection:
        connection.register("given", table)
        connection.execute("CREATE TABLE t AS SELECT * FROM given")
    return f"duckdb:///{folder}/t.duckdb"


def batches(table: pa.Table, folder: Path) -> Any:
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(2))


def lazy(table: pa.Table, folder: Path) -> Any:
    return pl.from_arrow(table).lazy()  # type: ignore[union-attr]


def relation(table: pa.Table, folder: Path) -> Any:
    return duckdb.from_arrow(table)


FORMATS = (csv, tsv, parquet, parquet_folder, arrow, stream, lines, document, excel, sqlite, duck,
           batches, lazy, relation)  # fmt: skip


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
@SETTINGS
@given(ROWS)
def test_a_table_comes_back_from_every_format(
    write: Callable[[pa.Table, Path], Any], tmp_path_factory: Any, rows: list[tuple[Any, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("t")
    if write is excel:
        rows = [as_in_a_sheet(row) for row in rows if any(cell is not None for cell in row)]
        rows.append(SURE)
    columns = [list(column) for column in zip(SURE, *rows, strict=True)]
    table = pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)
    options = {"header": True} if write in (csv, tsv, excel) else None
    whole = read(write(table, folder), options=options)
    assert whole.table.schema.equals(SCHEMA)
    assert whole.table.to_pylist() == table.to_pylist()
    again = tmp_path_factory.mktemp("t")
    parts = read(write(table, again), options=options, into=again / "into.parquet")
    assert parts.table.read().equals(whole.table)  # type: ignore[union-attr]


def test_objects_in_objects_get_dotted_names_and_lists_stay_json(tmp_path: Path) -> None:
    rows = [{"a": {"b": 1, "c": {"d": "x"}}, "l": [1, {"q": None}]}, {"a": {"b": 2}, "late": 1.5}]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    imported = read(tmp_path / "t.json")
    assert imported.table.to_pydict() == {
        "a.b": [1, 2], "a.c.d": ["x", None], "l": ['[1, {"q": null}]', None], "late": [None, 1.5],
    }  # fmt: skip
    assert [note.code for note in imported.notes] == ["flattened", "printed"]


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
        {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]], "index": [0, 1]},
        {"columns": {"a": [1, 2], "b": ["x", "y"]}},
        {"a": [1, 2], "b": ["x", "y"]},
        {"total": 2, "items": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
    ],
)
def test_the_shapes_that_tables_have_in_json(value: Any, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps(value))
    assert read(tmp_path / "t.json").table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_json_on_lines_may_change_its_mind_at_any_row(tmp_path: Path) -> None:
    rows = [{"i": i, "m": i, "s": "x"} for i in range(25_000)] + [{"i": 1.5, "m": "q", "new": True}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    table = read(tmp_path / "t.jsonl", into=tmp_path / "t.parquet").table
    assert [str(t) for t in table.schema.types] == ["double", "string", "string", "bool"]
    assert table.column("m").to_pylist()[-2:] == ["24999", "q"]


def test_folders_named_by_values_become_columns(tmp_path: Path) -> None:
    for year, value in (("2024", 1), ("2025", 2)):
        folder = tmp_path / "sales" / f"year={year}" / "code=007"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"v": [value, value]}), folder / "p.parquet")
    (tmp_path / "sales" / "_temporary").mkdir()
    (tmp_path / "sales" / "_temporary" / "x.parquet").write_bytes(b"half")
    imported = read(tmp_path / "sales")
    assert imported.table.to_pydict() == {
        "v": [1, 1, 2, 2], "year": [2024, 2024, 2025, 2025], "code": ["007"] * 4,
    }  # fmt: skip
    assert imported.notes[0].sentence == "The folders became columns: 'year', 'code'."


def test_files_of_a_folder_that_do_not_agree_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"v": [1, 2]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"v": ["a", "b"]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="do not agree"):
        read(tmp_path)


def test_files_of_a_folder_that_share_no_column_are_no_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"age": [1, 2]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"score": [0.5, 0.7]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="'age', another 'score', and none is in both"):
        read(tmp_path)


# ---- the look before the import ----


def test_a_preview_says_what_was_found_and_shows_cells_as_they_stand(tmp_path: Path) -> None:
    text = "Größe;Tag;n\n1.234,5;31.12.2024;007\n;01.02.2025;12\n"
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    seen = preview(tmp_path / "t.csv", rows=1)
    assert seen.found == {
        "reader": "csv", "encoding": "cp1252", "delimiter": ";", "quote": '"', "header": True,
        "skip": 0, "decimal": ",",
    }  # fmt: skip
    assert [(c.name, c.type, c.how) for c in seen.columns] == [
        ("Größe", "double", "decimal comma"),
        ("Tag", "timestamp[us]", "day first"),
        ("n", "string", ""),
    ]
    assert seen.rows == (("1.234,5", "31.12.2024", "007"),)
    assert (seen.looked, seen.whole) == (2, True)
    assert {note.code for note in seen.notes} == {"encoding", "number-format"}


def test_what_a_preview_found_can_be_given_back_as_options(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("sep=;\na;b\n1,5;x\n2,5;y\n")
    found = dict(preview(tmp_path / "t.csv").found)
    reader = found.pop("reader")
    assert read(tmp_path / "t.csv", reader=reader, options=found).table.to_pydict() == {
        "a": [1.5, 2.5], "b": ["x", "y"],
    }  # fmt: skip
    other = preview(tmp_path / "t.csv", {"skip": 1, "text": True})
    assert [c.type for c in other.columns] == ["string", "string"]


def test_a_preview_reads_the_head_only(tmp_path: Path) -> None:
    row = b"1,2.5,word\n"
    (tmp_path / "t.csv").write_bytes(b"a,b,c\n" + row * 3_000_000 + b"\0\0")
    seen = preview(tmp_path / "t.csv")
    assert (seen.looked, seen.whole) == (10_000, False)
    assert "first 10,000 rows" in seen.sentence
    with pytest.raises(DataError, match="binary"):
        read(tmp_path / "t.csv", into=tmp_path / "t.parquet")


@pytest.mark.parametrize("rows", [0, -1, 10_001])
def test_a_preview_has_some_rows(rows: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        preview(pa.table({"a": [1, 2]}), rows=rows)


@pytest.mark.parametrize("write", [lines, document, excel, parquet, arrow, sqlite, duck, lazy])
def test_every_source_has_a_preview(write: Callable[[pa.Table, Path], Any], tmp_path: Path) -> None:
    table = pa.table([pa.array([v, v], f.type) for v, f in zip(SURE, SCHEMA, strict=True)], SCHEMA)
    seen = preview(write(table, tmp_path), rows=1)
    assert [c.type for c in seen.columns] == [str(t) for t in SCHEMA.types]
    assert len(seen.rows) == 1
    assert seen.whole

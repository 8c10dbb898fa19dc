"""A source read in small blocks gives what it gives when it is read whole."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.data.test_cells import typed as whole_column
from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.data.ahead import ahead
from workbench.data.read import Imported, read
from workbench.data.reader import Parts, Reading
from workbench.data.readers.csv import CsvReader
from workbench.tables import ParquetTable

WORDS = (
    "", "NA", "nan", "?", "-", "unknown", "UNKNOWN", "1", "0", "-1", "+1", "007", "0x1", "-0",
    "1e5", "1.5", ".5", "-2.", "1e400", "inf", "-Infinity", "12345678901234567890", "1,234",
    "1,234,567", "1,234.5", "0,5", "1.234,5", "1.234", "99,999,999,999,999,999,999",
    "true", "False", "yes", "2020-01-01", "2020-01-31 10:20", "2020-02-30",
    "2020-01-01T10:20:30.1234567",
    "2020-01-01T10:00:00Z", "2020-01-01 10:00:00+02:00", "01/02/2020", "1/1/2020", "13/01/2020",
    "01/13/2020", "1-2-2020", "31.12.2020", "2020/1/5", "01/02/2020 10:00", " 1 ", " a", "a",
    "2020-01-01 10", "nan(1)", "NAN", "=cmd()", "20200101", "1_000", "5 kg",
)  # fmt: skip
NOTATIONS: tuple[dict[str, Any], ...] = (
    {}, {"day_first": True}, {"day_first": False}, {"decimal": ","}, {"decimal": "."},
    {"thousands": "."}, {"missing": ["1", "unknown", "2020-01-01"]}, {"dates": "%d.%m.%Y"},
)  # fmt: skip
SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Cut:
    """A reader of texts that are given in blocks."""

    def __init__(self, size: int) -> None:
        self.size = size

    def accepts(self, source: Any) -> bool:
        return isinstance(source, list)

    def read(self, source: list[str], options: Any, progress: Progress) -> Reading:
        def tables() -> Iterator[pa.Table]:
            for start in range(0, len(source), self.size):
                yield pa.table({"x": pa.array(source[start : start + self.size], pa.string())})

        return Reading(Parts(["x"], tables))


def told(imported: Imported) -> list[tuple[str, str]]:
    return [(note.code, note.sentence) for note in imported.notes]


@SETTINGS
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).flatmap(
        lambda few: st.lists(st.sampled_from(few), min_size=2, max_size=40)
    ),
    st.integers(1, 9),
    st.sampled_from(NOTATIONS),
)
@example(["1"] * 5 + ["?"] * 2, 1, {})
@example(["01/02/2020", "02/01/2020", "13/01/2020"], 1, {})
def test_blocks_do_not_matter(
    tmp_path_factory: Any, words: list[str], size: int, notation: dict[str, Any]
) -> None:
    into = tmp_path_factory.mktemp("t") / "t.parquet"
    whole = read(words, reader=Cut(1000), options=notation)
    cut = read(words, reader=Cut(size), into=into, options=notation)
    assert isinstance(cut.table, ParquetTable)
    assert cut.table.read().equals(whole.table)
    assert told(cut) == told(whole)


@SETTINGS
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=6), min_size=2, max_size=30))
def test_a_column_is_what_its_distinct_cells_are(words: list[str]) -> None:
    """The quick ways for whole blocks decide nothing that the slow one would not."""
    slow = whole_column("x", pa.chunked_array([pa.array(words, pa.string())]))
    column = read(words, reader=Cut(3)).table.column("x")
    assert column.type == slow.values.type
    if not pa.types.is_floating(column.type):
        assert column.to_pylist() == slow.values.to_pylist()


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=8
) | st.sampled_from(WORDS)


@SETTINGS
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=12),
    st.sampled_from([40, 64, 200]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_csv_in_small_blocks_gives_what_one_block_gives(
    tmp_path_factory: Any, rows: list[tuple[str, ...]], block: int, encoding: str
) -> None:
    folder = tmp_path_factory.mktemp("t")
    lines = ['"' + '","'.join(c.replace('"', '""') for c in row) + '"' for row in rows]
    (folder / "t.csv").write_bytes(("a,b,c\n" + "\n".join(lines)).encode(encoding))
    options = {"header": True, "delimiter": ",", "encoding": encoding}
    whole = read(folder / "t.csv", reader=CsvReader(), options=options)
    parts = read(
        folder / "t.csv", reader=CsvReader(block), options=options, into=folder / "t.parquet"
    )
    assert parts.table.read().equals(whole.table)
    assert told(parts) == told(whole)
    text = read(folder / "t.csv", reader=CsvReader(block), options={**options, "text": True})
    assert [tuple(row.values()) for row in text.table.to_pylist()] == rows


def big(path: Path, rows: int, last: str = "") -> Path:
    with path.open("w") as file:
        file.write("n,x,word\n")
        for start in range(0, rows, 1000):
            file.write("".join(f"{i},{i / 7:.3f},w{i % 90}\n" for i in range(start, start + 1000)))
        file.write(last)
    return path


def test_a_late_surprise_is_worth_a_second_pass_and_no_more(tmp_path: Path) -> None:
    path = big(tmp_path / "t.csv", 20_000, "x1,?,\n")
    table = read(path, reader=CsvReader(2**14), into=tmp_path / "t.parquet").table
    assert [str(t) for t in table.schema.types] == ["string", "double", "string"]
    assert table.column("n").to_pylist()[-2:] == ["19999", "x1"]
    assert table.num_rows == 20_001


def test_a_late_byte_shows_the_encoding_of_all(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    big(path, 500_000)
    path.write_bytes(path.read_bytes() + "1,2,Köln\n".encode("cp1252"))
    imported = read(path, into=tmp_path / "t.parquet")
    assert imported.table.column("word")[-1].as_py() == "Köln"
    assert told(imported) == [("encoding", "t.csv was read as cp1252.")]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = big(tmp_path / "t.csv", 20_000)

    def meddle(fraction: float, text: str, metrics: Any = None, /) -> None:
        with path.open("a") as file:
            file.write("1,2,3\n")

    with pytest.raises(DataError, match="changed while it was read"):
        read(path, reader=CsvReader(2**14), into=tmp_path / "t.parquet", progress=meddle)
    assert not (tmp_path / "t.parquet").exists()


def test_what_failed_leaves_no_file(tmp_path: Path) -> None:
    path = big(tmp_path / "t.csv", 20_000, "1,2\n")
    with pytest.raises(DataError, match=r"row 20002 has 2 cells, 3 were expected \(line 20002;"):
        read(path, reader=CsvReader(2**14), into=tmp_path / "t.parquet")
    assert os.listdir(tmp_path) == ["t.csv"]


def test_one_row_or_none_is_no_table_either_way(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="one row only"):
        read(tmp_path / "t.csv", into=tmp_path / "t.parquet")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = big(tmp_path / "t.csv", 1_000_000)
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    seen = []

    def watch(fraction: float, text: str, metrics: Any = None, /) -> None:
        seen.append(pa.total_allocated_bytes() - before)

    read(path, reader=CsvReader(2**16), into=tmp_path / "t.parquet", progress=watch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 18_000_000
    assert peak < 12_000_000  # the head that was looked at
    assert max(seen) < 24_000_000  # one row group of the table, and some blocks


def test_values_are_made_ahead_and_errors_come_in_their_place() -> None:
    def three() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError(3)

    values = ahead(three())
    assert [next(values), next(values)] == [1, 2]
    with pytest.raises(KeyError):
        next(values)
    endless = ahead(iter(int, 1))
    assert next(endless) == 0
    endless.close()  # type: ignore[attr-defined]

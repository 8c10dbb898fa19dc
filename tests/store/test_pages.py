"""Pages of large tables: what is kept gives the rows that DuckDB would give without it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.dataset import Column, Schema
from workbench.core.filter import Among, Filters, Missing, Within
from workbench.store.datasets import DatasetStore
from workbench.store.orders import Orders
from workbench.store.pages import Pages
from workbench.store.selecting import between
from workbench.store.sorting import arranged, order
from workbench.tables import GROUP, write_parquet

NAN = float("nan")
PLAIN = duckdb.connect(config={"threads": 1})
CELLS = {
    "whole": (pa.int64(), st.sampled_from([-(2**63), -1, 0, 1, 2, 2**63 - 1])),
    "decimal": (pa.float64(), st.sampled_from([-1.25, -0.0, 0.0, 0.1, 0.3, 1e6])),
    "number": (
        pa.float64(),
        st.sampled_from([-float("inf"), -1e300, -0.0, 0.0, 5e-324, 0.1 + 0.2, float("inf"), NAN]),
    ),
    "word": (pa.string(), st.sampled_from(["", "a", "A", "ab", "ä", "\U0001f600", "\uffff"])),
    "flag": (pa.bool_(), st.booleans()),
    "day": (
        pa.timestamp("us"),
        st.sampled_from([dt.datetime(1900, 1, 1), dt.datetime(2020, 1, 1)]),
    ),
    "time": (
        pa.timestamp("us"),
        st.sampled_from([dt.datetime(1969, 12, 31, 23, 59, 59, 999_999), dt.datetime(2020, 1, 1)]),
    ),
}  # fmt: skip
FILTERS: list[Filters] = [
    {},
    {"decimal": [Within(0.0, 1.0), Missing()]},
    {"word": [Among(("a", "ä"))], "flag": [Among(("true",))]},
]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """A few dozen rows with many ties and missing cells."""
    rows = draw(st.integers(1, 40))
    columns = {
        name: pa.array(draw(st.lists(st.none() | cells, min_size=rows, max_size=rows)), kind)
        for name, (kind, cells) in CELLS.items()
    }
    return pa.table({**columns, "row": pa.array(range(rows), pa.int64())})


def known(table: pa.Table, by: str | None, down: bool, where: Filters) -> list[int]:
    """Row numbers by a plain query over the table in memory."""
    tests = {
        "decimal": "(decimal >= 0 AND decimal < 1 OR decimal IS NULL)",
        "word": "word IN ('a', 'ä')",
        "flag": "flag",
    }
    condition = " AND ".join(tests[name] for name in where) or "TRUE"
    first = f'"{by}" {"DESC" if down else "ASC"} NULLS LAST, ' if by else ""
    PLAIN.register("t", table)
    found = PLAIN.execute(f"SELECT row FROM t WHERE {condition} ORDER BY {first}row")
    return [row for (row,) in found.fetchall()]


@settings(max_examples=40)
@given(tables())
def test_every_kind_of_column_is_ordered_as_by_duckdb(table: pa.Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = write_parquet(Path(folder) / "t.parquet", [table])
        for name in CELLS:
            for down in (False, True):
                found = order(kept, name, down)
                if found is not None:  # else it is asked
                    assert found.tolist() == known(table, name, down, {}), (name, down)
                else:
                    assert name == "word"


@settings(max_examples=25)
@given(tables(), st.data(), st.booleans(), st.booleans())
def test_a_part_of_an_order_is_that_of_the_whole(
    table: pa.Table, data: st.DataObject, down: bool, some: bool
) -> None:
    """Of all rows or of some, in all kinds of columns: ties, missing cells, not-a-numbers."""
    begin, length = data.draw(st.integers(0, 42)), data.draw(st.integers(1, 42))
    rows = data.draw(st.sets(st.integers(0, len(table) - 1))) if some else range(len(table))
    among = np.array(sorted(rows), np.uint32) if some else None
    with tempfile.TemporaryDirectory() as folder:
        kept = write_parquet(Path(folder) / "t.parquet", [table])
        for name in CELLS:
            found = between(kept, name, begin, begin + length, down, among)
            expected = [row for row in known(table, name, down, {}) if row in set(rows)]
            if found is not None:
                assert found.tolist() == expected[begin : begin + length], (name, down)
            else:
                assert name == "word" or any(v != v for v in table[name].to_pylist())


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("kind", ["number", "whole", "few", "sorted", "same", "word", "flag"])
def test_a_part_of_a_long_order_is_that_of_the_whole(tmp_path: Path, kind: str, down: bool) -> None:
    """Three row groups, of which one row in 64 shows where to look."""
    generator, rows = np.random.default_rng(0), 2 * GROUP + 9
    cells: Any = {
        "number": lambda: generator.normal(size=rows),
        "whole": lambda: generator.integers(-(2**62), 2**62, rows),
        "few": lambda: generator.integers(0, 5, rows),
        "sorted": lambda: np.arange(rows) // 3,
        "same": lambda: np.full(rows, 1.5),
        "word": lambda: np.array(["b", "a", "c"])[generator.integers(0, 3, rows)],
        "flag": lambda: generator.random(rows) < 0.5,
    }[kind]()
    column = pa.array(cells, mask=generator.random(rows) < 0.1)
    table = write_parquet(tmp_path / "t.parquet", [pa.table({"x": column})])
    whole = order(table, "x", down)
    assert whole is not None
    for begin in (0, 7, rows // 3, rows // 2, int(0.9 * rows) - 500, rows - 900):
        found = between(table, "x", begin, begin + 1000, down)
        assert found is not None
        assert (found == whole[begin : begin + 1000]).all()


def test_a_column_that_repeats_itself_as_the_sample_does_is_ordered_whole(tmp_path: Path) -> None:
    values = np.arange(GROUP) % 64 * 1000 + np.arange(GROUP) // 64
    table = write_parquet(tmp_path / "t.parquet", [pa.table({"x": values})])
    assert between(table, "x", GROUP // 2, GROUP // 2 + 9) is None
    pages = Pages(tmp_path, smallest=0)
    _, found, _ = pages.page(tmp_path / "t.parquet", "d", ["x"], GROUP // 2, 9, order_by="x")
    assert [x for (x,) in found] == np.sort(values)[GROUP // 2 :][:9].tolist()


def test_the_second_place_in_an_order_has_it_made_meanwhile(tmp_path: Path) -> None:
    path, rows = tmp_path / "t.parquet", 30_000
    values = np.random.default_rng(0).permutation(rows)
    write_parquet(path, [pa.table({"x": values})])
    pages = Pages(tmp_path, smallest=0)

    def page(offset: int) -> list[int]:
        return [x for (x,) in pages.page(path, "d", ["x"], offset, 12, order_by="x")[1]]

    assert page(10_000) == list(range(10_000, 10_012))
    assert page(10_012) == list(range(10_012, 10_024)), "found with those before"
    assert pages.making is None
    assert pages.orders.get("d", "x", False, ()) is None
    assert page(20_000) == list(range(20_000, 20_012))
    assert pages.making is not None
    pages.making.join()
    made = pages.orders.get("d", "x", False, ())
    assert made is not None
    assert (values[made] == np.arange(rows)).all()
    assert page(20_500) == list(range(20_500, 20_512))


@settings(max_examples=15)
@given(
    table=tables(),
    by=st.sampled_from([*CELLS, None]),
    down=st.booleans(),
    where=st.sampled_from(FILTERS),
    start=st.integers(0, 41),
    limit=st.integers(1, 41),
)
def test_pages_equal_a_plain_query(
    table: pa.Table, by: str | None, down: bool, where: Filters, start: int, limit: int
) -> None:
    """By the whole order, from the ends, and of a table too small for either; asked twice."""
    expected = known(table, by, down, where)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        write_parquet(path, [table])
        ways = {
            "kept": Pages(Path(folder) / "kept", smallest=0, near=0, wide=0),
            "parts": Pages(Path(folder) / "parts", smallest=0, near=0, wide=7),
            "ends": Pages(Path(folder) / "ends", smallest=0),
            "asked": Pages(Path(folder) / "asked"),
        }
        for way, pages in ways.items():
            for _ in range(2):
                names, rows, total = pages.page(
                    path, "d", table.column_names, start, limit,
                    order_by=by, descending=down, where=where,
                )  # fmt: skip
                assert (names, total) == (table.column_names, len(expected)), way
                assert [row[-1] for row in rows] == expected[start : start + limit], way


@pytest.mark.parametrize("where", [{}, {"x": [Within(5, 45)]}])
def test_pages_from_the_ends_meet_those_between(tmp_path: Path, where: Filters) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table({"x": [i * 7 % 50 if i % 11 else None for i in range(5000)]})
    write_parquet(path, [table.append_column("row", pa.array(range(5000)))])
    cells = table["x"].to_pylist()
    within = [i for i in range(5000) if not where or (cells[i] is not None and 5 <= cells[i] < 45)]
    known = sorted(within, key=lambda row: (cells[row] is None, cells[row] or 0, row))
    pages = Pages(tmp_path, smallest=0)
    for start in (0, 20, 24, 990, -1000, -980, -30, -25, -7, 10_000, 1000, 2000, -1001):
        start = start + len(known) if start < 0 else start
        for limit in (5, 25, 1000):
            _, rows, total = pages.page(
                path, "d", ["x", "row"], start, limit, order_by="x", where=where
            )
            assert total == len(known)
            assert [row for _, row in rows] == known[start : start + limit], (start, limit)


@given(
    st.lists(
        st.none()
        | st.integers(0, 7)
        | st.integers(2**64 - 8, 2**64 - 1)
        | st.integers(0, 2**64 - 1)
    ),
    st.booleans(),
)
def test_keys_that_differ_in_their_last_bits_only_are_ordered(
    keys: list[int | None], down: bool
) -> None:
    numbers = np.array([key or 0 for key in keys], np.uint64)
    missing = np.array([key is None for key in keys], bool)
    known = [place for place, key in enumerate(keys) if key is not None]
    known.sort(key=lambda place: -keys[place] if down else keys[place])  # type: ignore[operator]
    known += [place for place, key in enumerate(keys) if key is None]
    assert arranged(numbers, missing, down).tolist() == known


@pytest.mark.parametrize("down", [False, True])
def test_a_long_column_of_near_numbers_is_ordered(tmp_path: Path, down: bool) -> None:
    """Words hold the upper bits of 300,000 numbers; here most rows share these with others."""
    generator = np.random.default_rng(0)
    values = np.nextafter(1.0, 2.0) ** generator.integers(0, 2000, 300_000)
    values[::7] = generator.normal(size=len(values[::7])) * 1e300
    table = write_parquet(tmp_path / "t.parquet", [pa.table({"x": values})])
    known = np.lexsort((-values if down else values,))
    found = order(table, "x", down)
    assert found is not None
    assert (found == known).all()


def test_decimals_of_which_the_last_is_none_are_ordered(tmp_path: Path) -> None:
    """Three row groups: their keys are begun as those of decimals."""
    values = np.random.default_rng(0).normal(size=2 * GROUP + 9).round(2)
    for last in (0.25, 1 / 3, np.nan, 1e300):
        values[-1] = last
        table = write_parquet(tmp_path / "t.parquet", [pa.table({"x": values})])
        found = order(table, "x")
        assert found is not None
        assert (found == np.argsort(values, kind="stable")).all()


def test_a_text_that_seldom_repeats_is_ordered_by_duckdb(tmp_path: Path) -> None:
    words = [f"{i * 7919 % 3000:05d}" for i in range(3000)]
    path = tmp_path / "t.parquet"
    table = write_parquet(path, [pa.table({"word": words})])
    assert order(table, "word") is None
    pages = Pages(tmp_path, smallest=0, near=0)
    assert pages.page(path, "d", ["word"], 1500, 2, order_by="word")[1] == [("01500",), ("01501",)]
    assert len(list(pages.orders.folder.iterdir())) == 1


def test_the_longest_unused_orders_leave_when_there_are_too_many(tmp_path: Path) -> None:
    orders = Orders(tmp_path / "orders", most=100)
    for number in range(3):
        orders.keep(np.arange(10, dtype=np.uint32), number)
        assert orders.get(0) is not None, "it was used last, but for the new one"
    assert [orders.get(number) is not None for number in range(3)] == [True, False, True]
    orders.keep(np.arange(1000, dtype=np.uint32), "large")
    found = orders.get("large")
    assert found is not None
    assert len(found) == 1000
    assert orders.forget() == 4000
    assert orders.get("large") is None
    assert found[-1] == 999, "who looks at it goes on"


def test_cleaning_a_store_removes_its_orders(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path)
    store.pages = Pages(tmp_path, smallest=0, near=0, wide=0)
    table = pa.table({"x": list(range(100))})
    schema = Schema((Column("x", "int64", "number"),))
    record = store.save(table, name="t", schema=schema)
    assert store.page(record, 50, 1, order_by="x", descending=True)[1] == [(49,)]
    assert len(list(store.pages.orders.folder.iterdir())) == 1
    assert store.clean() == 400
    assert list(store.pages.orders.folder.iterdir()) == []


def test_an_order_that_cannot_be_kept_is_given_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "orders").write_text("in the way")
    orders = Orders(tmp_path / "orders")
    assert orders.keep(np.arange(3, dtype=np.uint32), "q").tolist() == [0, 1, 2]
    assert orders.get("q") is None


def test_half_a_number_at_the_end_of_a_file_is_no_answer(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.keep(np.arange(3, dtype=np.uint32), "q")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert orders.get("q") is None


READER = """
import sys
from pathlib import Path
from workbench.store.pages import Pages

root, path = Path(sys.argv[1]), Path(sys.argv[2])
for start in range(0, 60_000, 3_000):
    for down in (False, True):
        pages = Pages(root, smallest=0, near=0, wide=0)
        rows = pages.page(path, "d", ["x", "row"], start, 5, order_by="x", descending=down)[1]
        assert [row for _, row in rows] == list(range(start, start + 5)), rows
    pages.orders.forget()
"""


def test_two_processes_ask_and_forget_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(path, [pa.table({"x": [1] * 60_000, "row": range(60_000)})])
    command: list[Any] = [sys.executable, "-c", READER, tmp_path / "ws", path]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told

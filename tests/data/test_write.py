"""A table that leaves comes back as it was; a spreadsheet runs nothing of it."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Cancelled, UsageError
from workbench.data.read import read
from workbench.data.write import WRITERS, write
from workbench.tables import GROUP

NASTY = ["=cmd()", "+1", "-x", "@SUM(A1)", "\tx", 'a "quoted" word', "two\nlines", "plain", None]
DAYS = range(1, 8)
TABLE = pa.table(
    {
        "=evil": NASTY,
        "n": pa.array([-1.5, None, 3.0, 0.1, 1e-300, -0.0, 2.0, 1.0, 9.0]),
        "i": pa.array([-(2**63), 2**63 - 1, None, 0, 1, 2, 3, 4, 5]),
        "when": pa.array(
            [dt.datetime(1800, 1, 1), None, *[dt.datetime(2020, 1, d, 3, 4, 5) for d in DAYS]],
            pa.timestamp("us"),
        ),
        "b": [True, None, False] * 3,
    }
)  # fmt: skip


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".feather"])
def test_binary_formats_keep_every_cell(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    assert write(TABLE, path) == 0
    if ending == ".parquet":
        assert pq.read_table(path).equals(TABLE)
    else:
        with ipc.open_file(path) as file:
            assert file.read_all().equals(TABLE)


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_spreadsheet_runs_nothing(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t{ending}"
    assert write(TABLE, path) == 6, "five cells and a name"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="," if ending == ".csv" else "\t"))
    assert rows[0][0] == "'=evil"
    assert [row[0] for row in rows[1:6]] == ["'=cmd()", "'+1", "'-x", "'@SUM(A1)", "'\tx"]
    assert rows[1][1] == "-1.5", "numbers are numbers"
    assert write(TABLE, path, raw=True) == 0
    assert "'" not in path.read_text(encoding="utf-8")


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6).map(
    lambda t: f"w{t}w"  # not a number, a date, or a blank that means nothing
)


@given(
    st.lists(
        st.tuples(
            st.none() | TEXT,
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.5),
        ),
        min_size=2,
        max_size=20,
    )
)
def test_csv_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]]
) -> None:
    words, whole, numbers = (list(c) for c in zip(*rows, strict=True))
    words[0], whole[0], numbers[0] = "begin", 7, 0.25
    table = pa.table(
        {
            "words": pa.array(words, pa.string()),
            "whole": pa.array(whole, pa.int64()),
            "numbers": pa.array(numbers, pa.float64()),
        }
    )
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write(table, path, raw=True)
    assert read(path).table.combine_chunks().equals(table.combine_chunks())


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="says not how") as error:
        write(TABLE, tmp_path / "t.xyz")
    assert all(ending in error.value.hint for ending in WRITERS)


def test_a_cancelled_export_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old", encoding="utf-8")
    long = pa.table({"n": pa.array(range(3 * GROUP))})

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        write(long, path, progress=stop)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]

"""Tables on disk answer like tables in memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.store.digest import column_digests
from workbench.tables import GROUP, Span, batches, write_parquet

CELLS = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text(max_size=9), st.floats()
)


def table(rows: int) -> pa.Table:
    return pa.table(
        {
            "a": pa.array(range(rows)),
            "a.b": [str(i % 1000) for i in range(rows)],
            "c": pa.array([None if i % 7 == 0 else i / 3 for i in range(rows)], pa.float64()),
        }
    )


@pytest.fixture(scope="module")
def whole() -> pa.Table:
    return table(2 * GROUP + 5)


def test_a_table_on_disk_answers_like_one_in_memory(whole: pa.Table, tmp_path: Path) -> None:
    found = write_parquet(tmp_path / "t.parquet", [whole])
    assert (found.num_rows, found.num_columns) == (whole.num_rows, 3)
    assert found.column_names == whole.column_names
    assert found.read().equals(whole)
    assert found.column("a").equals(whole.column("a"))  # and not "a.b", which begins like it
    assert found.column(1).equals(whole.column("a.b"))
    assert found.select(["c", "a"]).equals(whole.select(["c", "a"]))
    assert found.nbytes > 0


def test_the_same_rows_make_the_same_bytes(whole: pa.Table, tmp_path: Path) -> None:
    one = write_parquet(tmp_path / "one.parquet", [whole])
    cut = [whole.slice(start, 33_333) for start in range(0, whole.num_rows, 33_333)]
    other = write_parquet(tmp_path / "other.parquet", cut)
    assert one.path.read_bytes() == other.path.read_bytes()
    with pq.ParquetFile(other.path) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sizes == [GROUP, GROUP, 5]


@pytest.mark.parametrize("rows", [0, GROUP])
def test_no_row_group_is_empty(whole: pa.Table, tmp_path: Path, rows: int) -> None:
    found = write_parquet(tmp_path / "t.parquet", [whole.slice(0, rows)])
    assert found.read().equals(whole.slice(0, rows))
    assert pq.read_metadata(found.path).num_row_groups == min(1, rows)


@given(st.lists(CELLS, min_size=1, max_size=40), st.integers(1, 50))
def test_batches_make_up_the_table(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], size: int
) -> None:
    columns = list(zip(*rows, strict=True))
    whole = pa.table(
        {
            "n": pa.array(columns[0], pa.int64()),
            "t": pa.array(columns[1], pa.string()),
            "f": pa.array(columns[2], pa.float64()),
        }
    )
    path = tmp_path_factory.mktemp("batches") / "t.parquet"
    on_disk = write_parquet(path, batches(whole, size), digest=True)
    assert on_disk.digests == column_digests(whole) == column_digests(on_disk)
    for source in (whole, on_disk):
        parts = list(batches(source, size))
        assert all(part.num_rows <= size for part in parts)
        again = pa.concat_tables(parts)
        assert again.drop(["f"]).equals(whole.drop(["f"]))
        assert str(again.column("f").to_pylist()) == str(whole.column("f").to_pylist())  # NaN too


def test_a_type_that_the_file_changes_has_no_digest(tmp_path: Path) -> None:
    """Parquet keeps seconds as milliseconds: other cells than those that were written."""
    path = tmp_path / "t.parquet"
    table = pa.table({"s": pa.array([1], "timestamp[s]")})
    assert write_parquet(path, [table], digest=True).digests is None
    table = table.cast(pa.schema({"s": pa.timestamp("us")}))
    assert write_parquet(path, [table], digest=True).digests == column_digests(table)


def test_nothing_to_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one part"):
        write_parquet(tmp_path / "t.parquet", [])
    assert not list(tmp_path.iterdir())


def test_text_that_seldom_repeats_gets_no_dictionary(tmp_path: Path) -> None:
    """The first row group decides, however the rows come: the same rows make the same bytes."""
    rows = GROUP + 10
    table = pa.table(
        {"own": [f"{i:06}" for i in range(rows)], "few": ["a", "b"] * (rows // 2), "n": range(rows)}
    )
    made = [
        write_parquet(tmp_path / f"{size}.parquet", batches(table, size)) for size in (70_000, rows)
    ]
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    group = pq.read_metadata(made[0].path).row_group(1)
    kept = {group.column(i).path_in_schema: group.column(i).encodings for i in range(3)}
    assert ["RLE_DICTIONARY" in kept[name] for name in ("own", "few", "n")] == [False, True, False]
    assert made[0].read().equals(table)


def test_a_file_says_the_spans_of_its_columns(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([None] * GROUP + [3, -5], pa.int64()),
            "none": pa.nulls(GROUP + 2, pa.float64()),
            "nan": [float("nan")] * (GROUP + 2),
        }
    )
    found = write_parquet(tmp_path / "t.parquet", [table])
    assert found.span("n") == Span(-5, 3, GROUP)
    assert found.span("none") == Span(None, None, GROUP + 2)
    assert found.span("nan") is None, "there are values, and the file names none"

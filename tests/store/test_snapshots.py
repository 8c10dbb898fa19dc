"""Snapshots: each piece of a table on the disk but once, and every version as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from workbench.core.dataset import Column, DatasetRecord, Schema
from workbench.core.errors import StoreError
from workbench.store.datasets import DatasetStore
from workbench.store.digest import column_digests, table_digest
from workbench.tables import GROUP, ParquetTable, write_parquet

ROWS = 2 * GROUP + 1000


def table(rows: int = ROWS, seed: int = 0) -> pa.Table:
    """Numbers that no compression makes smaller, and a text."""
    random = np.random.default_rng(seed)
    numbers = {f"x{i}": np.random.default_rng(i).random(rows) for i in range(4)}
    return pa.table({**numbers, "y": random.random(rows), "word": ["a", "b"] * (rows // 2)})


def kept(store: DatasetStore, found: pa.Table, name: str = "t") -> DatasetRecord:
    columns = tuple(Column(f.name, str(f.type), "number") for f in found.schema)
    return store.save(found, name=name, schema=Schema(columns))


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path)


def size(store: DatasetStore) -> int:
    return sum(p.stat().st_size for p in store.folder.rglob("*") if p.is_file())


def packed(store: DatasetStore, record: DatasetRecord) -> bool:
    return not (store.folder / record.digest / "table.parquet").exists()


def test_a_changed_column_costs_one_column(store: DatasetStore) -> None:
    first = kept(store, table())
    one = size(store)
    second = kept(store, table(seed=1))
    assert packed(store, first) and not packed(store, second)
    third = kept(store, table(seed=2))
    fourth = kept(store, table(seed=3))
    pool = size(store) - (store.folder / fourth.digest / "table.parquet").stat().st_size
    assert pool < 1.75 * one, "three old versions: one table, and two times one of five columns"
    for seed, record in enumerate((first, second, third, fourth)):
        assert store.table(record).read().equals(table(seed=seed))
        store.verify(record)
    assert store.page(first, offset=GROUP - 1, limit=2)[2] == ROWS


def test_appended_rows_cost_what_is_new(store: DatasetStore) -> None:
    whole = table()
    first = kept(store, whole.slice(0, 2 * GROUP))
    kept(store, whole)
    assert packed(store, first)
    shared = {p.name for p in (store.folder / "pieces").iterdir()}
    kept(store, pa.concat_tables([whole, table(seed=5)]))
    new = {p.name for p in (store.folder / "pieces").iterdir()} - shared
    freed = sum((store.folder / "pieces" / name).stat().st_size for name in new)
    assert freed < 0.1 * (size(store) / 3), "the second version added its last thousand rows"


def test_versions_that_share_nothing_stay_whole(store: DatasetStore) -> None:
    random = np.random.default_rng(9)
    first = kept(store, pa.table({"x": random.random(ROWS)}))
    kept(store, pa.table({"x": random.random(ROWS)}))
    assert not packed(store, first)
    assert not (store.folder / "pieces").exists()


def test_who_reads_a_table_while_it_is_packed_goes_on(store: DatasetStore) -> None:
    first = kept(store, table())
    reader = store.table(first)
    parts = reader.batches(["y"])
    begun = next(parts)
    kept(store, table(seed=1))
    assert packed(store, first)
    assert pa.concat_tables([begun, *parts]).equals(table().select(["y"]))
    assert reader.column("x0").equals(table().column("x0"))


def test_removed_versions_free_their_pieces(store: DatasetStore) -> None:
    first, second = kept(store, table()), kept(store, table(seed=1))
    store.table(first)
    store.remove(first.ref)
    assert not list((store.folder / "pieces").iterdir())
    assert store.table(second).read().equals(table(seed=1))
    assert store.clean() > 0, "what was put together for reading goes too"
    assert not (store.folder.parent / "cache" / "tables").exists()


def test_a_changed_or_missing_piece_is_said(store: DatasetStore) -> None:
    first = kept(store, table())
    kept(store, table(seed=1))
    piece = max((store.folder / "pieces").iterdir(), key=lambda p: p.stat().st_size)
    content = piece.read_bytes()
    piece.write_bytes(content[:-1] + b"?")
    with pytest.raises(StoreError, match="changed"):
        store.table(first)
    piece.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.table(first)
    piece.write_bytes(content)
    assert store.table(first).read().equals(table())


@pytest.mark.parametrize("digest", [True, False], ids=["digested", "plain"])
def test_a_file_of_our_own_is_moved_in(store: DatasetStore, tmp_path: Path, digest: bool) -> None:
    source = write_parquet(tmp_path / "scratch.parquet", [table()], digest=digest)
    columns = tuple(Column(f.name, str(f.type), "number") for f in source.schema)
    record = store.save(source, name="t", schema=Schema(columns), ours=True)
    assert not source.path.exists()
    assert store.table(record).read().equals(table())
    assert record.digest == table_digest(table())
    assert store.columns(record) == column_digests(table())


def test_column_digests_tell_which_column_changed(store: DatasetStore) -> None:
    one, other = (store.columns(kept(store, table(seed=seed))) for seed in (0, 1))
    assert {name for name in one if one[name] != other[name]} == {"y"}


PACKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.store.test_snapshots import kept, table
from workbench.store.datasets import DatasetStore
print("go", flush=True)
kept(DatasetStore(Path(sys.argv[1])), table(seed=int(sys.argv[3])))
"""


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3])
def test_a_killed_writer_loses_no_version(
    store: DatasetStore, tmp_path: Path, delay: float
) -> None:
    first = kept(store, table())
    here = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", PACKER, str(tmp_path), here, "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
    store = DatasetStore(tmp_path)
    assert store.table(first).read().equals(table())
    again = kept(store, table(seed=1))
    for seed, record in ((0, first), (1, again)):
        store.verify(record)
        assert isinstance(store.table(record), ParquetTable)
        assert store.table(record).read().equals(table(seed=seed))

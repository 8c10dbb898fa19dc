"""The store of data sets: immutable, by content, whole or not there, for many at once."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.core.dataset import Column, DatasetRecord, Schema
from workbench.core.errors import NotFound, StoreError, UsageError
from workbench.core.filter import Among, Missing, Within
from workbench.core.split import Split
from workbench.store.datasets import DatasetStore
from workbench.store.digest import table_digest

AWKWARD = 'x"; DROP TABLE y; -- <b>\n'
TABLE = pa.table(
    {
        "n": [3, 1, None, 2],
        AWKWARD: ["b", "a", None, "it's"],
        "x": [0.5, None, 2.5, 1.5],
        "flag": [True, None, False, True],
        "when": [dt.datetime(2020, 1, day) for day in (1, 2, 3, 4)],
    }
).cast(
    pa.schema(
        {"n": pa.int64(), AWKWARD: pa.string(), "x": pa.float64(), "flag": pa.bool_(),
         "when": pa.timestamp("us")}
    )
)  # fmt: skip


def schema_of(table: pa.Table) -> Schema:
    return Schema(tuple(Column(f.name, str(f.type), "category") for f in table.schema))


def kept(
    store: DatasetStore, table: pa.Table = TABLE, name: str = "t", **more: Any
) -> DatasetRecord:
    return store.save(table, name=name, schema=schema_of(table), source="here", **more)


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path)


def folders(store: DatasetStore) -> set[str]:
    return {path.name for path in store.folder.iterdir() if path.is_dir()}


def test_a_table_comes_back_as_it_was(store: DatasetStore) -> None:
    record = kept(store, title="A table", split=Split(seed=3))
    assert store.table(record).read().equals(TABLE)
    assert store.get("t") == record
    assert (record.ref, record.title, record.split.seed) == ("t@1", "A table", 3)
    assert store.frame(record, ["x", "n"]).columns.tolist() == ["x", "n"]
    assert store.frame(record)["n"].tolist()[:2] == [3.0, 1.0]
    manifest = json.loads((store.folder / record.digest / "manifest.json").read_text())
    assert (manifest["rows"], manifest["columns"][0]["type"]) == (4, "int64")


def test_an_empty_workspace_has_no_data_sets_and_stays_empty(tmp_path: Path) -> None:
    store = DatasetStore(tmp_path)
    assert store.list() == []
    with pytest.raises(NotFound, match="no data set yet"):
        store.get("adult")
    assert list(tmp_path.iterdir()) == []


def test_the_same_content_is_kept_once(store: DatasetStore) -> None:
    first = kept(store)
    assert kept(store) == first
    other = kept(store, name="other")
    assert (other.ref, other.digest) == ("other@1", first.digest)
    edited = store.save(TABLE, name="t", schema=schema_of(TABLE).edited(roles={"n": "target"}))
    assert (edited.ref, edited.digest) == ("t@2", first.digest)
    assert folders(store) == {first.digest}


def test_the_digest_is_of_the_content_alone() -> None:
    chunked = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert table_digest(chunked) == table_digest(TABLE)
    assert table_digest(pa.concat_tables([TABLE, TABLE]).slice(4)) == table_digest(TABLE)
    changed = [
        TABLE.slice(0, 3),
        TABLE.take(pa.array([1, 0, 2, 3])),
        TABLE.select(["x", "n", AWKWARD, "flag", "when"]),
        TABLE.rename_columns(["m", *TABLE.column_names[1:]]),
        TABLE.set_column(1, AWKWARD, pa.array(["ba", "", None, "it's"])),
        TABLE.set_column(1, AWKWARD, pa.array(["b", "a", "", "it's"])),
        TABLE.set_column(0, "n", pa.array([3, 1, 0, 2])),
        TABLE.set_column(0, "n", pa.array([3.0, 1.0, None, 2.0])),
    ]
    assert len({table_digest(table) for table in [TABLE, *changed]}) == 1 + len(changed)


def test_data_sets_are_found_by_name_version_and_digest(store: DatasetStore) -> None:
    first, second = kept(store), kept(store, TABLE.slice(1))
    assert store.get("t").ref == "t@2"
    assert store.get("t@1") == first
    assert store.get(second.digest[:10]) == second
    assert [record.ref for record in store.list()] == ["t@2", "t@1"]
    for wrong in ("tt", "t@3", "0123456789"):
        with pytest.raises(NotFound):
            store.get(wrong)


def test_an_edit_changes_what_columns_are_for_and_nothing_else(store: DatasetStore) -> None:
    before = kept(store)
    edited = store.edit("t", roles={"n": "target"}, semantics={"n": "number"})
    assert (edited.schema["n"].role, edited.schema["n"].semantic) == ("target", "number")
    assert (edited.ref, edited.digest, edited.created) == (
        before.ref,
        before.digest,
        before.created,
    )
    assert store.edit("t@1", roles={"x": "target"}).schema["n"].role == "feature"
    assert store.table(edited).read().equals(TABLE)
    with pytest.raises(NotFound):
        store.edit("t", roles={"nn": "id"})
    with pytest.raises(UsageError):
        store.edit("t", roles={"n": "hero"})
    assert kept(store).ref == "t@1", "an import of the same table keeps the edits"
    assert store.get("t").schema["x"].role == "target"


def test_a_removed_version_is_gone_and_never_given_again(store: DatasetStore) -> None:
    first = kept(store)
    twin = kept(store, name="twin")
    store.remove("t")
    assert store.table(twin).read().equals(TABLE), "its table has another name yet"
    store.remove("twin")
    assert (store.list(), folders(store)) == ([], set())
    with pytest.raises(StoreError, match="missing"):
        store.table(first)
    assert kept(store).ref == "t@2"


def test_pages_are_ordered_filtered_and_counted(store: DatasetStore) -> None:
    record = kept(store)
    names, rows, total = store.page(record, 1, 2)
    assert (names, len(rows), total) == (TABLE.column_names, 2, 4)
    assert rows[0][:2] == (1, "a")
    assert [row[0] for row in store.page(record, order_by="n")[1]] == [1, 2, 3, None]
    down = store.page(record, order_by="n", descending=True)[1]
    assert [row[0] for row in down] == [3, 2, 1, None]

    def matching(**where: Any) -> int:
        return store.page(record, where=where)[2]

    assert store.page(record, where={AWKWARD: [Among(("it's",))]})[1][0][0] == 2
    assert matching(n=[Missing()]) == 1
    assert matching(n=[Within(1, 2)]) == 1
    assert matching(n=[Within(1, 2, closed=True)]) == 2
    assert matching(n=[Within(1, 2), Missing()], flag=[Among(("false",))]) == 1
    assert matching(when=[Within("2020-01-02", "2020-01-04")]) == 2
    assert matching(flag=[Among(("true",), others=True)]) == 1
    assert matching(**{AWKWARD: [Within(3, 9, length=True)]}) == 1
    assert matching(**{AWKWARD: [Among(("it…",))]}) == 1
    assert matching(n=[]) == 0
    assert store.page(record, 9, 5)[1:] == ([], 4)


def test_pages_of_equal_values_neither_overlap_nor_leave_rows_out(store: DatasetStore) -> None:
    table = pa.table({"same": [1] * 5000, "row": range(5000)})
    record = kept(store, table)
    seen = [
        row[1]
        for start in range(0, 5000, 500)
        for row in store.page(record, start, 500, order_by="same", descending=True)[1]
    ]
    assert seen == list(range(5000))


@pytest.mark.parametrize(
    "wanted",
    [
        {"order_by": "nope"},
        {"order_by": "n; DROP TABLE x"},
        {"where": {"nope": [Missing()]}},
        {"where": {"n": [Within("read_csv('/etc/passwd')", 3)]}},
        {"offset": -1},
        {"limit": 0},
        {"limit": 10**6},
    ],
)
def test_pages_refuse_what_they_cannot_give(wanted: dict[str, Any], store: DatasetStore) -> None:
    with pytest.raises(UsageError):
        store.page(kept(store), **wanted)


@pytest.mark.parametrize("descending", [False, True])
def test_pages_make_up_the_whole_order(store: DatasetStore, descending: bool) -> None:
    """Those of the second half are read from the end."""
    values = [i * 7 % 50 if i % 11 else None for i in range(300)]
    record = kept(store, pa.table({"x": pa.array(values, pa.int64()), "row": range(300)}))
    found = [
        row
        for start in range(0, 320, 40)
        for row in store.page(record, start, 40, order_by="x", descending=descending)[1]
    ]
    known = [r for r in range(300) if values[r] is not None]
    known.sort(key=lambda r: (-values[r] if descending else values[r], r))  # type: ignore[operator]
    assert [row for _, row in found] == known + [r for r in range(300) if values[r] is None]


def test_a_column_named_like_sql_stays_a_name(store: DatasetStore) -> None:
    record = kept(store)
    assert store.page(record, order_by=AWKWARD)[1][0][1] == "a"
    assert store.frame(record, [AWKWARD])[AWKWARD].tolist()[:2] == ["b", "a"]


def test_a_dot_in_a_name_is_no_path(store: DatasetStore) -> None:
    record = kept(store, pa.table({"a.b": [1, 2], "a": [3, 4]}))
    assert store.frame(record, ["a"]).columns.tolist() == ["a"]
    assert store.page(record, order_by="a.b")[1] == [(1, 3), (2, 4)]


def test_a_damaged_snapshot_is_one_clear_sentence(store: DatasetStore) -> None:
    record = kept(store)
    path = store.folder / record.digest / "table.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    for use in (store.table, store.frame, store.page):
        with pytest.raises(StoreError, match=r"damaged|cannot be read") as error:
            use(record)
        assert "\n" not in str(error.value)


# several processes ---------------------------------------------------------------------------

WRITER = """
import sys
import pyarrow as pa
from pathlib import Path
from tests.store.test_datasets import schema_of
from workbench.store.datasets import DatasetStore

store = DatasetStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    own = pa.table({"who": [sys.argv[3]] * 50, "n": [number] * 50})
    store.save(own, name="shared", schema=schema_of(own))
    both = pa.table({"n": [number] * 50})
    record = store.save(both, name=f"both-{number}", schema=schema_of(both))
    assert store.table(record).read().equals(both)
"""


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_write_at_once_lose_nothing(store: DatasetStore, tmp_path: Path) -> None:
    writers = [process(WRITER, str(tmp_path), "12", who) for who in ("ann", "bob", "eve")]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors
    records = store.list()
    versions = sorted(r.version for r in records if r.name == "shared")
    assert versions == list(range(1, 37))
    assert sorted(r.ref for r in records if r.name != "shared") == sorted(
        f"both-{n}@1" for n in range(12)
    )
    assert folders(store) == {r.digest for r in records}
    for record in records:
        assert table_digest(store.table(record)) == record.digest


ENDLESS = """
import sys
import numpy as np
import pyarrow as pa
from pathlib import Path
from tests.store.test_datasets import schema_of
from workbench.store.datasets import DatasetStore

store = DatasetStore(Path(sys.argv[1]))
generator = np.random.default_rng(int(sys.argv[2]))
print("ready", flush=True)
while True:
    table = pa.table({str(i): generator.random(20_000) for i in range(8)})
    store.save(table, name="big", schema=schema_of(table))
"""


def test_a_killed_writer_leaves_no_half_snapshot(store: DatasetStore, tmp_path: Path) -> None:
    for seed in range(6):
        writer = process(ENDLESS, str(tmp_path), str(seed))
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.05 + 0.031 * seed)
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=30)
        for record in store.list():
            assert table_digest(store.table(record)) == record.digest
    kept(store)
    assert folders(store) == {r.digest for r in store.list()}, "the next writer sweeps"


FILLING = """
import sys
import numpy as np
import pyarrow as pa
from pathlib import Path
from tests.store.test_datasets import kept, schema_of
from workbench.core.errors import StoreError
from workbench.store.datasets import DatasetStore

store = DatasetStore(Path(sys.argv[1]) / "ws")
small = kept(store)
table = pa.table({"x": np.random.default_rng(0).random(500_000)})
try:
    store.save(table, name="big", schema=schema_of(table))
except StoreError as error:
    print(error)
assert [record.ref for record in store.list()] == ["t@1"]
assert store.table(small).num_rows == 4
assert kept(store, name="after").ref == "after@1"
left = {path.name for path in (Path(sys.argv[1]) / "ws" / "data").iterdir() if path.is_dir()}
assert left == {small.digest}, left
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare to mount a small disk")
    mount = f"mount -t tmpfs -o size=1m tmpfs {tmp_path}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    command = f'{mount} && exec "$0" -c "$1" {tmp_path}'
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, sys.executable, FILLING],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The disk is full: ")
    assert done.stdout.count("\n") == 1


def test_parquet_of_the_store_is_plain_parquet(store: DatasetStore) -> None:
    record = kept(store)
    assert pq.read_table(store.folder / record.digest / "table.parquet").equals(TABLE)

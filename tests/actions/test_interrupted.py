"""Imports that are killed, starved, wide or disturbed: nothing half-made is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.core.errors import DataError
from workbench.jobs.processes import Identity
from workbench.objects import Job
from workbench.tables import write_parquet
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow
DIGITS = 20  # columns


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 MB of text that are 240 MB of integers."""
    generator = random.Random(0)
    rows = "".join(
        ",".join(str(generator.randrange(10)) for _ in range(DIGITS)) + "\n" for _ in range(2000)
    )
    path = tmp_path_factory.mktemp("digits") / "digits.csv"
    with path.open("w") as file:
        file.write(",".join(f"c{i}" for i in range(DIGITS)) + "\n")
        for _ in range(750):
            file.write(rows)
    return path


# killed -------------------------------------------------------------------------------------------


def child_of(job: Job) -> int:
    """The process that carries out a job; the supervisor's only child."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        pid = job.refresh().record.pid
        path = Path(f"/proc/{pid}/task/{pid}/children")
        if pid and path.is_file() and (found := path.read_text().split()):
            return int(found[0])
        time.sleep(0.005)
    raise AssertionError("the job did not start")


def leftovers(root: Path) -> set[str]:
    """What lies in the places of snapshots and half-made tables."""
    found = {p.relative_to(root).as_posix() for p in (root / "data").rglob("*") if p.is_file()}
    found |= {p.relative_to(root).as_posix() for p in (root / "cache").rglob("*") if p.is_file()}
    return {p for p in found if not p.startswith(("data/index.db", "data/.lock"))}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_import_leaves_nothing_and_the_next_works(tmp_path: Path, digits: Path) -> None:
    ws = Workspace(tmp_path / "ws")
    ws.import_data(digits.with_name("digits.csv"), name="first")
    kept, before = leftovers(ws.root), [d.ref for d in ws.datasets.list()]
    with digits.open() as file:
        other = tmp_path / "other.csv"
        other.write_text("".join(next(file) for _ in range(250_000)))
    generator = random.Random(time.time_ns())
    for part in range(4):
        job = ws.submit("import", source=str(other), name="killed")
        child = child_of(job)
        wait = (0.5 + generator.random()) * part * 0.9
        until = time.monotonic() + wait
        while time.monotonic() < until and job.refresh().record.active:
            time.sleep(0.01)
        job.refresh()
        done = job.state == "done"
        if not done:
            os.kill(child, signal.SIGKILL)
            until = time.monotonic() + 30
            while job.refresh().record.active and time.monotonic() < until:
                time.sleep(0.02)
        assert done or job.state in ("failed", "done")
        if job.state == "done":  # it was quicker than the signal
            ws.context.datasets.remove("killed")
        refs = [d.ref for d in ws.datasets.list()]
        assert refs == before
        assert not Identity(child, 0.0).alive
    assert ws.datasets["first"].rows == 1_500_000
    again = ws.import_data(other, name="killed")
    assert again.rows == 249_999
    ws.context.datasets.verify(again.record)
    ws.context.datasets.remove(again.ref)
    for folder in (ws.root / "cache").rglob("import-*"):
        age(folder)
    ws.clean()
    assert leftovers(ws.root) == kept
    assert list((ws.root / "cache").glob("import-*")) == []


def age(folder: Path) -> None:
    """Make what a killed import left look two days old, as gc wants it."""
    old = time.time() - 2 * 24 * 3600
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (old, old))


# starved ------------------------------------------------------------------------------------------

STARVED = """
import re, sys
from pathlib import Path
from workbench.data.read import read
from workbench.workspace import Workspace
ws = Workspace(sys.argv[1])
ws.import_data(sys.argv[2], name="small", progress=lambda *_: None)  # loads what is needed
# ru_maxrss begins with what the parent had when it forked
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = peak()
if sys.argv[4] == "import":
    rows = ws.import_data(sys.argv[3], name="big", progress=lambda *_: None).rows
else:
    rows = read(sys.argv[3]).table.num_rows
print(rows, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory as Linux does")
def test_the_memory_of_an_import_is_not_that_of_its_table(tmp_path: Path, digits: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b\n1,x\n2,y\n")
    megabytes = {}
    for way in ("import", "read"):
        done = subprocess.run(
            [sys.executable, "-c", STARVED, str(tmp_path / way), str(tmp_path / "small.csv"),
             str(digits), way], capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        rows, grown = done.stdout.split()
        assert rows == "1500000"
        megabytes[way] = float(grown)
    assert megabytes["read"] > 240  # the table itself
    assert megabytes["import"] < 0.7 * megabytes["read"]


LIMITED = """
import resource, sys
from pathlib import Path
from workbench.tables import ParquetTable
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 48 * 2**20, used + 48 * 2**20))
print(ParquetTable(Path(sys.argv[1])).column("a")[-1].as_py())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_table_is_read_where_the_address_space_has_no_room_for_it(tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa

    rows, noise = 2**17, np.random.default_rng(0)
    wide = {f"x{i}": noise.random(rows) for i in range(80)}
    write_parquet(tmp_path / "t.parquet", [pa.table({"a": np.arange(rows), **wide})])
    assert (tmp_path / "t.parquet").stat().st_size > 60 * 2**20
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "t.parquet")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.split() == [str(2**17 - 1)], done.stderr[-1000:]


# disturbed and wide -------------------------------------------------------------------------------


def test_an_import_of_a_file_that_is_written_leaves_nothing(tmp_path: Path, digits: Path) -> None:
    ws = Workspace(tmp_path / "ws")
    path = tmp_path / "growing.csv"
    with digits.open() as file:
        path.write_text("".join(next(file) for _ in range(300_000)))

    def meddle(fraction: float, text: str, metrics: object = None, /) -> None:
        with path.open("a") as file:
            file.write(",".join("1" * DIGITS) + "\n")

    with pytest.raises(DataError, match=r"growing\.csv changed while it was read"):
        ws.import_data(path, progress=meddle)
    assert len(ws.datasets) == 0
    assert leftovers(ws.root) == set()
    assert ws.import_data(path).rows > 299_999


def test_five_thousand_columns_are_previewed_imported_and_paged(tmp_path: Path) -> None:
    ws = Workspace(tmp_path / "ws")
    generator = random.Random(0)
    names = [f"c{i}" for i in range(5000)]
    with (tmp_path / "wide.csv").open("w") as file:
        file.write(",".join(names) + "\n")
        for _ in range(200):
            file.write(",".join(f"{generator.random():.3f}" for _ in names) + "\n")
    began = time.perf_counter()
    seen = ws.preview(tmp_path / "wide.csv", rows=3)
    assert len(seen.columns) == 5000
    assert len(seen._repr_html_()) < 400_000
    data = ws.import_data(tmp_path / "wide.csv", target="c4999")
    found, rows, total = data.page(100, 5)
    assert (len(found), len(rows), total) == (5000, 5, 200)
    assert time.perf_counter() - began < 100  # 15 s on a quiet machine

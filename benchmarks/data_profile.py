"""Profile: a Parquet file of mixed columns to everything that is worth knowing, as a page of HTML.

Each subject is a process of its own; the seconds and the memory are those of the work alone, after
its libraries are loaded (``wall`` counts from there too). Peers: ydata-profiling (minimal), skrub's
TableReport, DuckDB's SUMMARIZE, and what a careful person would ask of pandas or Polars: describe,
distinct counts, correlation, histograms, the ten commonest values. Ours does all that exactly, and
adds duplicates, near-duplicates, missing patterns, associations of all types, time, outliers and
warnings.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from harness import Sample, Subject, arguments, machine, rounds, table, write

from workbench.tables import GROUP, write_parquet

HEAD = """
import resource, sys, time
path = sys.argv[1]
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
"""
TAIL = """
before, cpu, began = most(), spent(), time.perf_counter()
work()
print(time.perf_counter() - began, spent() - cpu, most() - before)
"""
OURS = """
from pathlib import Path
from workbench.core.dataset import Schema
from workbench.core.wire import load
from workbench.data.profile import profile
from workbench.tables import ParquetTable
from workbench.views.html import page
import json, vl_convert, workbench.views.charts.profile
schema = load(Schema, json.loads(Path(path).with_suffix(".json").read_text()))
def work():
    page(profile(ParquetTable(Path(path)), schema, "t"))
"""
QUICK = """
import tempfile
from pathlib import Path
from workbench.workspace import Workspace
import workbench.actions.profile
folder = tempfile.TemporaryDirectory()
data = Workspace(Path(folder.name) / "ws").import_data(path, name="t")
def work():
    data.profile(rows=50_000)
"""
POLARS = """
import polars as pl
def work():
    t = pl.read_parquet(path)
    t.describe()
    t.select(pl.all().n_unique())
    numeric = [n for n, kind in t.schema.items() if kind.is_numeric()]
    t.select(numeric).drop_nulls().corr()
    for name in numeric:
        t[name].drop_nulls().hist(bin_count=20)
    for name in t.columns:
        t[name].value_counts(sort=True).head(10)
"""
PANDAS = """
import numpy, pandas
def work():
    t = pandas.read_parquet(path)
    t.describe(include="all")
    t.nunique()
    numeric = t.select_dtypes("number")
    numeric.corr()
    for name in numeric:
        numpy.histogram(numeric[name].dropna(), 20)
    for name in t:
        t[name].value_counts().head(10)
"""
DUCKDB = """
import duckdb
def work():
    duckdb.sql(f"SUMMARIZE SELECT * FROM '{path}'").fetchall()
"""
SKRUB = """
import pandas, skrub
def work():
    skrub.TableReport(pandas.read_parquet(path), verbose=0).html()
"""
YDATA = """
import pandas
from ydata_profiling import ProfileReport
def work():
    ProfileReport(pandas.read_parquet(path), minimal=True, progress_bar=False).to_html()
"""


def block(start: int, rows: int, generator: np.random.Generator) -> pa.Table:
    """Eight floats, four whole numbers, six texts of 3 to all different, a boolean, a moment."""
    columns: dict[str, pa.Array] = {}
    for i in range(8):
        x = generator.normal(size=rows)
        gaps = generator.random(rows) < (0.05 if i % 2 else 0)
        columns[f"f{i}"] = pa.array(np.exp(x) if i % 3 == 0 else x, mask=gaps)
    for i, most in enumerate((2, 100, 10**6, 10**9)):
        columns[f"i{i}"] = pa.array(generator.integers(0, most, rows))
    for i, most in enumerate((3, 12, 200, 5_000, 100_000)):
        words = np.char.add("value ", generator.integers(0, most, rows).astype(str))
        columns[f"s{i}"] = pa.array(words, mask=generator.random(rows) < (0.03 if i % 2 else 0))
    columns["s5"] = pa.array(np.char.add("k", np.arange(start, start + rows).astype(str)))
    columns["flag"] = pa.array(generator.random(rows) < 0.3)
    seconds = generator.integers(0, 10**8, rows).astype("timedelta64[s]")
    columns["when"] = pa.array(np.datetime64("2020-01-01", "us") + seconds)
    return pa.table(columns)


def make(path: Path, rows: int) -> None:
    """Write the table, and its schema beside it: to find the types is a part of the import."""
    from workbench.core.wire import dumps
    from workbench.data.schema import infer

    generator = np.random.default_rng(0)
    starts = range(0, rows, GROUP)
    made = write_parquet(path, (block(s, min(GROUP, rows - s), generator) for s in starts))
    first = next(made.batches())
    path.with_suffix(".json").write_text(dumps(infer(first)))


def subject(name: str, python: str, program: str, path: Path, ours: bool = False) -> Subject:
    """A program that says how long its work took, and what memory it took beyond its libraries."""

    def measure() -> Sample:
        done = subprocess.run(
            [python, "-c", HEAD + program + TAIL, str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{name} ended with {done.returncode}: {done.stderr[-2000:]}")
        wall, cpu, memory = (float(word) for word in done.stdout.split()[-3:])
        return Sample(wall, cpu, memory)

    return Subject(name, measure, ours)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="", help="names of subjects, with commas; ours always")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        make(path, options.rows)
        here, there = sys.executable, options.peers
        subjects = [
            subject("workbench", here, OURS, path, ours=True),
            subject("workbench, first look", here, QUICK, path, ours=True),
            subject("polars set", here, POLARS, path),
        ]
        if there:
            subjects += [
                subject("pandas set", there, PANDAS, path),
                subject("DuckDB SUMMARIZE", there, DUCKDB, path),
                subject("skrub TableReport", there, SKRUB, path),
                subject("ydata-profiling minimal", there, YDATA, path),
            ]
        wanted = options.only.split(",") if options.only else [s.name for s in subjects]
        found = rounds([s for s in subjects if s.ours or s.name in wanted], options.rounds)
    print(table(found, "workbench"))
    write(options.json, found)


if __name__ == "__main__":
    main()

"""Import: a CSV file to a snapshot, each in a process of its own.

Ours twice: the whole import (columns judged, cells hashed, kept), and the typed Parquet file alone.

Peers: DuckDB (``COPY (SELECT * FROM read_csv(...)) TO ...``, Parquet with zstd), and
pandas with pyarrow, which holds the table in memory. Ours finds the types from all cells and keeps
what other readers lose (007 stays text); its memory does not grow with the file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from harness import Subject, arguments, machine, rounds, run_command, table, write

ROWS = 100_000  # of a block
CITIES = np.array(["Berlin", "Köln", "São Paulo", "New York", "Tokyo, JP", "Paris", "The Hague"])
OURS = """
import sys
from workbench.workspace import Workspace
workspace = Workspace(sys.argv[2] + ".ws")
workspace.import_data(sys.argv[1], progress=lambda *_: None)
workspace.context.datasets.remove("t")
"""
TYPED = """
import sys
from pathlib import Path
from workbench.data.read import read
print(read(sys.argv[1], into=Path(sys.argv[2])).table.num_rows)
"""
DUCKDB = """
import sys, duckdb
duckdb.sql(f"COPY (SELECT * FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' "
           "(FORMAT parquet, COMPRESSION zstd)")
"""
PANDAS = """
import sys, pandas
pandas.read_csv(sys.argv[1], engine="pyarrow").to_parquet(sys.argv[2], compression="zstd")
"""


def block(start: int, generator: np.random.Generator) -> pa.Table:
    """Rows as business data has them: keys, amounts, words, times, gaps, codes."""
    seconds = generator.integers(0, 10**8, ROWS).astype("timedelta64[s]")
    moments = pa.array(np.datetime64("2020-01-01T00:00:00") + seconds)
    return pa.table(
        {
            "id": np.arange(start, start + ROWS),
            "amount": generator.normal(100, 30, ROWS).round(2),
            "score": generator.random(ROWS),
            "age": generator.integers(18, 90, ROWS),
            "city": pa.array(CITIES[generator.integers(0, len(CITIES), ROWS)]),
            "when": moments.cast(pa.timestamp("s")),
            "flag": pa.array(np.where(generator.random(ROWS) < 0.5, "true", "false")),
            "note": pa.array([f"note {i} of it" for i in generator.integers(0, 10**6, ROWS)]),
            "x": pa.array(generator.normal(size=ROWS).round(4), mask=generator.random(ROWS) < 0.05),
            "code": pa.array([f"{i:05d}" for i in generator.integers(0, 99_999, ROWS)]),
        }
    )


def make(path: Path, megabytes: int) -> None:
    """Write a CSV file of at least so many megabytes."""
    generator, rows = np.random.default_rng(0), 0
    with path.open("wb") as file:
        while file.tell() < megabytes * 10**6:
            options = pa.csv.WriteOptions(include_header=rows == 0, quoting_style="needed")
            pa.csv.write_csv(block(rows, generator), file, options)
            rows += ROWS
    print(f"{path.stat().st_size / 10**6:,.0f} MB, {rows:,} rows, 10 columns", file=sys.stderr)


def subject(name: str, program: str, source: Path, ours: bool = False) -> Subject:
    """A program that takes the file and the place for the Parquet file."""
    made = source.with_name(f"{name.split(maxsplit=1)[0]}.parquet")
    command = [sys.executable, "-c", program, str(source), str(made)]
    return Subject(name, lambda: run_command(command), ours)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the CSV file")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "t.csv"
        make(source, options.megabytes)
        found = rounds(
            [
                subject("workbench import", OURS, source, ours=True),
                subject("typed Parquet alone (workbench)", TYPED, source),
                subject("DuckDB COPY", DUCKDB, source),
                subject("pandas with pyarrow", PANDAS, source),
            ],
            options.rounds,
        )
    print(table(found, "workbench import"))
    write(options.json, found)


if __name__ == "__main__":
    main()

"""Write: a table as a file that other tools read, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pyarrow.types as kinds

from workbench.core.errors import UsageError
from workbench.core.files import replacing
from workbench.core.progress import Progress, silent
from workbench.core.sheets import guarded
from workbench.tables import GROUP, Tabular, batches

# what spreadsheets run: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = r"^[=+\-@\t\r]"

Opened = Callable[[Path, pa.Schema], AbstractContextManager[Any]]


def write(table: Tabular, path: Path, *, raw: bool = False, progress: Progress = silent) -> int:
    """Write ``table`` to ``path``, whose ending says how: .csv, .tsv, .parquet, .arrow, .feather.

    Parameters
    ----------
    raw
        Leave texts in CSV alone that a spreadsheet would run as formulas (``=cmd()``); otherwise
        they get an apostrophe in front.

    Returns
    -------
    int
        How many cells and names got an apostrophe.

    Raises
    ------
    UsageError
        The ending is unknown.
    StoreError
        The disk is full or may not be written; an existing file stays as it was.
    """
    opened = WRITERS.get(path.suffix.lower())
    if opened is None:
        raise UsageError(
            f"{path.name} says not how to write it.", f"End it in one of: {', '.join(WRITERS)}."
        )
    sheet = path.suffix.lower() in (".csv", ".tsv") and not raw
    changed = 0
    names = [guarded(name) for name in table.column_names] if sheet else table.column_names
    with replacing(path) as temporary:
        schema = pa.schema(
            [field.with_name(name) for field, name in zip(table.schema, names, strict=True)]
        )
        with opened(temporary, schema) as writer:
            for number, part in enumerate(batches(table)):
                progress(number * GROUP / max(1, table.num_rows), "writing")
                written, count = _harmless(part) if sheet else (part, 0)
                changed += count
                writer.write_table(written.rename_columns(names))
    progress(1.0, "written")
    return changed + sum(a != b for a, b in zip(names, table.column_names, strict=True))


def _csv(delimiter: str) -> Opened:
    def opened(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
        options = csv.WriteOptions(delimiter=delimiter)
        return csv.CSVWriter(path, schema, write_options=options)

    return opened


def _parquet(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
    return pq.ParquetWriter(path, schema, compression="zstd")


def _arrow(path: Path, schema: pa.Schema) -> AbstractContextManager[Any]:
    return ipc.new_file(path, schema, options=ipc.IpcWriteOptions(compression="zstd"))


WRITERS: Mapping[str, Opened] = {
    ".csv": _csv(","), ".tsv": _csv("\t"), ".parquet": _parquet, ".arrow": _arrow,
    ".feather": _arrow,
}  # fmt: skip


def _harmless(table: pa.Table) -> tuple[pa.Table, int]:
    """Texts that begin like a formula behind an apostrophe, and how many there were."""
    count = 0
    for place, column in enumerate(table.columns):
        if not kinds.is_string(column.type):
            continue
        begins = pc.match_substring_regex(column, FORMULA)
        if found := pc.sum(begins).as_py():
            count += found
            behind = pc.binary_join_element_wise("'", column, "")
            name = table.column_names[place]
            table = table.set_column(place, name, pc.if_else(begins, behind, column))
    return table, count

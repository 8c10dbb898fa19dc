"""What would be imported, shown before it is: how a source is written, its columns, its first rows.

Only the head of the source is read, so a type may still change with a later row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import DataError, UsageError
from workbench.core.preview import Preview, Seen
from workbench.core.progress import silent
from workbench.data.cells import Evidence, Form
from workbench.data.columns import settled
from workbench.data.read import found, shown_as, source_of, split_options
from workbench.data.reader import HEAD, Anew, Parts, Reader
from workbench.data.typed import Column, Shaping

ORDERS = {"%d": "day first", "%m": "month first", "%Y": "year first"}


def preview(source: Any, options: Mapping[str, Any] | None = None, rows: int = 50) -> Preview:
    """How ``source`` would be read with these reading options.

    Parameters
    ----------
    source, options
        As :func:`~workbench.data.read.read` takes them.
    rows
        How many rows to show.

    Raises
    ------
    DataError
        The source holds no usable table.
    UsageError
        There is no such source, or an option is wrong.
    """
    if not 1 <= rows <= HEAD:
        raise UsageError(f"A preview has 1 to {HEAD:,} rows, not {rows!r}.", "Say rows=50.")
    if isinstance(source, pa.RecordBatchReader):
        raise UsageError("Batches can be read only once.", "Import them without a preview.")
    wanted, shaping = split_options(options)
    reader, place = found(source)
    try:
        return _seen(reader, place, wanted, shaping, rows)
    except Anew as anew:
        seen = _seen(reader, place, {**wanted, **anew.options}, shaping, rows)
        return replace(seen, notes=(anew.note, *seen.notes))


def _seen(
    reader: Reader, place: Any, wanted: Mapping[str, Any], shaping: Shaping, rows: int
) -> Preview:
    head = getattr(reader, "head", reader.read)
    reading = head(place, wanted, silent)
    table, whole = _head(reading.parts, shown_as(place))
    shaping.check(table.column_names)
    columns = [_Column(name, shaping, table.column(name)) for name in table.column_names]
    return Preview(
        source_of(place),
        _written(reader, place, wanted, columns),
        tuple(column.seen for column in columns),
        _rows(table.slice(0, rows)),
        table.num_rows,
        whole,
        (*reading.notes, *(note for column in columns for note in column.notes)),
        _offers(reader, place),
    )


class _Column:
    """One column of the head."""

    def __init__(self, name: str, shaping: Shaping, values: pa.ChunkedArray) -> None:
        column = Column(name, shaping)
        column.learn(values)
        typed = column.convert(values)
        self.notes = column.notes()
        self.evidence = column.evidence
        self.seen = Seen(name, str(typed.type), _how(self.evidence), typed.null_count)


def _how(evidence: Evidence | None) -> str:
    """The decimal mark or the order of dates, where the column shows one."""
    if evidence is None or not evidence.seen:
        return ""
    form = evidence.form
    if form.date is not None:
        return _order(form)
    return {"": "", "comma": "decimal comma", "thousands": "commas between thousands"}[form.mark]


def _order(form: Form) -> str:
    date = form.date
    if date is None or not date.form:
        return "time zone" if date is not None and date.zoned else "ISO"
    return ORDERS.get(date.form[:2], date.form)


def _head(parts: Parts, shown: str) -> tuple[pa.Table, bool]:
    """The first rows, and whether these are all."""
    if not parts.names:
        raise DataError(f"{shown} has no columns.", "Give a table with columns and rows.")
    tables = parts.tables()
    held = list(_until(tables, HEAD + 1))
    if not held or not sum(table.num_rows for table in held):
        raise DataError(f"{shown} has no rows.", "Give a table with rows.")
    table = pa.concat_tables(held).combine_chunks()
    return table.slice(0, HEAD), table.num_rows <= HEAD


def _until(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """Tables until they have so many rows."""
    for table in tables:
        yield table.slice(0, rows)
        rows -= table.num_rows
        if rows <= 0:
            return


def _rows(table: pa.Table) -> tuple[tuple[str | None, ...], ...]:
    columns = [settled(name, table.column(name)).values for name in table.column_names]
    texts = [column.cast(pa.string()).to_pylist() for column in columns]
    return tuple(islice(zip(*texts, strict=True), table.num_rows))


def _written(
    reader: Reader, place: Any, wanted: Mapping[str, Any], columns: list[_Column]
) -> dict[str, Any]:
    describe = getattr(reader, "describe", None)
    known = dict(describe(place, wanted)) if describe else {}
    commas = any(c.seen.how == "decimal comma" for c in columns)
    name = type(reader).__name__.removesuffix("Reader").lower()
    found = {"reader": name, **known}
    if isinstance(place, Path) and "delimiter" in known:
        found["decimal"] = "," if commas else "."
    return found


def _offers(reader: Reader, place: Any) -> dict[str, tuple[str, ...]]:
    """What else the options of this source could be."""
    offers = getattr(reader, "offers", None)
    return {name: tuple(known) for name, known in offers(place).items()} if offers else {}

"""Tables on disk, read a column or a batch at a time: they need not fit into memory."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.digests import Digests

GROUP = 2**17  # rows of a row group: one page of a table touches one or two of them
SUFFIX = ".parquet"


@dataclass(frozen=True)
class Span:
    """The smallest and the greatest value of a column, and how many cells are missing."""

    low: Any
    high: Any
    missing: int


class ParquetTable:
    """A Parquet file that answers like the parts of ``pyarrow.Table`` that the rooms use.

    It may be shared between threads, and goes on answering when the file has lost its name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digests: Mapping[str, str] | None = None  # of the columns, where they are known
        self._content: pa.Buffer | pa.OSFile = _content(path)
        self._opened = threading.local()
        file = pq.ParquetFile(self._source())
        self._metadata = file.metadata
        self.schema: pa.Schema = file.schema_arrow.remove_metadata()
        self.num_rows: int = self._metadata.num_rows
        groups = range(self._metadata.num_row_groups)
        self.nbytes = sum(self._metadata.row_group(i).total_byte_size for i in groups)

    @property
    def column_names(self) -> list[str]:
        names: list[str] = self.schema.names
        return names

    @property
    def num_columns(self) -> int:
        return len(self.schema)

    def column(self, key: int | str) -> pa.ChunkedArray:
        """One column, whole."""
        name = self.schema.names[key] if isinstance(key, int) else key
        return self.select([name]).column(0)

    def encoded(self, name: str) -> pa.ChunkedArray:
        """One column, whole; texts that repeat come as codes and a dictionary, as they are kept."""
        if name not in self._repeating:
            return self.column(name)
        if not hasattr(self._opened, "coded"):
            self._opened.coded = pq.ParquetFile(
                self._source(), metadata=self._metadata, read_dictionary=[*self._repeating]
            )
        return self._opened.coded.read(columns=[name], use_threads=False).column(name)

    @cached_property
    def _repeating(self) -> frozenset[str]:
        """The columns of text whose cells take less room than each would by itself."""
        texts = [field.name for field in self.schema if pa.types.is_string(field.type)]
        groups = [self._metadata.row_group(i) for i in self._numbers]
        sizes = {
            name: sum(group.column(self._leaves[name]).total_uncompressed_size for group in groups)
            for name in texts
        }
        return frozenset(name for name, size in sizes.items() if size < 4 * self.num_rows)

    def span(self, name: str) -> Span | None:
        """What the file says of a column without reading it; None where it does not say all."""
        place = self._leaves[name]
        told = [self._metadata.row_group(i).column(place).statistics for i in self._numbers]
        if not all(part is not None and part.has_null_count for part in told):
            return None
        missing = sum(part.null_count for part in told)
        known = [part for part in told if part.num_values]
        if not all(part.has_min_max for part in known):
            return None
        low = min((part.min for part in known), default=None)
        return Span(low, max((part.max for part in known), default=None), missing)

    def select(self, names: Sequence[str]) -> pa.Table:
        """Some columns, whole."""
        # asked for "a", Parquet gives "a.b" too, as if it were nested in it
        return self._file().read(columns=[*names]).select([*names])

    def read(self) -> pa.Table:
        """All columns, whole."""
        return self._file().read()

    def batches(self, names: Sequence[str] | None = None, rows: int = GROUP) -> Iterator[pa.Table]:
        """Some columns, or all, ``rows`` rows at a time."""
        wanted = None if names is None else [*names]
        for batch in self._file().iter_batches(rows, columns=wanted):
            table = pa.Table.from_batches([batch])
            yield table if wanted is None else table.select(wanted)

    def groups(
        self, numbers: Sequence[int], names: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """Some row groups, by their numbers: rows from all over the table without reading it."""
        wanted = None if names is None else [*names]
        for number in numbers:
            group = self._file().read_row_group(number, columns=wanted)
            yield group if wanted is None else group.select(wanted)

    @cached_property
    def _leaves(self) -> Mapping[str, int]:
        """The place of each column's cells in the file."""
        schema = self._metadata.schema
        return {schema.column(i).path: i for i in range(self._metadata.num_columns)}

    @property
    def _numbers(self) -> range:
        return range(self._metadata.num_row_groups)

    @property
    def group_rows(self) -> list[int]:
        """How many rows each row group has."""
        return [self._metadata.row_group(number).num_rows for number in self._numbers]

    def _file(self) -> pq.ParquetFile:
        """One for each thread: to make it takes longer the more columns there are."""
        if not hasattr(self._opened, "file"):
            self._opened.file = pq.ParquetFile(self._source(), metadata=self._metadata)
        found: pq.ParquetFile = self._opened.file
        return found

    def _source(self) -> pa.NativeFile:
        held = self._content
        return held if isinstance(held, pa.OSFile) else pa.BufferReader(held)


def _content(path: Path) -> pa.Buffer | pa.OSFile:
    """A file as if it were in memory: no copy, pages are read when they are touched.

    Where the address space has no room for it (``ulimit -v``), its parts are read when asked.
    """
    try:
        with pa.memory_map(str(path)) as mapped:
            return mapped.read_buffer()
    except OSError:
        return pa.OSFile(str(path))


Tabular: TypeAlias = pa.Table | ParquetTable


def encoded(table: Tabular, name: str) -> pa.ChunkedArray:
    """One column of any table, whole, in the form that is the quickest to count."""
    return table.encoded(name) if isinstance(table, ParquetTable) else table.column(name)


def batches(table: Tabular, rows: int = GROUP) -> Iterator[pa.Table]:
    """Any table, ``rows`` rows at a time."""
    if isinstance(table, ParquetTable):
        yield from table.batches(rows=rows)
        return
    for start in range(0, table.num_rows, rows):
        yield table.slice(start, rows)


def write_parquet(path: Path, parts: Iterable[pa.Table], *, digest: bool = False) -> ParquetTable:
    """Write tables of one schema below each other, in row groups of ``GROUP`` rows.

    The same rows make the same bytes, however they are cut into ``parts``.

    Parameters
    ----------
    digest
        The digests of the columns are found on the way, and are those of the table given back.

    Raises
    ------
    ValueError
        There is no part, so that nobody knows the columns.
    """
    groups = _groups(parts)
    first = next(groups, None)
    if first is None:
        raise ValueError("A table is written from at least one part.")
    schema = first.schema.remove_metadata()
    with (
        Digests(schema.names if digest else ()) as digests,
        pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            store_schema=False,
            use_dictionary=_repeating(first),
        ) as writer,
    ):
        for group in itertools.chain([first], groups):
            if digest:
                digests.add(group)
            if group.num_rows:
                writer.write_table(group, row_group_size=GROUP)
        found = digests.found()
    table = ParquetTable(path)
    if digest and table.schema.equals(schema):  # else the file holds other cells
        table.digests = found
    return table


def _repeating(first: pa.Table) -> list[str]:
    """The columns of text whose first row group shows that cells repeat.

    To look for it in all cells, of text that seldom repeats or of numbers, takes half of the time
    of writing them.
    """
    texts = [field.name for field in first.schema if pa.types.is_string(field.type)]
    head = first.slice(0, GROUP)
    return [n for n in texts if 2 * pc.count_distinct(head[n]).as_py() <= head.num_rows]


def _groups(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows, cut after each ``GROUP`` of them, or a few; the rest at the end."""
    rest = iter(parts)
    held = next(rest, None)
    if held is None:
        return
    for part in rest:
        held = pa.concat_tables([held, part])
        whole = held.num_rows - held.num_rows % GROUP
        if whole:
            yield held.slice(0, whole)
            held = held.slice(whole)
    yield held

"""Tables kept on disk until the last one is there: then every column's name and type is known.

A source that can be read only once, or whose rows do not agree on their columns, is read into a
spool; its parts can be asked for again and again.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa

from workbench.core.report import Finding
from workbench.data.reader import Parts, note
from workbench.data.values import Values, type_of, values

SMALL = 64 * 2**20  # bytes that stay in memory


class Spool:
    """Tables below each other, whose columns may differ in number and type."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(SMALL)  # noqa: SIM115
        self._starts: list[int] = []
        self._kinds: list[dict[str, frozenset[str]]] = []
        self._all: dict[str, frozenset[str]] = {}
        self._nested: dict[str, None] = {}

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Rows as columns of Python values, all equally long."""
        found = {name: values(given) for name, given in columns.items()}
        for name, column in found.items():
            self._all[name] = self._all.get(name, frozenset()) | column.kinds
            if column.nested:
                self._nested[name] = None
        self._kinds.append({name: column.kinds for name, column in found.items()})
        self.add_table(pa.table({name: column.array for name, column in found.items()}))

    def add_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows as mappings; a name that a row lacks is missing there."""
        names = dict.fromkeys(name for row in rows for name in row)
        self.add({name: [row.get(name) for row in rows] for name in names})

    def add_table(self, table: pa.Table) -> None:
        """Rows as Arrow has them."""
        self._starts.append(self._file.seek(0, io.SEEK_END))
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(self._file, table.schema, options=options) as writer:
            writer.write_table(table)

    def parts(self) -> Parts:
        """All rows in the columns that they have together."""
        return Parts(list(self._all), self._typed)

    def notes(self) -> tuple[Finding, ...]:
        """The columns whose lists were kept as text."""
        return tuple(
            note("printed", f"Column {name!r} holds lists; they were kept as JSON text.", name)
            for name in self._nested
        )

    def tables(self) -> Iterator[pa.Table]:
        """The tables as they came."""
        for start in self._starts:
            self._file.seek(start)
            with pa.ipc.open_stream(self._file) as reader:
                yield reader.read_all()

    def _typed(self) -> Iterator[pa.Table]:
        for table, kinds in zip(self.tables(), self._kinds, strict=True):
            columns = [self._column(table, kinds, name) for name in self._all]
            yield pa.table(columns, names=list(self._all))

    def _column(self, table: pa.Table, kinds: Mapping[str, frozenset[str]], name: str) -> Any:
        if name not in kinds:
            return pa.nulls(table.num_rows, type_of(self._all[name]))
        array = table.column(name).combine_chunks()
        return Values(array, kinds[name]).cast(self._all[name])


def kept(names: Sequence[str], tables: Iterable[pa.Table]) -> Parts:
    """Tables of one schema that can be asked for only once, as parts."""
    spool = Spool()
    for table in tables:
        spool.add_table(table)
    return Parts(names, lambda: (table.rename_columns(list(names)) for table in spool.tables()))

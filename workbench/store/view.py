"""Which rows of a Parquet file are seen, and in which order: the questions to DuckDB."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from workbench.core.errors import StoreError, UsageError
from workbench.core.filter import Filters, Missing, Test, Within
from workbench.store import selecting, sorting
from workbench.tables import ParquetTable

PART = 2**20  # row numbers that are taken over at a time


@dataclass(frozen=True)
class View:
    """The rows of one file that pass a filter, in order of a column or of the file."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    names: Sequence[str]
    order_by: str | None = None
    descending: bool = False
    where: Filters | None = None

    @property
    def question(self) -> tuple[Any, ...]:
        """What is asked of the file's content: equal for equal views."""
        tests = [(name, *map(repr, found)) for name, found in self._tests.items()]
        return self.order_by, self.descending and self.order_by is not None, tuple(sorted(tests))

    @property
    def filtered(self) -> View:
        """The same rows in order of the file."""
        return replace(self, order_by=None)

    @property
    def unfiltered(self) -> View:
        """All rows in the same order."""
        return replace(self, where=None)

    @cached_property
    def count(self) -> int:
        """How many rows the file has."""
        return self._number("SELECT count(*) FROM read_parquet(?)", [str(self.path)])

    @cached_property
    def matches(self) -> int:
        """How many rows pass the filter."""
        return (
            self._number(f"SELECT count(*) {self._source}", self._bound)
            if self.where
            else (self.count)
        )

    def between(self, offset: int, limit: int) -> list[tuple[Any, ...]]:
        """Rows that stand beside each other in the file."""
        return self.rows(range(offset, min(offset + limit, self.count)))

    def near(self, offset: int, limit: int, total: int) -> list[int]:
        """The numbers of some rows of ``total``, quickly where they are near one of the ends."""
        shown = max(0, min(limit, total - offset))
        # the end of a long order is the beginning of the order turned round, which is near
        turned = self.order_by is not None and offset > total / 2
        order = _order(self.order_by, self.descending, turned)
        found = self.connection.execute(
            f"SELECT file_row_number {self._source} {order} LIMIT ? OFFSET ?",
            [*self._bound, shown, max(0, total - offset - shown) if turned else offset],
        ).fetchall()
        numbers = [number for (number,) in found]
        return numbers[::-1] if turned else numbers

    def matching(self) -> np.ndarray:
        """The numbers of the rows that pass the filter, in order of the file, uint32."""
        found = self._all(f"SELECT file_row_number::UINTEGER AS number {self._source}")
        found.sort()  # DuckDB promises no order
        return found

    def ordered(self) -> np.ndarray:
        """The numbers of all rows in order of the column, uint32."""
        assert self.order_by is not None
        found = sorting.order(ParquetTable(self.path), self.order_by, self.descending)
        if found is not None:
            return found
        order = _order(self.order_by, self.descending, False)
        return self._all(f"SELECT file_row_number::UINTEGER AS number {self._source} {order}")

    def part(self, begin: int, end: int, among: np.ndarray | None) -> np.ndarray | None:
        """The numbers of the rows in a part of the order of the column, uint32, found alone.

        Parameters
        ----------
        among
            What :meth:`matching` gives of a view with a filter.

        Returns
        -------
        numpy.ndarray or None
            None where that takes as long as the whole order.
        """
        assert self.order_by is not None
        table = ParquetTable(self.path)
        return selecting.between(table, self.order_by, begin, end, self.descending, among)

    def rows(self, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        """The rows with these numbers, in their order."""
        # the rows that are shown are read alone: to sort or pass all columns takes long
        columns = ", ".join(quoted(name) for name in self.names)
        among = ", ".join(str(int(number)) for number in numbers) or "NULL"
        found = self.connection.execute(
            f"SELECT file_row_number, {columns} FROM read_parquet(?, file_row_number=true) "
            f"WHERE file_row_number IN ({among})",
            [str(self.path)],
        ).fetchall()
        by_number = {row[0]: row[1:] for row in found}
        return [by_number[number] for number in numbers]

    @property
    def _tests(self) -> Filters:
        return self.where or {}

    @property
    def _source(self) -> str:
        return f"FROM read_parquet(?, file_row_number=true) {_condition(self._tests)[0]}"

    @property
    def _bound(self) -> list[Any]:
        return [str(self.path), *_condition(self._tests)[1]]

    def _number(self, question: str, bound: Sequence[Any]) -> int:
        ((found,),) = self.connection.execute(question, bound).fetchall()
        return int(found)

    def _all(self, question: str) -> np.ndarray:
        reader = self.connection.sql(question, params=self._bound).to_arrow_reader(PART)
        parts = [batch.column(0).to_numpy() for batch in reader]
        return np.concatenate([np.empty(0, np.uint32), *parts])


@contextlib.contextmanager
def asked(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read this file and nothing else.

    It takes 15 ms; none is kept, since its threads would not live on in a process that forks.

    Raises
    ------
    UsageError
        What is looked for does not fit the column.
    StoreError
        The file cannot be read.
    """
    connection = _locked(path)
    try:
        yield connection
    except duckdb.ConversionException as error:
        raise UsageError(
            "A value to look for does not fit its column.", "Give a value of the column's type."
        ) from error
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise StoreError(f"{path} cannot be read.", "Import the data again.") from error
    finally:
        connection.close()


def _locked(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    allowed = str(path).replace("'", "''")  # settings take no parameters; the path is our own
    for setting in (
        "threads=2",
        "autoinstall_known_extensions=false",
        "autoload_known_extensions=false",
        f"allowed_paths=['{allowed}']",
        "enable_external_access=false",
        "lock_configuration=true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _order(by: str | None, descending: bool, turned: bool) -> str:
    if by is None:
        return ""
    # equal values keep the order of the file, so that pages do not overlap
    ways = ("DESC" if descending != turned else "ASC", "FIRST" if turned else "LAST")
    rows = "DESC" if turned else "ASC"
    return f"ORDER BY {quoted(by)} {ways[0]} NULLS {ways[1]}, file_row_number {rows}"


def quoted(name: str) -> str:
    """A column name as SQL; whatever it holds, it stays a name."""
    return '"' + name.replace('"', '""') + '"'


def _condition(where: Filters) -> tuple[str, list[Any]]:
    parts: list[str] = []
    bound: list[Any] = []
    for name, tests in where.items():
        found = [_test(quoted(name), test) for test in tests]
        parts.append(f"({' OR '.join(part for part, _ in found) or 'FALSE'})")
        bound += [value for _, values in found for value in values]
    return ("WHERE " + " AND ".join(parts) if parts else ""), bound


def _test(column: str, test: Test) -> tuple[str, list[Any]]:
    if isinstance(test, Missing):
        return f"{column} IS NULL", []
    if isinstance(test, Within):
        value = f"length({column})" if test.length else column
        mark = "<=" if test.closed else "<"
        return f"({value} >= ? AND {value} {mark} ?)", [test.low, test.high]
    words = f"CAST({column} AS VARCHAR)"
    parts = [f"starts_with({words}, ?)" if w.endswith("…") else f"{words} = ?" for w in test.words]
    among = " OR ".join(parts) or "FALSE"
    return (f"NOT ({among})" if test.others else f"({among})"), [w.rstrip("…") for w in test.words]

"""One page of a table at a time, by DuckDB, locked to the one file that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from workbench.core.errors import NotFound, StoreError, UsageError
from workbench.core.filter import Filters, Missing, Test, Within

LONGEST = 1000  # rows of a page
Page = tuple[list[str], list[tuple[Any, ...]], int]


def page(
    path: Path,
    names: Sequence[str],
    offset: int,
    limit: int,
    *,
    order_by: str | None = None,
    descending: bool = False,
    where: Filters | None = None,
) -> Page:
    """Column names, the rows from ``offset`` on, and how many rows match in all.

    Raises
    ------
    NotFound
        An unknown column.
    UsageError
        Numbers out of range, or a value that the column cannot hold.
    """
    if offset < 0 or not 0 < limit <= LONGEST:
        raise UsageError(
            f"A page cannot begin at {offset} and have {limit} rows.",
            f"Begin at 0 or later and ask for 1 to {LONGEST} rows.",
        )
    for name in (*([order_by] if order_by is not None else []), *(where or {})):
        if name not in names:
            raise NotFound.among("column", name, names)
    condition, bound = _condition(where or {})
    source = f"FROM read_parquet(?, file_row_number=true) {condition}"
    columns = ", ".join(quoted(name) for name in names)
    connection = _locked(path)
    try:
        total = _one(connection.execute(f"SELECT count(*) {source}", [str(path), *bound]))
        shown = max(0, min(limit, total - offset))
        # the end of a long order is the beginning of the order turned round, which is near
        turned = order_by is not None and offset > total / 2
        # the rows that are shown are found first: to sort all columns of all rows takes long
        wanted = columns if order_by is None else "file_row_number"
        rows = connection.execute(
            f"SELECT {wanted} {source} {_order(order_by, descending, turned)} LIMIT ? OFFSET ?",
            [str(path), *bound, shown, total - offset - shown if turned else offset],
        ).fetchall()
        rows = rows[::-1] if turned else rows
        if order_by is not None:
            rows = _numbered(connection, path, columns, [number for (number,) in rows])
    except duckdb.ConversionException as error:
        raise UsageError(
            "A value to look for does not fit its column.", "Give a value of the column's type."
        ) from error
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise StoreError(f"{path} cannot be read.", "Import the data again.") from error
    finally:
        connection.close()
    return list(names), rows, total


def _numbered(
    connection: duckdb.DuckDBPyConnection, path: Path, columns: str, numbers: Sequence[int]
) -> list[tuple[Any, ...]]:
    """The rows with these numbers, in their order."""
    among = ", ".join(str(int(number)) for number in numbers) or "NULL"
    found = connection.execute(
        f"SELECT file_row_number, {columns} FROM read_parquet(?, file_row_number=true) "
        f"WHERE file_row_number IN ({among})",
        [str(path)],
    ).fetchall()
    by_number = {row[0]: row[1:] for row in found}
    return [by_number[number] for number in numbers]


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


def _one(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    assert row is not None
    return int(row[0])

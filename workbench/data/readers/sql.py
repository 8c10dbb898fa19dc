"""Databases: one table or query, read and never written.

Any URL that SQLAlchemy understands; DuckDB files go to DuckDB itself. A password stands in no
error, note or name: whatever is said of a database goes through :func:`_told`.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data.address import STARS, is_database, masked, secrets
from workbench.data.names import unique
from workbench.data.reader import HEAD, Parts, Reading, check_options
from workbench.data.spool import Spool, kept
from workbench.tables import GROUP

OPTIONS = ("query", "table")
ROWS = 10_000  # of a partition
SYSTEM = ("information_schema", "pg_catalog", "sys", "mysql", "performance_schema")
# no parameters: a percent sign in a query is a percent sign
STREAMED = {"stream_results": True, "yield_per": ROWS, "no_parameters": True}
QUOTED = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL
)
SHUT: Mapping[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
SECONDS = 15  # to wait for a server
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class SqlReader:
    """Reads what ``table`` names or ``query`` selects."""

    def accepts(self, source: Any) -> bool:
        return is_database(source)

    def read(self, source: str, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, OPTIONS, "A database")
        with _opened(source) as database:
            query = _query(database, options)
            if isinstance(database, _Duck):
                names, batches = database.batches(query)
                unique_names, notes = unique(names)
                return Reading(kept(unique_names, batches), notes)
            return _spooled(database, query, progress)

    def head(self, source: str, options: Mapping[str, Any], progress: Progress) -> Reading:
        """The first rows; the database is not asked for more."""
        check_options(options, OPTIONS, "A database")
        with _opened(source) as database:
            names, rows = database.head(_query(database, options), HEAD + 1)
        found, notes = unique(names)
        return _collected(found, [rows], notes, progress)

    def describe(self, source: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The query, or the table: the only one when none is named."""
        if options.get("query"):
            return {"query": options["query"]}
        return {"table": options.get("table") or tables(source)[0]}

    def offers(self, source: str) -> Mapping[str, Sequence[str]]:
        """The tables and views."""
        return {"table": tables(source)}


SQL = SqlReader()


def tables(url: str) -> list[str]:
    """The tables and views of a database; those of another schema as ``schema.table``.

    Raises
    ------
    DataError
        The database cannot be reached or does not let us in.
    """
    with _opened(url) as database:
        return sorted(database.tables())


def preview(url: str, query: str, rows: int = 50) -> pa.Table:
    """The first rows of a query, as text.

    Raises
    ------
    DataError
        The database or the query is wrong.
    """
    with _opened(url) as database:
        names, given = database.head(_single(query), rows)
    found, _ = unique(names)
    columns = [
        pa.array([None if row[i] is None else str(row[i]) for row in given], pa.string())
        for i in range(len(found))
    ]
    return pa.table(columns, names=found)


def _spooled(database: _Served, query: str, progress: Progress) -> Reading:
    names, partitions = database.rows(query)
    found, notes = unique(names)
    return _collected(found, partitions, notes, progress)


def _collected(
    found: list[str],
    partitions: Iterable[Sequence[Sequence[Any]]],
    notes: tuple[Finding, ...],
    progress: Progress,
) -> Reading:
    spool, rows = Spool(), 0
    for partition in partitions:
        spool.add({name: [row[i] for row in partition] for i, name in enumerate(found)})
        rows += len(partition)
        progress(0.5, f"{rows:,} rows")
    if not rows:
        return Reading(pa.table({name: pa.array([], pa.string()) for name in found}), notes)
    parts = spool.parts()
    return Reading(Parts(parts.names, parts.tables), (*notes, *spool.notes()))


def _query(database: _Duck | _Served, options: Mapping[str, Any]) -> str:
    """The query that is asked for; that of a whole table names it as the database spells it."""
    query, table = options.get("query"), options.get("table")
    if query and table:
        raise UsageError("Both a query and a table are named.", "Give one of them.")
    if query:
        return _single(str(query))
    known = database.tables()
    if table is None and len(known) == 1:
        table = known[0]
    if table is None:
        shown = ", ".join(known[:12]) or "none"
        raise UsageError(
            "The database has several tables." if known else "The database has no tables.",
            f"Give the option table or query; its tables: {shown}.",
        )
    if table not in known:
        raise NotFound.among("table", str(table), known)
    return f"SELECT * FROM {database.quoted(table)}"


def _single(query: str) -> str:
    """A query that is one statement: a second one could end the transaction that only reads."""
    query = query.strip().rstrip("; \n\t")
    if ";" in query and ("\\" in query or ";" in QUOTED.sub("", query)):
        raise DataError("The query holds several statements.", "Give one SELECT.")
    return query


class _Duck:
    """A DuckDB file, opened for reading, that can reach nothing but itself."""

    def __init__(self, path: str) -> None:
        self._connection = duckdb.connect(path, read_only=True, config={**SHUT})

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[str]:
        """Tables and views."""
        return sorted(self._known())

    def quoted(self, table: str) -> str:
        """A known table's name in a query."""
        schema, name = self._known()[table]
        return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))

    def _known(self) -> dict[str, tuple[str, str]]:
        found = self._connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('information_schema', 'pg_catalog')"
        ).fetchall()
        others = {f"{schema}.{name}": (schema, name) for schema, name in found if schema != "main"}
        return others | {name: (schema, name) for schema, name in found if schema == "main"}

    def batches(self, query: str) -> tuple[list[str], Iterator[pa.Table]]:
        """Column names, and the rows as Arrow."""
        reader = self._selected(query).to_arrow_reader(GROUP)
        return list(reader.schema.names), (pa.Table.from_batches([b]) for b in reader)

    def head(self, query: str, rows: int) -> tuple[list[str], list[Sequence[Any]]]:
        """Column names and the first rows."""
        relation = self._selected(query)
        return list(relation.columns), relation.limit(rows).fetchall()

    def _selected(self, query: str) -> Any:
        relation = self._connection.sql(query)
        if relation is None:
            raise DataError("The query gives no rows: it is no SELECT.", "Give a SELECT.")
        return relation


class _Served:
    """A database behind SQLAlchemy; every transaction is rolled back."""

    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=_arguments(url))
        self._connection = self._engine.connect()
        try:
            self._forbid_writing()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with contextlib.suppress(SQLAlchemyError):  # of a connection that broke
            self._connection.rollback()
        self._connection.close()
        self._engine.dispose()

    def tables(self) -> list[str]:
        """Tables and views, those outside the usual schema with its name."""
        return sorted(self._known())

    def quoted(self, table: str) -> str:
        """A known table's name in a query."""
        quote = self._engine.dialect.identifier_preparer.quote_identifier
        schema, name = self._known()[table]
        return f"{quote(schema)}.{quote(name)}" if schema else str(quote(name))

    def _known(self) -> dict[str, tuple[str | None, str]]:
        inspector = sa.inspect(self._connection)
        found: dict[str, tuple[str | None, str]] = {}
        for schema in inspector.get_schema_names():
            if schema not in (inspector.default_schema_name, *SYSTEM):
                for name in inspector.get_table_names(schema):
                    found[f"{schema}.{name}"] = (schema, name)
        own = (*inspector.get_table_names(), *inspector.get_view_names())
        return found | {name: (None, name) for name in own}

    def rows(self, query: str) -> tuple[list[str], Iterator[Sequence[Sequence[Any]]]]:
        """Column names, and the rows in partitions."""
        result = self._selected(query)
        return list(result.keys()), result.partitions(ROWS)

    def head(self, query: str, rows: int) -> tuple[list[str], list[Sequence[Any]]]:
        """Column names and the first rows."""
        result = self._selected(query)
        return list(result.keys()), list(result.fetchmany(rows))

    def _selected(self, query: str) -> Any:
        result = self._connection.exec_driver_sql(query, execution_options=STREAMED)
        if not result.returns_rows:
            raise DataError("The query gives no rows: it is no SELECT.", "Give a SELECT.")
        return result

    def _forbid_writing(self) -> None:
        name = self._engine.dialect.name
        if name == "sqlite":
            self._connection.exec_driver_sql("PRAGMA query_only = ON")
            raw: Any = self._connection.connection.driver_connection
            raw.set_authorizer(_within_file)
        elif name == "postgresql":
            self._connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        elif name in ("mysql", "mariadb"):
            self._connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")


def _within_file(action: int, *_: object) -> int:
    """SQLite asks before each step: other files are not opened, nor made."""
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _arguments(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql" and not {"connect_timeout", "options"} & {*url.query}:
        return {"connect_timeout": SECONDS, "options": "-c default_transaction_read_only=on"}
    return {}


@contextmanager
def _opened(source: str) -> Iterator[Any]:
    """The database of a URL; all that goes wrong with it becomes one sentence."""
    with _told(source):
        database = _database(source)
        try:
            yield database
        finally:
            database.close()


def _database(source: str) -> _Duck | _Served:
    scheme, _, rest = source.partition("://")
    kind, _, driver = scheme.lower().partition("+")
    if kind in ("sqlite", "duckdb"):
        path = _file(rest)
        if kind == "duckdb":
            return _Duck(path)
        # a file that is not there would be made
        return _Served(sa.make_url(f"sqlite:///file:{_spelled(path)}?mode=ro&uri=true"))
    full = source if driver else f"{DRIVERS.get(kind, kind)}://{rest}"
    return _Served(sa.make_url(full))


def _file(rest: str) -> str:
    """The file of a URL: ``/shop.db`` is in this folder, ``//data/shop.db`` is not."""
    path = Path(unquote(rest.partition("?")[0].removeprefix("/")))
    if not path.is_file():
        raise NotFound(f"There is no database file {path}.", "Check the path: sqlite:///shop.db.")
    return str(path)


def _spelled(path: str) -> str:
    return str(Path(path).absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


@contextmanager
def _told(source: str) -> Iterator[None]:
    """Errors of all drivers as one sentence in which no password stands."""
    try:
        yield
    except (NoSuchModuleError, ModuleNotFoundError):
        scheme = source.partition("://")[0]
        raise UsageError(
            f"There is no driver for {scheme!r} databases.",
            "Install the one that SQLAlchemy names for it, or export the table.",
        ) from None
    except (ArgumentError, ValueError):
        raise UsageError(
            f"{masked(source)!r} is no address of a database.",
            "For example: postgresql+psycopg://user:password@host:5432/database.",
        ) from None
    except (SQLAlchemyError, duckdb.Error) as error:
        # "from None": the driver's own error may hold the address with its password
        raise DataError(*_sentence(source, error)) from None


def _sentence(source: str, error: Exception) -> tuple[str, str]:
    said = str(getattr(error, "orig", None) or error)
    for secret in secrets(source):
        said = said.replace(secret, STARS)
    first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
    why = first.removeprefix("(").rstrip(".")[:300]
    return (
        f"{masked(source)} cannot be read: {why}.",
        "Check address, user, password, and the table or query.",
    )

"""Data sets of a workspace: immutable snapshots by content, and an index of their names.

::

    data/index.db                  names, versions, sources, schemas as imported and as edited
    data/contracts/<name>.json     what every version of a name promises

The tables themselves are :mod:`workbench.store.snapshots`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.core.contract import Contract
from workbench.core.dataset import DatasetRecord, Schema, parse_ref
from workbench.core.errors import NotFound, StoreError, UsageError
from workbench.core.feature import Feature
from workbench.core.files import explained, locked, write_text
from workbench.core.filter import Filters
from workbench.core.split import Split
from workbench.core.wire import dumps, load, plain
from workbench.store.digest import table_digest
from workbench.store.pages import Page, Pages
from workbench.store.snapshots import Snapshots
from workbench.tables import ParquetTable, Tabular

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SHORTEST = 6  # characters of a digest that can stand for it
CREATE = """
CREATE TABLE IF NOT EXISTS datasets (
    name TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, rows INTEGER NOT NULL,
    schema TEXT NOT NULL, edited TEXT, source TEXT NOT NULL, title TEXT NOT NULL,
    split TEXT NOT NULL, created TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, version))
"""


class DatasetStore:
    """The data sets below ``root``; several processes may use them at once.

    A writer holds the lock of the store from the first byte of a snapshot to its line in the
    index, so what a killed writer left behind is known to be nobody's and is swept by the next.
    Readers wait for nobody.
    """

    def __init__(self, root: Path) -> None:
        self.folder = Path(root) / "data"
        self.snapshots = Snapshots(Path(root))
        self.pages = Pages(Path(root))
        self._created = False

    def save(
        self,
        table: Tabular,
        *,
        name: str,
        schema: Schema,
        source: str = "",
        title: str = "",
        split: Split | None = None,
        ours: bool = False,
    ) -> DatasetRecord:
        """Keep ``table`` as the next version of ``name``.

        The newest version is given back instead when it is the same table with the same schema
        and split: importing twice makes one data set. Versions before it are packed: what they
        share with it is kept once.

        Parameters
        ----------
        ours
            The table is a file made by :func:`workbench.tables.write_parquet` for this: it is
            moved into the workspace.

        Raises
        ------
        StoreError
            The disk is full or may not be written; nothing is half-written.
        """
        _check(table, name, schema)
        with self._writing():
            self._sweep()
            digest = self.snapshots.put(table, ours)
            fresh = DatasetRecord(
                name, 1, digest, table.num_rows, schema, source, title or name, split or Split()
            )
            version = self._enter(fresh)
            self._pack(name)
        return self.get(f"{name}@{version}")

    def get(self, ref: str) -> DatasetRecord:
        """The data set called ``name``, ``name@version`` or by the beginning of its digest.

        Raises
        ------
        NotFound
            There is none; near names are offered.
        """
        name, version = parse_ref(ref)
        known = self._rows("WHERE removed = 0 ORDER BY version DESC")
        for row in known:
            if row["name"] == name and version in (None, row["version"]):
                return _record(row)
        found = [r for r in known if len(ref) >= SHORTEST and r["digest"].startswith(ref)]
        digests = {row["digest"] for row in found}
        if len(digests) > 1:
            raise UsageError(f"{ref!r} is the beginning of {len(digests)} digests.", "Give more.")
        if found:
            return _record(found[0])
        versions = sorted(f"{r['name']}@{r['version']}" for r in known if r["name"] == name)
        raise NotFound.among("data set", ref, versions or {r["name"] for r in known})

    def list(self) -> list[DatasetRecord]:
        """All data sets, newest first."""
        return [_record(r) for r in self._rows("WHERE removed = 0 ORDER BY created DESC, name")]

    def table(self, record: DatasetRecord) -> ParquetTable:
        """The table, to be read a column or a batch at a time.

        Raises
        ------
        StoreError
            It is missing or damaged.
        """
        with _readable(record):
            return self.snapshots.table(record.digest)

    def frame(self, record: DatasetRecord, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The table, or some columns of it, as a pandas DataFrame."""
        for name in columns or ():
            record.schema[name]
        table = self.table(record)
        with _readable(record):
            found = table.read() if columns is None else table.select(columns)
        frame: pd.DataFrame = found.to_pandas()
        return frame

    def columns(self, record: DatasetRecord) -> Mapping[str, str]:
        """The digest of each column's cells: equal where two versions hold the same."""
        with _readable(record):
            return self.snapshots.columns(record.digest)

    def page(
        self,
        record: DatasetRecord,
        offset: int = 0,
        limit: int = 25,
        order_by: str | None = None,
        descending: bool = False,
        where: Filters | None = None,
    ) -> Page:
        """Column names, the rows of one page, and the number of rows that match."""
        with _readable(record):
            return self.pages.page(
                self.snapshots.path(record.digest),
                record.digest,
                record.schema.names,
                offset,
                limit,
                order_by=order_by,
                descending=descending,
                where=where,
            )

    def matching(self, record: DatasetRecord, where: Filters) -> np.ndarray:
        """The numbers of the rows that pass a filter, in order of the table."""
        with _readable(record):
            path = self.snapshots.path(record.digest)
            return self.pages.matching(path, record.digest, record.schema.names, where)

    def edit(
        self,
        ref: str,
        roles: Mapping[str, str] | None = None,
        semantics: Mapping[str, str] | None = None,
        split: Split | None = None,
        features: Callable[[DatasetRecord], Sequence[Feature]] | None = None,
        check: Callable[[DatasetRecord], None] | None = None,
    ) -> DatasetRecord:
        """Change what columns are for, how rows are split, and what is made for the models.

        The table, the schema and the split as imported stay as they are.

        Parameters
        ----------
        features
            Gives the features from the record as it is by then: two who add one each keep both.
        check
            Looks at the record as it would be; what it raises leaves everything as it was.
        """
        with self._writing(), self._transaction() as index:
            record = self.get(ref)
            for name in split.needs if split is not None else ():
                record.schema[name]
            schema = record.schema.edited(roles=roles, semantics=semantics)
            made = record.features if features is None else tuple(features(record))
            if check is not None:
                check(replace(record, schema=schema, features=made))
            edits = {
                **plain(schema),
                "split": plain(split or record.split),
                "features": plain(list(made)),
            }
            _overlay(index, record, dumps(edits))
        return self.get(record.ref)

    def edits(self, record: DatasetRecord) -> dict[str, Any] | None:
        """What was changed since the import, as plain data for :meth:`restore`."""
        rows = self._rows("WHERE removed = 0")
        own = next(r for r in rows if (r["name"], r["version"]) == (record.name, record.version))
        return json.loads(own["edited"]) if own["edited"] else None

    def restore(self, ref: str, edits: Mapping[str, Any] | None = None) -> DatasetRecord:
        """Put back what :meth:`edits` gave; without it the data set is as it was imported."""
        with self._writing(), self._transaction() as index:
            record = self.get(ref)
            _overlay(index, record, dumps(edits) if edits else None)
        return self.get(record.ref)

    def contract(self, name: str) -> Contract | None:
        """What every version called ``name`` promises, if somebody said so."""
        path = self._contract(name)
        if not path.is_file():
            return None
        return load(Contract, json.loads(path.read_text(encoding="utf-8")))

    def promise(self, name: str, contract: Contract | None) -> None:
        """Set or take away the contract of ``name``.

        Raises
        ------
        NotFound
            There is no data set of that name.
        """
        self.get(name)
        with self._writing():
            if contract is None:
                self._contract(name).unlink(missing_ok=True)
            else:
                write_text(self._contract(name), dumps(contract, indent=1))

    def _contract(self, name: str) -> Path:
        return self.folder / "contracts" / f"{parse_ref(name)[0]}.json"

    def remove(self, ref: str) -> DatasetRecord:
        """Take a data set away; its table goes with the last name that it has.

        Its version is never given to another table, since runs and models refer to it.
        """
        with self._writing():
            record = self.get(ref)
            with self._transaction() as index:
                index.execute(
                    "UPDATE datasets SET removed = 1 WHERE name = ? AND version = ?",
                    (record.name, record.version),
                )
            self._sweep()
        return record

    def verify(self, record: DatasetRecord) -> None:
        """Hold a snapshot against its digest.

        Raises
        ------
        StoreError
            The table is missing, damaged, or was changed.
        """
        with _readable(record):
            found = table_digest(self.snapshots.table(record.digest))
        if found != record.digest:
            raise StoreError(f"The table of {record.ref} was changed.", "Import it again.")

    def clean(self) -> int:
        """Pack all versions but the newest and remove what nobody needs; the bytes freed."""
        with self._writing():
            saved = sum(self._pack(name) for name in {r.name for r in self.list()})
            made_again = self.snapshots.forget_unpacked() + self.pages.orders.forget()
            return saved + self._sweep() + made_again

    def _sweep(self) -> int:
        """Remove what killed writers left, and tables without a name; the lock is ours."""
        return self.snapshots.sweep(row["digest"] for row in self._rows("WHERE removed = 0"))

    def _pack(self, name: str) -> int:
        """Cut up the versions of ``name`` but the newest, which share cells with it."""
        rows = self._rows("WHERE removed = 0 ORDER BY version DESC")
        newest = {row["name"]: row["digest"] for row in reversed(rows)}
        olds = {row["digest"] for row in rows if row["name"] == name} - {*newest.values()}
        return sum(self.snapshots.pack(old, newest[name]) for old in olds)

    # the index -----------------------------------------------------------------------------

    def _enter(self, fresh: DatasetRecord) -> int:
        """The version that the table has now, or had before."""
        with self._transaction() as index:
            rows = index.execute(
                "SELECT * FROM datasets WHERE name = ? ORDER BY version DESC", (fresh.name,)
            ).fetchall()
            newest = _record(rows[0]) if rows and not rows[0]["removed"] else None
            if newest and _same(newest, rows[0], fresh):
                return newest.version
            version: int = rows[0]["version"] + 1 if rows else 1
            index.execute(
                "INSERT INTO datasets (name, version, digest, rows, schema, source, title, split, "
                "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    fresh.name,
                    version,
                    fresh.digest,
                    fresh.rows,
                    dumps(fresh.schema),
                    fresh.source,
                    fresh.title,
                    dumps(fresh.split),
                    fresh.created.isoformat(),
                ),
            )
        return version

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".lock"):
                yield

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        try:
            with _told(self.folder):
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        finally:
            connection.close()

    def _rows(self, condition: str) -> Sequence[sqlite3.Row]:
        if not (self.folder / "index.db").is_file():
            return []
        connection = self._connection()
        try:
            with _told(self.folder):
                return connection.execute(f"SELECT * FROM datasets {condition}").fetchall()
        finally:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        with _told(self.folder):
            path = self.folder / "index.db"
            connection = sqlite3.connect(path, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            if not self._created:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(CREATE)
                self._created = True
            connection.execute("PRAGMA synchronous=NORMAL")
        return connection


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if "disk is full" in str(error):
            raise StoreError(
                f"The disk is full: the index of {folder} was not written.", "Free some space."
            ) from error
        raise StoreError(
            f"The index of {folder} cannot be used: {error}.", "Try again in a moment."
        ) from error


@contextlib.contextmanager
def _readable(record: DatasetRecord) -> Iterator[None]:
    """Say what is wrong with a table by the name of its data set."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(
            f"The table of {record.ref} is missing from the workspace.", "Import it again."
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"The table of {record.ref} is damaged.", "Import it again.") from error


def _check(table: Tabular, name: str, schema: Schema) -> None:
    if not name or "@" in name:
        raise UsageError(f"{name!r} cannot name a data set.", "Use letters, digits, '-' and '_'.")
    if tuple(table.column_names) != schema.names:
        raise UsageError("The schema is not that of the table.", "Infer it from this table.")


def _overlay(index: sqlite3.Connection, record: DatasetRecord, edits: str | None) -> None:
    index.execute(
        "UPDATE datasets SET edited = ? WHERE name = ? AND version = ?",
        (edits, record.name, record.version),
    )


def _record(row: sqlite3.Row) -> DatasetRecord:
    edits = json.loads(row["edited"]) if row["edited"] else {}
    return DatasetRecord(
        name=row["name"],
        version=row["version"],
        digest=row["digest"],
        rows=row["rows"],
        schema=load(Schema, edits or json.loads(row["schema"])),
        source=row["source"],
        title=row["title"],
        split=load(Split, edits.get("split") or json.loads(row["split"])),
        features=tuple(load(Feature, feature) for feature in edits.get("features", ())),
        created=dt.datetime.fromisoformat(row["created"]),
    )


def _same(newest: DatasetRecord, row: sqlite3.Row, fresh: DatasetRecord) -> bool:
    schemas = load(Schema, json.loads(row["schema"])), newest.schema
    splits = load(Split, json.loads(row["split"])), newest.split
    same = newest.digest == fresh.digest
    return same and fresh.schema in schemas and fresh.split in splits

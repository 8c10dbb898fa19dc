"""The sqlite file behind the ledger: many processes, short transactions, nothing lost."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import StoreError

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, action TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL,
    engine TEXT NOT NULL, fraction REAL NOT NULL DEFAULT 0, text TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '{}', error TEXT NOT NULL DEFAULT '', pid INTEGER,
    pid_started REAL, cancel_asked INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL, started TEXT, ended TEXT);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, job TEXT NOT NULL, time TEXT NOT NULL,
    fraction REAL NOT NULL, text TEXT NOT NULL, metrics TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS events_by_job ON events (job);
CREATE TABLE IF NOT EXISTS endpoints (
    name TEXT PRIMARY KEY, data TEXT NOT NULL, pid_started REAL);
CREATE TABLE IF NOT EXISTS audit (
    seq INTEGER PRIMARY KEY, time TEXT NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL,
    subject TEXT NOT NULL, evidence TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_keeps BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
"""


class Database:
    """Connections to one sqlite file, one per thread; safe to use from any thread or process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.write() as connection:
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    connection.execute(statement)

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for queries."""
        try:
            yield self._connection()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction that has the write lock from its first line.

        Taking the lock late is what makes sqlite answer "database is locked" at once instead of
        waiting for its turn.
        """
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has ended it already
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise self._explained(error) from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            self._local.connection = connection
        return connection

    def _explained(self, error: sqlite3.DatabaseError) -> StoreError:
        if not isinstance(error, sqlite3.OperationalError):
            return StoreError(
                f"{self.path} is damaged: {error}.", "Restore it from a copy; runs are not in it."
            )
        hint = (
            "Free some space and try again."
            if "full" in str(error)
            else "Is the workspace's folder still there, and yours to write?"
        )
        return StoreError(f"{self.path} cannot be used: {error}.", hint)

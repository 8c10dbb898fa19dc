"""The audit chain: who promoted, exported and served what, when, on what evidence.

Each entry carries the SHA-256 of itself and of the entry before it, so an edit or a deletion in
the middle shows. A cut tail does not: keep the newest hash elsewhere if that matters to you.
"""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.core.endpoint import AuditEntry
from workbench.core.wire import dumps, load
from workbench.jobs.database import Database
from workbench.jobs.ledger import now

GENESIS = "0" * 64


class Audit:
    """The append-only chain in the ledger's file."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def append(self, verb: str, subject: str, evidence: Mapping[str, Any]) -> AuditEntry:
        """Write one entry; it is on the disk when this returns."""
        with self.database.read() as connection:
            connection.execute("PRAGMA synchronous=FULL")
        try:
            return self._append(verb, subject, dumps(evidence))
        finally:
            with self.database.read() as connection:
                connection.execute("PRAGMA synchronous=NORMAL")

    def _append(self, verb: str, subject: str, evidence: str) -> AuditEntry:
        with self.database.write() as connection:
            last = connection.execute(
                "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            seq = (last["seq"] if last else 0) + 1
            fields = (seq, now(), _user(), verb, subject, evidence)
            mark = _hash(last["hash"] if last else GENESIS, fields)
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (*fields, mark))
        return self.entries(limit=1)[0]

    def entries(self, limit: int = 100) -> list[AuditEntry]:
        """The newest entries first."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM audit ORDER BY seq DESC LIMIT ?", (limit,)
            ).fetchall()
        return [load(AuditEntry, dict(row)) for row in rows]

    def first_fault(self) -> int | None:
        """The number of the first entry that does not fit the chain; None if all do."""
        previous = GENESIS
        with self.database.read() as connection:
            rows = connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
        for expected, row in enumerate(rows, 1):
            if row["seq"] != expected or row["hash"] != _hash(previous, tuple(row)[:6]):
                return expected
            previous = row["hash"]
        return None


def _hash(previous: str, fields: tuple[Any, ...]) -> str:
    text = json.dumps([previous, *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return "unknown"

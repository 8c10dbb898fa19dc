"""The ledger: what happened. Jobs, their events, endpoints, and the audit chain.

The ledger points at what was learned (run ids, paths); it repeats nothing of it.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.endpoint import EndpointRecord
from workbench.core.errors import NotFound
from workbench.core.job import ACTIVE, Event, JobRecord, JobState
from workbench.core.wire import dumps, load
from workbench.jobs.database import Database
from workbench.jobs.processes import Identity


def now() -> str:
    """The time as ISO 8601 in UTC."""
    return dt.datetime.now(dt.UTC).isoformat()


def new_id() -> str:
    """An id for a job."""
    return uuid.uuid4().hex[:12]


class Ledger:
    """Jobs, events and endpoints in one sqlite file that every shell may have open."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)

    # jobs ------------------------------------------------------------------------------------

    def submit(
        self, action: str, params: Mapping[str, Any], engine: str = "local", job: str = ""
    ) -> JobRecord:
        """Add a job to the queue; who must know its id first takes one from :func:`new_id`."""
        job = job or new_id()
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO jobs (id, action, params, state, engine, text, created)"
                " VALUES (?, ?, ?, 'queued', ?, 'waiting', ?)",
                (job, action, dumps(params), engine, now()),
            )
        return self.job(job)

    def job(self, name: str) -> JobRecord:
        """A job by its id or the beginning of it.

        Raises
        ------
        NotFound
            There is none, or the beginning fits several.
        """
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM jobs WHERE substr(id, 1, length(?)) = ? LIMIT 2", (name, name)
            ).fetchall()
            if len(rows) != 1 or not name:
                known = connection.execute("SELECT id FROM jobs ORDER BY created DESC LIMIT 20")
                raise NotFound.among("job", name, [row["id"] for row in known])
        return _job(rows[0])

    def jobs(self, limit: int = 100, states: tuple[str, ...] = ()) -> list[JobRecord]:
        """The newest jobs first, optionally only those in ``states``."""
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        with self.database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM jobs {where} ORDER BY created DESC, rowid DESC LIMIT ?",
                (*states, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def next_queued(self, at_once: int) -> str | None:
        """The job whose turn it is, if fewer than ``at_once`` are running."""
        with self.database.read() as connection:
            running = connection.execute(
                "SELECT count(*) FROM jobs WHERE state = 'running' AND engine = 'local'"
            ).fetchone()[0]
            row = connection.execute(
                "SELECT id FROM jobs WHERE state = 'queued' AND engine = 'local'"
                " ORDER BY created, rowid LIMIT 1"
            ).fetchone()
        return str(row["id"]) if row and running < at_once else None

    def claim(self, job: str, who: Identity, at_once: int | None = None) -> bool:
        """Make a queued job ours; False if somebody else has it or no place is free."""
        with self.database.write() as connection:
            running = connection.execute(
                "SELECT count(*) FROM jobs WHERE state = 'running' AND engine = 'local'"
            ).fetchone()[0]
            if at_once is not None and running >= at_once:
                return False
            changed = connection.execute(
                "UPDATE jobs SET state = 'running', text = 'starting', pid = ?, pid_started = ?,"
                " started = ? WHERE id = ? AND state = 'queued' AND NOT cancel_asked",
                (who.pid, who.started, now(), job),
            ).rowcount
        return changed == 1

    def tell(
        self, job: str, fraction: float, text: str, metrics: Mapping[str, float] | None = None
    ) -> None:
        """Write one event and the job's new position."""
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO events (job, time, fraction, text, metrics) VALUES (?, ?, ?, ?, ?)",
                (job, now(), fraction, text, dumps(metrics or {})),
            )
            connection.execute(
                "UPDATE jobs SET fraction = ?, text = ? WHERE id = ? AND state = 'running'",
                (fraction, text, job),
            )

    def end(
        self,
        job: str,
        state: JobState,
        *,
        text: str = "",
        error: str = "",
        result: Mapping[str, Any] | None = None,
    ) -> bool:
        """Close an active job; False if it was closed already. The first end counts."""
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE jobs SET state = ?, text = ?, error = ?, result = ?, ended = ?,"
                " fraction = CASE WHEN ? = 'done' THEN 1 ELSE fraction END"
                " WHERE id = ? AND state IN ('queued', 'running')",
                (state, text or state, error, dumps(result or {}), now(), state, job),
            ).rowcount
        return changed == 1

    def ask_cancel(self, job: str) -> None:
        """Ask a job to stop; one that is still queued ends here."""
        with self.database.write() as connection:
            connection.execute(
                "UPDATE jobs SET cancel_asked = 1 WHERE id = ? AND state IN ('queued', 'running')",
                (job,),
            )
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', text = 'cancelled', ended = ?"
                " WHERE id = ? AND state = 'queued'",
                (now(), job),
            )

    def cancel_asked(self, job: str) -> bool:
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT cancel_asked FROM jobs WHERE id = ?", (job,)
            ).fetchone()
        return bool(row and row["cancel_asked"])

    def events(self, job: str, after: int = 0, limit: int = 10_000) -> list[Event]:
        """The events of a job with ``seq`` greater than ``after``, oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT * FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
                (job, after, limit),
            ).fetchall()
        return [
            load(Event, {**row, "metrics": json.loads(row["metrics"])}) for row in map(dict, rows)
        ]

    def last_told(self, job: str) -> Event | None:
        """The newest event of a job that has live numbers."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT * FROM events WHERE job = ? AND metrics != '{}' ORDER BY seq DESC LIMIT 1",
                (job,),
            ).fetchone()
        return load(Event, {**row, "metrics": json.loads(row["metrics"])}) if row else None

    def reconcile(self) -> list[str]:
        """Close running jobs whose process is gone; returns their ids."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT id, pid, pid_started FROM jobs WHERE state = 'running' AND engine = 'local'"
            ).fetchall()
        lost = [r["id"] for r in rows if not Identity(r["pid"] or 0, r["pid_started"] or 0).alive]
        sentence = "Its process ended without a word (killed, or the machine was restarted)."
        return [job for job in lost if self.end(job, "lost", error=sentence)]

    # endpoints -------------------------------------------------------------------------------

    def put_endpoint(self, endpoint: EndpointRecord, started: float | None = None) -> None:
        """Write an endpoint's record; ``started`` is its process's start time."""
        with self.database.write() as connection:
            connection.execute(
                "INSERT INTO endpoints (name, data, pid_started) VALUES (?, ?, ?)"
                " ON CONFLICT (name)"
                " DO UPDATE SET data = excluded.data,"
                " pid_started = coalesce(excluded.pid_started, pid_started)",
                (endpoint.name, dumps(endpoint), started),
            )

    def endpoints(self) -> list[EndpointRecord]:
        """All endpoints; one whose process is gone is written down as failed first."""
        with self.database.read() as connection:
            rows = connection.execute("SELECT * FROM endpoints ORDER BY name").fetchall()
        return [self._settled(row) for row in rows]

    def endpoint(self, name: str) -> EndpointRecord:
        found = {e.name: e for e in self.endpoints()}
        if name not in found:
            raise NotFound.among("endpoint", name, found)
        return found[name]

    def process_of(self, endpoint: str) -> Identity | None:
        """The process of an endpoint, to be stopped or watched."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT data, pid_started FROM endpoints WHERE name = ?", (endpoint,)
            ).fetchone()
        pid = json.loads(row["data"])["pid"] if row else None
        return Identity(pid, row["pid_started"] or 0.0) if pid else None

    def _settled(self, row: sqlite3.Row) -> EndpointRecord:
        endpoint = load(EndpointRecord, json.loads(row["data"]))
        if endpoint.alive and not Identity(endpoint.pid or 0, row["pid_started"] or 0).alive:
            endpoint = replace(
                endpoint,
                state="failed",
                reason="Its process ended without a word; see its log.",
                stopped=dt.datetime.now(dt.UTC),
            )
            self.put_endpoint(endpoint)
        return endpoint


def _job(row: sqlite3.Row) -> JobRecord:
    data = dict(row)
    for key in ("params", "result"):
        data[key] = json.loads(data[key])
    data["cancel_asked"] = bool(data["cancel_asked"])
    return load(JobRecord, data)


__all__ = ["ACTIVE", "Ledger", "new_id", "now"]

"""The embedded store, read from MLflow's own tables and without MLflow.

Importing it takes seconds, and it makes an object of each metric of each run. The tables are only
read here; all writing is MLflow's (:mod:`workbench.store.library`).
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from workbench.core.errors import StoreError
from workbench.core.run import ModelRecord

TAG = "workbench."  # before the names of our tags
LONGEST_TAG = 5000
FIT = "fit/"  # metrics of the fitting itself, step by step; no judgement of the run

NEWEST = """
    SELECT run_uuid FROM runs
    WHERE experiment_id IN (SELECT experiment_id FROM experiments WHERE name = ?)
    AND lifecycle_stage = 'active' ORDER BY start_time DESC, run_uuid LIMIT ?
"""
ONE = "SELECT run_uuid FROM runs WHERE run_uuid = ?"
RUNS = """
    SELECT run_uuid, name, status, start_time, end_time, artifact_uri FROM runs
    WHERE run_uuid IN ({chosen}) ORDER BY start_time DESC, run_uuid
"""
TAGS = "SELECT run_uuid, key, value FROM tags WHERE run_uuid IN ({chosen})"
METRICS = f"""
    SELECT run_uuid, key, value, is_nan FROM latest_metrics
    WHERE run_uuid IN ({{chosen}}) AND substr(key, 1, {len(FIT)}) <> '{FIT}'
"""
ALIASES = """
    SELECT a.name, a.version, v.run_id, a.alias FROM registered_model_aliases AS a
    JOIN model_versions AS v ON v.name = a.name AND v.version = a.version
    ORDER BY a.name, a.alias
"""
COURSES = f"""
    SELECT run_uuid, substr(key, {len(FIT) + 1}), value, is_nan FROM metrics
    WHERE run_uuid IN ({{chosen}}) AND substr(key, 1, {len(FIT)}) = '{FIT}' ORDER BY step
"""
MODEL = "SELECT artifact_location FROM logged_models WHERE model_id = ?"


@dataclass(frozen=True)
class Told:
    """What the library says of one run; its metrics are those that judge it."""

    id: str
    name: str
    status: str
    start: int  # milliseconds
    end: int | None
    place: str  # address of its files
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


Courses = dict[str, dict[str, list[float]]]  # run, then the number's name, to its values


class Reader(Protocol):
    """What tells of runs: these tables, or MLflow."""

    def runs(self, limit: int) -> list[Told]:
        """The newest runs first."""

    def run(self, run_id: str) -> Told | None:
        """One run by its whole id."""

    def aliases(self) -> list[ModelRecord]:
        """Every alias of every model, one record each."""

    def model_place(self, model_id: str) -> str | None:
        """Address of a logged model's files."""

    def courses(self, run_ids: Sequence[str]) -> Courses:
        """How the numbers of the fitting itself went, step by step."""


class Unfamiliar(Exception):
    """The tables are not as they were known: another version of MLflow made them."""


class Tables:
    """The runs of the experiment ``name`` in the database at ``path``, which need not exist."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def runs(self, limit: int) -> list[Told]:
        return self._runs(NEWEST, (self.name, limit))

    def run(self, run_id: str) -> Told | None:
        return next(iter(self._runs(ONE, (run_id,))), None)

    def aliases(self) -> list[ModelRecord]:
        with self._open() as database:
            rows = database.execute(ALIASES).fetchall() if database else []
        return [ModelRecord(m, str(version), run, (alias,)) for m, version, run, alias in rows]

    def model_place(self, model_id: str) -> str | None:
        with self._open() as database:
            row = database.execute(MODEL, (model_id,)).fetchone() if database else None
        return row and str(row[0])

    def courses(self, run_ids: Sequence[str]) -> Courses:
        found: Courses = {}
        asked = COURSES.format(chosen=",".join("?" * len(run_ids)))
        with self._open() as database:
            rows = database.execute(asked, tuple(run_ids)) if database else ()
            for run, name, value, nan in rows:
                found.setdefault(run, {}).setdefault(name, []).append(math.nan if nan else value)
        return found

    def _runs(self, chosen: str, among: Sequence[Any]) -> list[Told]:
        with self._open() as database:
            if database is None:
                return []
            rows = database.execute(RUNS.format(chosen=chosen), among).fetchall()
            found = {row[0]: Told(*row) for row in rows}
            # a run that begins in between is told next time
            for run, key, value in database.execute(TAGS.format(chosen=chosen), among):
                if run in found:
                    found[run].tags[key] = value
            for run, key, value, nan in database.execute(METRICS.format(chosen=chosen), among):
                if run in found:
                    found[run].metrics[key] = math.nan if nan else value
        return list(found.values())

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection | None]:
        if not self.path.is_file():
            yield None
            return
        try:
            address = f"{self.path.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
                yield database
        except sqlite3.OperationalError as error:
            if str(error).startswith("no such"):
                raise Unfamiliar(str(error)) from error
            raise _refused(error) from error
        except sqlite3.Error as error:
            raise _refused(error) from error


def local(address: str) -> Path:
    """The path of a ``file:`` address, or of one that is a path."""
    parts = urlsplit(address)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(address)


def _refused(error: Exception) -> StoreError:
    return StoreError(
        f"The MLflow store refused: {error}", "Run `workbench doctor` to check the store."
    )

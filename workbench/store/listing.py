"""Runs of the embedded store, read from its tables without MLflow's objects.

MLflow makes an object of each metric of each run: a thousand runs with a thousand metrics take it
minutes. The tables are MLflow's own (``runs``, ``tags``, ``latest_metrics``) and only read here.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

CHOSEN = """
    SELECT run_uuid, name, status, start_time, end_time FROM runs
    WHERE experiment_id = ? AND lifecycle_stage = 'active'
    ORDER BY start_time DESC, run_uuid LIMIT ?
"""


@dataclass(frozen=True)
class Listed:
    """What the tables say of one run."""

    id: str
    name: str
    status: str
    start: int  # milliseconds
    end: int | None
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


def listed(path: Path, experiment: str, limit: int, without: str = "") -> list[Listed] | None:
    """The newest runs, or None where the tables are not as they were known.

    Parameters
    ----------
    without
        The beginning of metrics that are left out.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as database:
            found = {
                row[0]: Listed(*row)
                for row in database.execute(CHOSEN, (int(experiment), limit)).fetchall()
            }
            among = f"run_uuid IN (SELECT run_uuid FROM ({CHOSEN}))"
            chosen = (int(experiment), limit)
            tags = database.execute(f"SELECT run_uuid, key, value FROM tags WHERE {among}", chosen)
            for run, key, value in tags:
                if run in found:
                    found[run].tags[key] = value
            _measured(
                found,
                database.execute(
                    "SELECT run_uuid, key, value, is_nan FROM latest_metrics"
                    f" WHERE {among} AND substr(key, 1, ?) <> ?",
                    (*chosen, len(without), without or "\0"),
                ),
            )
    except (sqlite3.Error, ValueError):  # another version's tables: MLflow itself knows them
        return None
    return list(found.values())


def _measured(found: dict[str, Listed], rows: Iterable[tuple[str, str, float, bool]]) -> None:
    for run, key, value, unknown in rows:
        if run in found:  # a run that began in between is listed next time
            found[run].metrics[key] = math.nan if unknown else value

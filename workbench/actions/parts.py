"""Small questions that shells ask: how rows are split, and which runs are really running."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from workbench.actions.abandon import why
from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.run import RunRecord
from workbench.core.wire import load
from workbench.jobs.processes import Home

if TYPE_CHECKING:
    import numpy as np

KEPT = 4  # deals that are remembered, a byte a row
_deals: OrderedDict[Any, np.ndarray] = OrderedDict()
_lock = threading.Lock()


def parts_of(context: Context, record: DatasetRecord) -> np.ndarray:
    """The part of each row by the data set's own split, int8; not to be written into.

    The last deals are remembered: a form that previews on each change would deal all rows anew.
    What a deal depends on is its key, so that none is ever out of date.
    """
    from workbench.data.split import assign

    key = record.digest, record.split, record.schema
    with _lock:
        if key in _deals:
            _deals.move_to_end(key)
            return _deals[key]
    parts = assign(record.split, context.datasets.table(record), record.schema)
    parts.setflags(write=False)
    with _lock:
        _deals[key] = parts
        while len(_deals) > KEPT:
            _deals.popitem(last=False)
    return parts


def counts(context: Context, record: DatasetRecord) -> list[int]:
    """Rows in train, validation and test by the data set's own split."""
    parts: Any = parts_of(context, record)
    return [int((parts == part).sum()) for part in range(3)]


def settle(context: Context, limit: int) -> list[RunRecord]:
    """The newest runs; a run that is open although its job has ended is closed first."""
    runs: list[RunRecord] = context.store.runs(limit)
    orphans = [r for r in runs if r.state == "running" and _orphaned(r)]
    for run in orphans:
        context.store.close(run.id, "failed", why(context, run, "Its process has ended."))
    if orphans:
        runs = context.store.runs(limit)
    open_jobs = {r.tags.get("job", "") for r in runs if r.state == "running"} - {""}
    context.ledger.reconcile()
    known = {j.id: j for j in context.ledger.jobs(1000)}
    dead = [j for j in open_jobs if j in known and not known[j].active]
    if not dead:
        return runs
    for run in runs:
        if run.state == "running" and run.tags.get("job") in dead:
            job = known[run.tags["job"]]
            state = "cancelled" if job.state == "cancelled" else "failed"
            reason = job.error or "Its job has ended."
            context.store.close(run.id, state, why(context, run, reason))
    settled: list[RunRecord] = context.store.runs(limit)
    return settled


def _orphaned(run: RunRecord) -> bool:
    """Whether the process that carried it out, without a job, is gone."""
    told = run.tags.get("process")
    return bool(told) and load(Home, json.loads(told)).gone

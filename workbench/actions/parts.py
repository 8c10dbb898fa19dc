"""Small questions that shells ask: how rows are split, and which runs are really running."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.core.dataset import DatasetRecord
from workbench.core.run import RunRecord


def counts(context: Context, record: DatasetRecord) -> list[int]:
    """Rows in train, validation and test by the data set's own split."""
    from workbench.data.split import assign

    parts: Any = assign(record.split, context.datasets.table(record), record.schema)
    return [int((parts == part).sum()) for part in range(3)]


def settle(context: Context, limit: int) -> list[RunRecord]:
    """The newest runs; a run that is open although its job has ended is closed first."""
    runs: list[RunRecord] = context.store.runs(limit)
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
            context.store.close(run.id, state, job.error or "Its job has ended.")
    settled: list[RunRecord] = context.store.runs(limit)
    return settled

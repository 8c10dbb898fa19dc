"""Abandon: close the runs that a dead job left open."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.core.progress import Progress, silent
from workbench.core.run import RunRecord


def run(
    context: Context, progress: Progress = silent, *, job: str, state: str, reason: str
) -> dict[str, Any]:
    """Close every running run of ``job`` as ``cancelled`` or ``failed``."""
    closed = []
    for run in context.store.runs(200):
        if run.state == "running" and run.tags.get("job") == job:
            state = "cancelled" if state == "cancelled" else "failed"
            context.store.close(run.id, state, why(context, run, reason))
            closed.append(run.id)
    return {"runs": closed}


def why(context: Context, run: RunRecord, reason: str) -> str:
    """The reason with the last numbers that the run's job told, and how the run goes on."""
    told = context.ledger.last_told(run.tags.get("job", ""))
    reached = ""
    # the job may have trained other runs before this one
    if told is not None and run.started is not None and told.time >= run.started:
        numbers = ", ".join(f"{k} {v:.4g}" for k, v in told.metrics.items())
        reached = f" It had come to: {numbers}."
    return f"{reason}{reached} Go on: workbench runs resume {run.short}".strip()

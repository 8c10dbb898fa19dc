"""Abandon: close the runs that a dead job left open."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.core.progress import Progress, silent


def run(
    context: Context, progress: Progress = silent, *, job: str, state: str, reason: str
) -> dict[str, Any]:
    """Close every running run of ``job`` as ``cancelled`` or ``failed``."""
    closed = []
    for run in context.store.runs(200):
        if run.state == "running" and run.tags.get("job") == job:
            context.store.close(run.id, "cancelled" if state == "cancelled" else "failed", reason)
            closed.append(run.id)
    return {"runs": closed}

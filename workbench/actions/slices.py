"""Slices: where a run fails most, or where two runs differ most, in the user's own columns."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.heldout import HeldOut
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.evaluation.bins import binned
from workbench.evaluation.slices import slices
from workbench.measures.losses import LOSSES, losses
from workbench.measures.words import counted


def run(
    context: Context, progress: Progress = silent, *, run: str, other: str | None = None
) -> dict[str, Any]:
    """Look for the weak spots of a run, or for where it differs from another."""
    return {"report": plain(of(context, run, other, progress))}


def of(context: Context, run: str, other: str | None = None, progress: Progress = silent) -> Report:
    """The groups of test rows where ``run`` fails more than elsewhere.

    With ``other``, the groups where the two differ more than elsewhere. Columns are those of the
    data set, whether the model saw them or not, but for ids and what is ignored. The report of one
    run is kept with it.

    Raises
    ------
    UsageError
        The two runs answer different questions.
    DataError
        There are too few test rows.
    """
    held = HeldOut.of(context, run, other)
    progress(0.1, "reading the columns")
    frame = held.frame()
    found = [losses(sample) for sample in held.samples]
    task = held.first.signature.task
    report = slices(
        found[0] - found[1] if other else found[0],
        [binned(frame[name], name) for name in frame.columns],
        subject=held.subject,
        title=_title(held),
        loss=LOSSES[task],
        hits=held.samples[0].right if task != "regression" else None,
        signed=other is not None,
        names=held.names,
        progress=within(progress, 0.2, 1.0),
    )
    if other is None:
        context.store.put_report(held.first.record.id, report)
    return report


def _title(held: HeldOut) -> str:
    said = " and ".join(run.title for run in held.runs)
    what = "Where they differ" if len(held.runs) > 1 else "Weak spots"
    return f"{what}: {said} on {counted(len(held), 'test row')}"

"""Slices: where a run fails most, or where two runs differ most, in the user's own columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.actions.compare import positions, require_one_question, shared_rows
from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.evaluation.bins import binned
from workbench.evaluation.evaluate import sample_of
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
    chosen = [Results.of(context, name) for name in (run, *([other] if other else []))]
    require_one_question(chosen)
    first = chosen[0]
    rows = shared_rows(chosen) if other else first.test["row"].to_numpy()
    samples = []
    for one in chosen:
        at = positions(one, rows)
        samples.append(sample_of(one.test_truth()[at], one.test_scores()[at], one.signature))
    progress(0.1, "reading the columns")
    frame = first.test_rows(_columns(first)).iloc[positions(first, rows)]
    found = [losses(s) for s in samples]
    classes = first.signature.task != "regression"
    report = slices(
        found[0] - found[1] if other else found[0],
        [binned(frame[name], name) for name in frame.columns],
        subject=" ".join(r.record.id for r in chosen),
        title=_title(chosen, len(rows)),
        loss=LOSSES[first.signature.task],
        hits=np.asarray(samples[0].predicted == samples[0].truth) if classes else None,
        signed=other is not None,
        names=(first.title, chosen[-1].title),
        progress=within(progress, 0.2, 1.0),
    )
    if other is None:
        context.store.put_report(first.record.id, report)
    return report


def _title(chosen: list[Results], rows: int) -> str:
    said = " and ".join(r.title for r in chosen)
    what = "Where they differ" if len(chosen) > 1 else "Weak spots"
    return f"{what}: {said} on {counted(rows, 'test row')}"


def _columns(results: Results) -> list[str]:
    return [
        c.name
        for c in results.schema.columns
        if c.role in ("feature", "sensitive")
        and c.semantic not in ("identifier", "text", "free_text")
    ]

"""Effort: what a run's model takes on this machine, measured once and kept with the run."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.evaluation.effort import BATCH, effort

MADE = ("seconds", "device", "energy_wh", "energy_how", "co2_g")


def run(
    context: Context, progress: Progress = silent, *, run: str, again: bool = False
) -> dict[str, Any]:
    """Measure the effort of ``run`` and keep the report with it."""
    report = of(context, run, again=again, progress=progress)
    return {"report": "effort", "run": report.subject}


def of(context: Context, run: str, *, again: bool = False, progress: Progress = silent) -> Report:
    """The kept report of a run's effort, or a new one.

    Parameters
    ----------
    again
        Measure although there is a report: on another machine, or a quieter one.
    """
    results = Results.of(context, run)
    kept: Report | None = context.store.report(results.record.id, "effort")
    return kept if kept is not None and not again else measured(results, progress)


def measured(results: Results, progress: Progress = silent) -> Report:
    """Measure now, and keep the report."""
    context, record = results.context, results.record
    rows = results.test_rows(list(results.signature.names)).head(BATCH)
    made = {name: record.tags.get(f"fact.{name}") for name in MADE}
    report = effort(
        results.predictor.scores,
        rows,
        record.id,
        size=context.store.model_file(record.id).stat().st_size,
        made={**made, "seconds": made["seconds"] or record.seconds},
        progress=progress,
    )
    context.store.put_report(record.id, report)
    return report

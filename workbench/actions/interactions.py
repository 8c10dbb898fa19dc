"""Interactions: what every two columns do together in the predictions of a run."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.explanation.interactions import interactions


def run(
    context: Context, progress: Progress = silent, *, run: str, rows: int = 500, seed: int = 0
) -> dict[str, Any]:
    """Look at up to ``rows`` test rows of a run and keep the report with it."""
    of(context, run, rows, seed, progress)
    return {"report": "interactions", "run": run}


def of(
    context: Context, run: str, rows: int = 500, seed: int = 0, progress: Progress = silent
) -> Report:
    """The interactions of a run's columns, computed and kept; the rows are those of ``explain``.

    Raises
    ------
    UsageError
        The model is not made of trees, or no row is asked for.
    """
    if rows < 1:
        raise UsageError("At least one row is looked at.")
    results = Results.of(context, run)
    if results.explainer != "trees":
        raise UsageError(
            f"Interaction values are for models of trees; {results.record.model} is none.",
            "Partial dependence of two columns works for every model: run.pair(a, b).",
        )
    progress(0.02, "loading the model")
    test = results.test_rows()
    report = interactions(
        results.predictor,
        test.sample(min(rows, len(test)), random_state=seed).sort_index(),
        results.record.id,
        progress=progress,
    )
    context.store.put_report(results.record.id, report)
    return report

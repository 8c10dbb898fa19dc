"""Surprise: the test rows that a run was surest about and wrong."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.evaluation.evaluate import sample_of
from workbench.evaluation.surprise import most_surprising, surprises

MOST = 10_000  # rows of a report


def run(
    context: Context, progress: Progress = silent, *, run: str, rows: int = 50
) -> dict[str, Any]:
    """The report comes whole; it is made in a moment and not kept."""
    return {"report": plain(of(context, run, rows, progress))}


def of(context: Context, run: str, rows: int = 50, progress: Progress = silent) -> Report:
    """The test rows with the greatest losses, with their truth and the data set's columns.

    Raises
    ------
    UsageError
        Too few or too many rows are asked for.
    """
    if not 1 <= rows <= MOST:
        raise UsageError(f"{rows} rows cannot be shown.", f"Ask for 1 to {MOST:,}.")
    results = Results.of(context, run)
    sample = sample_of(results.test_truth(), results.test_scores(), results.signature)
    places = most_surprising(sample, rows)
    numbers = results.test["row"].to_numpy()
    progress(0.5, "reading the rows")
    report = surprises(
        sample,
        places,
        numbers,
        results.cells(numbers[places]),
        results.signature,
        name=results.title,
        subject=results.record.id,
    )
    progress(1.0, report.sentence)
    return report

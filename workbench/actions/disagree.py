"""Disagree: the test rows about which two runs say the most different things."""

from __future__ import annotations

from typing import Any

from workbench.actions.compare import positions, require_one_question, shared_rows
from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.evaluation.disagreement import disagreement, most_apart, require_two
from workbench.evaluation.evaluate import sample_of

MOST = 10_000  # rows of a report


def run(
    context: Context, progress: Progress = silent, *, run: str, other: str, rows: int = 50
) -> dict[str, Any]:
    """The report comes whole, since it belongs to no single run."""
    return {"report": plain(of(context, run, other, rows, progress))}


def of(
    context: Context, run: str, other: str, rows: int = 50, progress: Progress = silent
) -> Report:
    """The rows whose scores lie furthest apart, with their truth and the data set's columns.

    Raises
    ------
    UsageError
        The runs answer different questions, or are one.
    """
    if not 1 <= rows <= MOST:
        raise UsageError(f"{rows} rows cannot be shown.", f"Ask for 1 to {MOST:,}.")
    first, second = Results.of(context, run), Results.of(context, other)
    require_two(first.record.id, second.record.id)
    require_one_question([first, second])
    shared = shared_rows([first, second])
    samples = []
    for one in (first, second):
        at = positions(one, shared)
        samples.append(sample_of(one.test_truth()[at], one.test_scores()[at], one.signature))
    places = most_apart(samples[0], samples[1], rows)
    progress(0.5, "reading the rows")
    report = disagreement(
        (samples[0], samples[1]),
        places,
        shared,
        first.cells(shared[places]),
        first.signature,
        names=(first.title, second.title),
        subject=f"{first.record.id} {second.record.id}",
    )
    progress(1.0, report.sentence)
    return report

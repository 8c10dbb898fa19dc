"""Pair: how the prediction moves with two columns at once."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.explanation.pair import pair

AROUND = 5000  # rows that say where the data lie
MOST = 500  # rows: H asks about the square of their number


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    column: str,
    other: str,
    rows: int = 200,
    seed: int = 0,
) -> dict[str, Any]:
    """The report comes back; it is an answer to a question, not kept with the run."""
    return {"report": plain(of(context, run, column, other, rows, seed, progress))}


def of(
    context: Context,
    run: str,
    column: str,
    other: str,
    rows: int = 200,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """The partial dependence of a pair over up to ``rows`` test rows."""
    if not 2 <= rows <= MOST:
        raise UsageError(f"{rows} rows cannot be taken.", f"Take 2 to {MOST}.")
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    test = results.test_rows()
    return pair(
        results.predictor,
        test.sample(min(rows, len(test)), random_state=seed).sort_index(),
        column,
        other,
        results.record.id,
        around=test.sample(min(AROUND, len(test)), random_state=seed),
        seed=seed,
        progress=progress,
    )

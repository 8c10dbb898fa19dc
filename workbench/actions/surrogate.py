"""Surrogate: a small tree that says nearly what a run's model says."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.explanation.surrogate import DEPTH, surrogate

ROWS = 20_000


def run(
    context: Context, progress: Progress = silent, *, run: str, depth: int = DEPTH, seed: int = 0
) -> dict[str, Any]:
    """Fit the tree and keep the report with the run."""
    of(context, run, depth, seed, progress)
    return {"report": "surrogate", "run": run}


def of(
    context: Context, run: str, depth: int = DEPTH, seed: int = 0, progress: Progress = silent
) -> Report:
    """A tree of at most ``depth`` questions, its fidelity measured on test rows; kept."""
    if not 1 <= depth <= 8:
        raise UsageError(f"A tree has one to eight questions in a row, not {depth}.")
    results = Results.of(context, run)
    progress(0.1, "asking the model")
    train, test = results.train_rows, results.test_rows()
    report = surrogate(
        results.predictor,
        train.sample(min(ROWS, len(train)), random_state=seed),
        test.sample(min(ROWS, len(test)), random_state=seed),
        results.record.id,
        depth=depth,
    )
    context.store.put_report(results.record.id, report)
    progress(1.0, "done")
    return report

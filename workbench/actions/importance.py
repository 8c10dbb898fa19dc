"""Importance: what a run's quality loses once a column says nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.explanation.permutation import REPEATS, importance

ROWS = 2000


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    rows: int = ROWS,
    repeats: int = REPEATS,
    seed: int = 0,
) -> dict[str, Any]:
    """Shuffle each column of the test rows, and keep the report with the run."""
    of(context, run, rows, repeats, seed, progress)
    return {"report": "importance", "run": run}


def of(
    context: Context,
    run: str,
    rows: int = ROWS,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """What shuffling each column costs on up to ``rows`` test rows; kept with the run."""
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    frame, truth = results.test_rows(), results.test_truth()
    places = np.sort(np.random.default_rng(seed).permutation(len(frame))[:rows])
    report = importance(
        results.predictor,
        frame.iloc[places],
        truth[places],
        results.record.id,
        repeats=repeats,
        seed=seed,
        progress=within(progress, 0.05, 1.0),
    )
    context.store.put_report(results.record.id, report)
    return report

"""Lime: one row of a run by a line through its neighbourhood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.rows import pool_of, row_of
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.explanation.lime import SAMPLES, lime

FEWEST, MOST = 100, 100_000


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    row: int | Mapping[str, Any],
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """The report comes back; it is an answer to a question, not kept with the run."""
    return {"report": plain(of(context, run, row, samples, seed, progress))}


def of(
    context: Context,
    run: str,
    row: int | Mapping[str, Any],
    samples: int = SAMPLES,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """What moves the prediction around a row of the data set, or around given values."""
    if not FEWEST <= samples <= MOST:
        raise UsageError(f"{samples} samples cannot be drawn.", f"Draw {FEWEST} to {MOST:,}.")
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    return lime(
        results.predictor,
        row_of(results, row),
        pool_of(results, seed),
        results.record.id,
        kind=results.explainer,
        seed=seed,
        samples=samples,
        progress=progress,
    )

"""Neighbours: the training rows most like a row, with what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.rows import row_of
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.encoding import text
from workbench.explanation.neighbours import neighbours

POOL = 20_000


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    row: int | Mapping[str, Any],
    count: int = 10,
) -> dict[str, Any]:
    """Find the rows; the report comes back, it is not kept with the run."""
    return {"report": plain(of(context, run, row, count, progress))}


def of(
    context: Context,
    run: str,
    row: int | Mapping[str, Any],
    count: int = 10,
    progress: Progress = silent,
) -> Report:
    """The training rows nearest to a row of the data set, or to given values; never itself."""
    if count < 1:
        raise UsageError("At least one row is looked for.")
    results = Results.of(context, run)
    progress(0.1, "loading the model")
    train = results.train_rows
    train = train[train[results.signature.target].notna()]
    pool = train.sample(min(POOL, len(train)), random_state=0).sort_index()
    if not isinstance(row, Mapping):
        pool = pool.drop(index=row, errors="ignore")
    target = pool[results.signature.target]
    number = results.signature.task == "regression"
    outcomes = [float(v) if number else text(v) for v in target.tolist()]
    found = row_of(results, row)
    report = neighbours(results.predictor, found, pool, outcomes, results.record.id, count=count)
    progress(1.0, "done")
    return report

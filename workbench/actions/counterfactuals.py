"""Counterfactuals: what would have to change for a run to say something else of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.rows import pool_of, row_of
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.explanation.counterfactuals import counterfactuals
from workbench.explanation.wish import Limits


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    row: int | Mapping[str, Any],
    want: Any = None,
    keep: Sequence[str] | None = None,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    directions: Mapping[str, str] | None = None,
    count: int = 4,
    most: int = 4,
) -> dict[str, Any]:
    """Look for the nearest changes; the report comes back, it is not kept with the run."""
    limits = {"keep": keep, "ranges": ranges, "directions": directions}
    report = of(context, run, row, want, count=count, most=most, progress=progress, **limits)
    return {"report": plain(report)}


def of(
    context: Context,
    run: str,
    row: int | Mapping[str, Any],
    want: Any = None,
    *,
    keep: Sequence[str] | None = None,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    directions: Mapping[str, str] | None = None,
    count: int = 4,
    most: int = 4,
    progress: Progress = silent,
) -> Report:
    """The nearest changes of one row after which the run says ``want``.

    ``row`` is a row number of the data set or the values of a row; without ``keep`` the sensitive
    columns stay as they are.
    """
    if count < 1 or most < 1:
        raise UsageError("At least one way of at least one column is looked for.")
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    found = row_of(results, row)
    kept = results.signature.sensitive if keep is None else keep
    return counterfactuals(
        results.predictor,
        found,
        pool_of(results),
        results.record.id,
        want=want,
        limits=Limits(frozenset(kept), dict(ranges or {}), dict(directions or {})),
        count=count,
        most=most,
        progress=progress,
    )

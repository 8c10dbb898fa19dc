"""Fairness: how a run treats the groups of one or two sensitive columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.fairness.audit import audit


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    by: Sequence[str] | None = None,
    threshold: float | None = None,
) -> dict[str, Any]:
    """Audit a run and keep the report with it."""
    of(context, run, by, threshold, progress)
    return {"report": "fairness", "run": run}


def of(
    context: Context,
    run: str,
    by: Sequence[str] | None = None,
    threshold: float | None = None,
    progress: Progress = silent,
) -> Report:
    """The fairness report of a run by the named columns, or by the first two sensitive ones."""
    results = Results.of(context, run)
    columns = list(dict.fromkeys(by or results.schema.audited()[:2]))
    if not columns:
        raise UsageError(
            f"{results.dataset.ref} has no sensitive column.",
            "Mark one on the Data page or name it: by=[...].",
        )
    if len(columns) > 2:
        raise UsageError("Choose one or two columns.", "Groups of three columns become too small.")
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"A threshold lies between 0 and 1, not at {threshold:g}.")
    for column in columns:
        results.schema[column]
    progress(0.3, "counting groups")
    frame = results.test_rows(columns)
    report = audit(
        results.test_truth(),
        results.test_scores(),
        {c: frame[c].tolist() for c in columns},
        results.signature,
        results.record.id,
        threshold=threshold,
    )
    if threshold is None:  # a moved threshold is a question, not a result to keep
        context.store.put_report(results.record.id, report)
    progress(1.0, "done")
    return report

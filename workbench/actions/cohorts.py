"""Cohorts: what moves the predictions of one group of rows more than those of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.explain import of as explain
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.filter import Filters, filters, said
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.encoding import text
from workbench.evaluation.evaluate import sample_of
from workbench.explanation.cohorts import REST, Cohort, cohorts

LEVELS = 40  # values of a column that are offered


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    a: Mapping[str, Any],
    b: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The report comes back; it is an answer to a question, not kept with the run."""
    return {"report": plain(of(context, run, a, b, progress))}


def of(
    context: Context,
    run: str,
    a: Mapping[str, Any],
    b: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Report:
    """The test rows that pass filter ``a`` against those that pass ``b``, or all others.

    The kept explanation is split; a run that has none is explained first, and that is kept.

    Raises
    ------
    UsageError
        A filter names no column or value of the data set, or both are the same rows.
    DataError
        A group has too few explained rows.
    """
    results = Results.of(context, run)
    kinds = kinds_of(results)
    first = filters(a, kinds)
    second = None if b is None else filters(b, kinds)
    explanation = context.store.report(results.record.id, "explanation")
    if explanation is None:
        explanation = explain(context, run, progress=within(progress, 0.0, 0.7))
    progress(0.75, "looking for the rows")
    rows = results.test["row"].to_numpy()
    inside = _passing(results, first, rows)
    outside = ~inside if second is None else _passing(results, second, rows)
    if np.array_equal(inside, outside):
        raise UsageError(
            "Both groups are the same test rows.", "Compare with another filter, or with the rest."
        )
    progress(0.8, "comparing")
    groups = [
        _cohort(results, explanation, rows, passing, words)
        for passing, words in (
            (inside, said(first)),
            (outside, REST if second is None else said(second)),
        )
    ]
    report = cohorts(
        explanation,
        *groups,
        results.record.id,
        task=results.signature.task,
        shared=int((inside & outside).sum()),
    )
    progress(1.0, report.sentence)
    return report


def kinds_of(results: Results) -> dict[str, str]:
    """``number``, ``datetime`` or ``category`` of each column that rows may be chosen by."""
    return {
        c.name: c.basis if c.basis in ("number", "datetime") else "category"
        for c in results.schema.columns
    }


def choices(context: Context, run: str) -> dict[str, list[str] | tuple[float, float]]:
    """What a form offers: the commonest values of each column, or the ends of its numbers.

    Of the test rows; ids, texts and dates are left out.
    """
    results = Results.of(context, run)
    wanted = [
        c
        for c in results.schema.columns
        if c.role != "id" and c.basis in ("number", "category", "boolean")
    ]
    frame = results.test_rows([c.name for c in wanted])
    found: dict[str, list[str] | tuple[float, float]] = {}
    for column in wanted:
        values = frame[column.name].dropna()
        if column.basis == "number" and len(values):
            found[column.name] = (float(values.min()), float(values.max()))
        elif len(values):
            found[column.name] = [text(v) for v in values.value_counts().index[:LEVELS]]
    return found


def _passing(results: Results, where: Filters, rows: np.ndarray) -> np.ndarray:
    matching = results.context.datasets.matching(results.dataset, where)
    passing: np.ndarray = np.isin(rows, matching)
    return passing


def _cohort(
    results: Results, explanation: Report, rows: np.ndarray, passing: np.ndarray, words: str
) -> Cohort:
    explained = np.isin(explanation["data"].column("row"), rows[passing])
    truth, scores = results.test_truth()[passing], results.test_scores()[passing]
    sample = sample_of(truth, scores, results.signature) if len(truth) else None
    return Cohort(words, explained, sample)

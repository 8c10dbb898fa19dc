"""Fairness: how a run treats the groups of sensitive columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report, Table
from workbench.encoding import decide
from workbench.fairness.audit import audit
from workbench.fairness.drivers import drivers, proxies
from workbench.fairness.individual import consistency
from workbench.groups import grouped
from workbench.training.steps import on_one_scale

LOOKED = 20_000  # test rows among which like ones are looked for


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
    """The fairness report of a run by the named columns, or by the first two sensitive ones.

    Raises
    ------
    UsageError
        No column is named and none is sensitive, a column forms no groups, or the threshold is
        none.
    """
    results = Results.of(context, run)
    columns = list(dict.fromkeys(by or results.schema.audited()[:2]))
    if not columns:
        raise UsageError(
            f"{results.dataset.ref} has no sensitive column.",
            "Mark one on the Data page or name it: by=[...].",
        )
    if threshold is not None and not 0 <= threshold <= 1:
        raise UsageError(f"A threshold lies between 0 and 1, not at {threshold:g}.")
    for column in columns:
        results.schema[column]
    progress(0.3, "counting groups")
    frame = results.test_rows(columns)
    report = audit(
        results.test_truth(),
        results.test_scores(),
        {c: frame[c] for c in columns},
        results.signature,
        results.record.id,
        threshold=threshold,
        consistency=_consistency(results, columns, threshold, progress),
    )
    report = replace(report, tables=(*report.tables, *_why(results, report, columns)))
    if threshold is None:  # a moved threshold is a question, not a result to keep
        context.store.put_report(results.record.id, report)
    progress(1.0, "done")
    return report


def _why(results: Results, report: Report, columns: Sequence[str]) -> list[Table]:
    """What gives the groups away, and, where the run was explained, what drives the gap."""
    inputs = [n for n in results.signature.names if n not in columns]
    frame = results.test_rows([*columns, *inputs])[:LOOKED]
    found = [grouped(c, frame[c]) for c in columns]
    kinds = {f.name: f.kind for f in results.signature.inputs}
    others = {n: frame[n] for n in inputs if kinds[n] in ("number", "boolean", "category")}
    tables = [proxies(found, others)]
    explained = results.context.store.report(results.record.id, "explanation")
    if explained is not None and results.signature.task != "multiclass":
        tables.append(_drivers(results, report, columns, explained))
    return tables


def _drivers(results: Results, report: Report, columns: Sequence[str], explained: Report) -> Table:
    values, data = explained["values"], explained["data"]
    frame = results.test_rows(list(columns))
    codes = {}
    place = {int(row): k for k, row in enumerate(frame.index)}
    at = np.array([place.get(int(row), -1) for row in values.column("row")])
    there = at >= 0
    for column in columns:
        one = grouped(column, frame[column])
        codes[column] = (one.names, one.codes[at[there]])
    names = [n for n in data.columns if n in values.columns and n in results.signature.names]
    moved = {n: np.asarray(values.column(n), float)[there] for n in names}
    headline = report.facts["metrics"][0]
    pairs = [
        (g["column"], g["highest"], g["lowest"])
        for g in report["gaps_large"].records()
        if g["metric"] == headline and g["column"] in columns and g["highest"]
    ]
    return drivers(pairs, codes, moved)


def _consistency(
    results: Results, columns: Sequence[str], threshold: float | None, progress: Progress
) -> float | None:
    """Whether like rows are decided alike; who is alike is told without the audited columns."""
    signature = results.signature
    if signature.task == "multiclass":
        return None
    if threshold is not None:
        signature = replace(signature, threshold=threshold)
    others = tuple(f for f in signature.inputs if f.name not in columns)
    if not others:
        return None
    progress(0.6, "looking for like rows")
    rows = results.test_rows([f.name for f in others])[:LOOKED]
    matrix = on_one_scale(rows, replace(signature, inputs=others))
    scores = results.test_scores()[:LOOKED]
    if signature.task == "regression":
        spread = float(scores.std()) or 1.0
        return consistency(matrix, scores / spread)
    return consistency(matrix, decide(scores, signature).astype(float))

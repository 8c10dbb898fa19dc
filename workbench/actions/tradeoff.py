"""Trade-off: the runs that answer one question, by quality and by how far apart groups are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError, WorkbenchError
from workbench.core.mitigation import METHODS, METRIC, Mitigation
from workbench.core.progress import Progress, silent
from workbench.core.recipe import PRIMARY
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.wire import plain
from workbench.encoding import decide
from workbench.fairness.audit import HEADLINE, measure
from workbench.fairness.findings import large
from workbench.fairness.gaps import Gap, gaps
from workbench.fairness.tradeoff import Point, tradeoff
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample

MOST = 40  # runs
LOOKED = 200  # newest runs that are looked through for those of the same question
DRAWS = 300


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    by: Sequence[str] | None = None,
    aim: str = "demographic_parity",
    metric: str | None = None,
) -> dict[str, Any]:
    """Hold a run against its mitigations and the other runs of its question."""
    return {"report": plain(of(context, run, by, aim, metric, progress=progress))}


def of(
    context: Context,
    run: str,
    by: Sequence[str] | None = None,
    aim: str = "demographic_parity",
    metric: str | None = None,
    only: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Report:
    """The trade-off of a run, its mitigations and the other runs with its test rows.

    Parameters
    ----------
    by
        The columns that form the groups, all together; the first sensitive one by default.
    metric
        A metric of the task; the primary one by default.
    only
        Ids of the runs that it is held against; all of the same question by default.

    Raises
    ------
    UsageError
        There is no sensitive column, or the metric or the aim is unknown.
    """
    first = Results.of(context, run)
    task = first.signature.task
    columns = list(by or first.schema.audited()[:1])
    if not columns:
        raise UsageError(
            f"{first.dataset.ref} has no sensitive column.",
            "Mark one on the Data page or name it: by=[...].",
        )
    for column in columns:
        first.schema[column]
    if task == "binary" and aim not in METRIC:
        raise UsageError(f"{aim!r} is no aim.", f"Use one of: {', '.join(METRIC)}.")
    name = metric or PRIMARY[task]
    if name not in METRICS[task]:
        raise UsageError(f"{name!r} is no metric of {task}.", f"Use: {', '.join(METRICS[task])}.")
    judged = METRIC[aim] if task == "binary" else HEADLINE[task]
    chosen = [first, *_others(context, first, only)]
    points = []
    for number, results in enumerate(chosen):
        progress(number / len(chosen), f"auditing {results.title}")
        point = _point(results, columns, judged, name)
        if point is not None:
            points.append(point)
    if not points or points[0].run != first.record.id:
        raise UsageError(
            f"{' and '.join(columns)} has no two groups of 30 test rows or more.",
            "Choose a column whose values repeat.",
        )
    report = tradeoff(
        points,
        first.record.id,
        by=columns,
        metric=name,
        metric_title=METRICS[task][name].title,
        higher_is_better=METRICS[task][name].higher_is_better,
        gap=judged,
    )
    progress(1.0, f"{len(points)} runs")
    return report


def _others(context: Context, first: Results, only: Sequence[str] | None) -> list[Results]:
    """Finished runs of the same data, target and split, newest first."""
    found = []
    for record in context.store.runs(LOOKED):
        if record.id == first.record.id or (only is not None and record.id not in only):
            continue
        if _alike(record, first.record) and len(found) < MOST:
            found.append(Results.of(context, record.id))  # lists leave signatures out
    alike = [r for r in found if r.signature.classes == first.signature.classes]
    return alike if only is None else sorted(alike, key=lambda r: list(only).index(r.record.id))


def _alike(record: RunRecord, first: RunRecord) -> bool:
    return (
        record.state == "done"
        and record.dataset_digest == first.dataset_digest
        and record.recipe.split == first.recipe.split
        and record.recipe.target == first.recipe.target
    )


def _point(results: Results, columns: list[str], judged: str, metric: str) -> Point | None:
    """The run's place; None where its predictions are gone or its groups are too small."""
    try:
        gap = _gap(results, columns, judged)
    except WorkbenchError:
        return None
    quality = results.record.metrics.get(metric)
    if gap is None or gap.difference is None or quality is None:
        return None
    done = results.record.recipe.mitigation
    return Point(
        results.record.id,
        titled(results, done),
        done.method if done else "",
        done.aim if done else "",
        done.strength if done else None,
        float(quality),
        gap.difference,
        gap.difference_low,
        gap.difference_high,
        gap.ratio,
        results.record.tags.get("origin", ""),
    )


def titled(results: Results, done: Mitigation | None) -> str:
    """``lightgbm 3f2a``, or what was done to it."""
    if done is None:
        return results.title
    more = "" if done.strength == 1 else f" {done.strength:g}"
    return f"{METHODS[done.method]}{more} ({results.title})"


def _gap(results: Results, columns: list[str], judged: str) -> Gap | None:
    signature = results.signature
    truth, scores = results.test_truth(), results.test_scores()
    predicted = None if signature.task == "regression" else decide(scores, signature)
    sample = Sample.of(signature.task, truth, scores, predicted=predicted)
    frame = results.test_rows(columns)
    measured = measure(sample, {c: frame[c] for c in columns}, DRAWS, 0)
    last, rates = measured.found[-1], measured.rates[-1]
    groups = large(last)
    if len(groups) < 2:
        return None
    found = {g.metric: g for g in gaps(last, rates, np.asarray(groups))}
    return found.get(judged)

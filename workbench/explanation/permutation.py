"""Permutation importance (Breiman 2001; Fisher et al. 2019): what shuffling a column costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.explanation.exchange import Exchange
from workbench.explanation.explainer import Explainable, Places
from workbench.measures.intervals import Estimate, Interval, affordable, paired
from workbench.measures.metrics import METRICS, Metric
from workbench.measures.sample import Sample
from workbench.measures.words import counted, listed, noun, number, span

REPEATS = 5
DRAWS = 200


def permutations(rows: int, repeats: int, seed: int) -> list[Places]:
    """Orders of the rows; every column meets the same ones, so that columns compare fairly.

    They are scikit-learn's of the same seed (``permutation_importance(random_state=seed)``).
    """
    legacy = np.random.RandomState(seed)
    random = np.random.RandomState(legacy.randint(np.iinfo(np.int32).max + 1))
    order = np.arange(rows)
    found = [np.arange(rows)]
    for _ in range(repeats):
        random.shuffle(order)
        found.append(found[-1][order])  # scikit-learn shuffles what it has shuffled before
    return found[1:]


def importance(
    predictor: Explainable,
    frame: Any,
    truth: np.ndarray,
    subject: str,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """How much worse the primary metric becomes once one column says nothing.

    Parameters
    ----------
    frame, truth
        Rows that the model was not fitted on, and their class numbers or values.
    repeats
        Times that each column is shuffled; the value is the mean.

    Returns
    -------
    Report
        kind ``importance``. Table ``importance``: the loss (positive where the column helps) with
        the 95 % bootstrap interval over rows, and the standard deviation over the repeats.

    Raises
    ------
    DataError
        There are fewer than two rows, or the metric says nothing of them.
    """
    if len(frame) < 2:
        raise DataError("There are too few rows to shuffle.", "Choose a part that has more rows.")
    signature = predictor.signature
    metric = METRICS[signature.task][PRIMARY[signature.task]]
    exchange = Exchange(predictor, frame)
    own = _sample(truth, predictor.scores(frame), signature)
    if metric(own) is None:
        raise DataError(
            f"{metric.title} does not apply to these rows: they hold one class only.",
            "Take more rows.",
        )
    orders = permutations(len(frame), repeats, seed)
    draws = affordable(DRAWS, len(frame) * repeats, max(1, len(signature.classes)))
    found = {}
    for place, column in enumerate(signature.names):
        part = within(progress, place / len(signature.names), (place + 1) / len(signature.names))
        part(0.0, f"shuffling {column}")
        shuffled = [_shuffled(exchange, column, truth, order) for order in orders]
        found[column] = _loss(own, shuffled, metric, draws, seed, part)
    progress(1.0, "done")
    return _report(
        found, float(metric(own) or 0.0), metric, signature, subject, len(frame), repeats
    )


def _sample(truth: np.ndarray, scores: np.ndarray, signature: Signature) -> Sample:
    if signature.task == "regression":
        return Sample.of(signature.task, truth, scores)
    return Sample.of(signature.task, truth, scores, predicted=decide(scores, signature))


def _shuffled(exchange: Exchange, column: str, truth: np.ndarray, order: Places) -> Sample:
    """The rows with the cells of one column dealt anew."""
    signature = exchange.predictor.signature
    own = exchange.own[column]
    if own is None:
        frame = exchange.frame.copy()
        frame[column] = frame[column].iloc[order].set_axis(frame.index)
        matrix = exchange.predictor.prepared(frame)
    else:
        matrix = exchange.prepared.copy()
        matrix[:, own] = matrix[order][:, own]
    scores = exchange.scores(matrix)
    if signature.task == "regression":
        scores = scores[:, 0]
    elif signature.task == "binary":
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    return _sample(truth, scores, signature)


def _loss(
    own: Sample,
    shuffled: list[Sample],
    metric: Metric,
    draws: int,
    seed: int,
    progress: Progress,
) -> tuple[Interval, float]:
    """Mean loss with its interval, and its spread over the repeats."""
    sign = 1.0 if metric.higher_is_better else -1.0
    base, *others = (
        one[metric.name]
        for one in paired(
            [own, *shuffled], {metric.name: metric}, draws=draws, seed=seed, progress=progress
        )
    )
    losses: list[Estimate] = [base.minus(other) for other in others]
    each = np.array([sign * float(one.value or 0.0) for one in losses])
    spread = sign * np.mean([one.draws for one in losses], axis=0)
    return Estimate(float(each.mean()), spread).interval(), float(each.std())


def _report(
    found: dict[str, tuple[Interval, float]],
    value: float,
    metric: Metric,
    signature: Signature,
    subject: str,
    rows: int,
    repeats: int,
) -> Report:
    order = sorted(found, key=lambda c: -float(found[c][0].value or 0.0))
    table = Table(
        "importance",
        ("column", "value", "low", "high", "spread"),
        tuple(
            (c, found[c][0].value, found[c][0].low, found[c][0].high, found[c][1]) for c in order
        ),
        f"How much worse {noun(metric.title)} becomes when the column is shuffled.",
    )
    return Report(
        "importance",
        subject,
        f"Permutation importance on {counted(rows, 'row')}",
        _sentence(order, found, value, metric),
        {
            "metric": metric.name,
            "higher_is_better": metric.higher_is_better,
            "value": value,
            "rows": rows,
            "repeats": repeats,
            "task": signature.task,
        },
        tuple(_findings(order, found, metric)),
        (table,),
    )


def _sentence(
    order: list[str], found: dict[str, tuple[Interval, float]], value: float, metric: Metric
) -> str:
    first = found[order[0]][0]
    if first.value is None or first.value <= 0:
        return f"Shuffling any one column does not make {noun(metric.title)} worse."
    verb = "falls" if metric.higher_is_better else "rises"
    interval = (
        f" (95% interval {span(first.low, first.high)})"
        if first.low is not None and first.high is not None
        else ""
    )
    return (
        f"{order[0]} matters most: without it {noun(metric.title)} {verb} from {number(value)} by"
        f" {number(first.value)}{interval}."
    )


def _findings(
    order: list[str], found: dict[str, tuple[Interval, float]], metric: Metric
) -> Iterator[Finding]:
    idle = [c for c in order if found[c][0].side <= 0]
    if idle:
        shown = listed(idle) if len(idle) < 6 else f"{', '.join(idle[:5])} and {len(idle) - 5} more"
        yield Finding(
            "idle-columns",
            "info",
            f"Shuffling {shown} does not make {noun(metric.title)} surely worse: the model may do"
            " without, one at a time (columns that say the same cover for each other).",
            {"columns": idle},
        )

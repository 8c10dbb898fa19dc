"""Significance: whether two models differ, by tests beside the bootstrap, and if it matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding, Table
from workbench.measures.abreast import abreast
from workbench.measures.intervals import Estimate
from workbench.measures.losses import LOSSES, losses, shares
from workbench.measures.metrics import METRICS, Metric
from workbench.measures.pairs import PairTest, Together, holm, mcnemar, rows_needed
from workbench.measures.resampled import (
    Chances,
    corrected_interval,
    corrected_test,
    correlated_chances,
    sampled_chances,
)
from workbench.measures.sample import Sample
from workbench.measures.words import counted, noun, number

ROPE = 0.01  # a point of a share, or this part of an error, counts for nothing
SURE = 0.95
TESTS = {
    "mcnemar": "McNemar",
    "delong": "DeLong",
    "losses": "paired t of losses",
    "folds": "corrected t of folds",
}


@dataclass(frozen=True)
class Folded:
    """What a model's cross-validation said.

    Parameters
    ----------
    marks
        Equal for models that were validated on the same folds.
    ratio
        Held-out over training rows.
    values
        Metric to the score of each fold; None where it does not apply.
    """

    marks: str
    ratio: float
    values: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    unstable: bool = False  # whether the folds differ more than chance explains


@dataclass(frozen=True, eq=False)
class Contestant:
    """A model as the tests take it."""

    id: str
    title: str
    sample: Sample
    estimate: Estimate  # of the primary metric
    folded: Folded | None = None


@dataclass(frozen=True, eq=False)
class _Rows:
    """What the tests of all pairs share."""

    losses: Together
    areas: Together | None

    @classmethod
    def of(cls, models: Sequence[Contestant]) -> _Rows:
        samples = [m.sample for m in models]
        areas = list(abreast(lambda sample: shares(sample, "roc_auc"), samples))
        known = [a for a in areas if a is not None]
        return cls(
            Together.of(list(abreast(losses, samples))),
            Together.of(known) if len(known) == len(models) else None,
        )


def tests(models: Sequence[Contestant]) -> Table:
    """Every pair by each test that applies; ``p_adjusted`` is Holm's over the pairs of a test."""
    task = models[0].sample.task
    rows: list[list[Any]] = []
    shared = _Rows.of(models)
    for (i, a), (j, b) in combinations(enumerate(models), 2):
        for name, metric, found in (*_by_rows(shared, i, j, a, b), *_by_folds(a, b)):
            lower = name == "losses" or not METRICS[task][metric].higher_is_better
            better = _better(found, a, b, lower)
            rows.append(
                [a.id, b.id, name, metric, found.difference, found.low, found.high,
                 found.statistic, found.p, None, found.effect, better]
            )  # fmt: skip
    for name in TESTS:
        mine = [r for r in rows if r[2] == name]
        for row, p in zip(mine, holm([r[8] for r in mine]), strict=True):
            row[9] = p
    columns = (
        "a", "b", "test", "metric", "difference", "low", "high", "statistic", "p", "p_adjusted",
        "effect", "better",
    )  # fmt: skip
    caption = "a minus b; 95% intervals; the adjusted p holds for all pairs of a test (Holm)."
    return Table("tests", columns, tuple(tuple(r) for r in rows), caption)


Tested = tuple[str, str, PairTest]


def _by_rows(shared: _Rows, i: int, j: int, a: Contestant, b: Contestant) -> Iterator[Tested]:
    task = a.sample.task
    if task != "regression":
        yield "mcnemar", "accuracy", mcnemar(a.sample.right, b.sample.right)
    told = None if shared.areas is None else shared.areas.test(i, j, normal=True)
    if told is not None:
        yield "delong", "roc_auc", _turned(told)  # of AUC, not of what is missing to 1
    found = shared.losses.test(i, j)
    if found is not None:
        yield "losses", LOSSES[task].replace(" ", "_"), found


def _by_folds(a: Contestant, b: Contestant) -> Iterator[Tested]:
    task = a.sample.task
    apart = _apart(a, b, PRIMARY[task])
    if apart is not None:
        values, ratio = apart
        test = corrected_test(values, ratio)
        if test is not None:
            i = corrected_interval(values, ratio)
            deviation = float(values.std(ddof=1))
            effect = float(values.mean()) / deviation if deviation else None
            yield "folds", PRIMARY[task], PairTest(
                float(values.mean()), i.low, i.high, _finite(test.statistic), test.p, effect
            )  # fmt: skip


def _apart(a: Contestant, b: Contestant, metric: str) -> tuple[np.ndarray, float] | None:
    """The differences of two models' folds, if these are the same, and held-out over training."""
    if a.folded is None or b.folded is None or a.folded.marks != b.folded.marks:
        return None
    pairs = zip(a.folded.values.get(metric, ()), b.folded.values.get(metric, ()), strict=True)
    known = [x - y for x, y in pairs if x is not None and y is not None]
    return (np.array(known), a.folded.ratio) if len(known) > 1 else None


def _turned(found: PairTest) -> PairTest:
    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return PairTest(
        -found.difference, minus(found.high), minus(found.low), minus(found.statistic), found.p,
        minus(found.effect),
    )  # fmt: skip


def _better(found: PairTest, a: Contestant, b: Contestant, lower: bool) -> str:
    if found.p >= 1 - SURE or found.difference == 0:
        return ""
    return a.id if (found.difference > 0) != lower else b.id


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def practical(models: Sequence[Contestant], rope: float | None = None) -> Table:
    """How likely one is better by more than what counts for nothing, and how likely neither is.

    From the folds where two models were validated on the same ones (Bayesian correlated t-test,
    Corani and Benavoli 2015), and from the bootstrap of the shared test rows.
    """
    task = models[0].sample.task
    name = PRIMARY[task]
    metric = METRICS[task][name]
    rows = []
    for a, b in combinations(models, 2):
        if a.estimate.value is None or b.estimate.value is None:
            continue
        width = _width(metric, a, b, rope)
        apart = _apart(a, b, name)
        found = None if apart is None else correlated_chances(*apart, width)
        for source, chances in (
            ("folds", found),
            ("rows", sampled_chances(a.estimate.minus(b.estimate).draws, width)),
        ):
            if chances is not None:
                rows.append(_told(a, b, metric, source, width, chances))
    columns = (
        "a",
        "b",
        "metric",
        "source",
        "rope",
        "a_better",
        "equivalent",
        "b_better",
        "sentence",
    )
    caption = "Chances that one is better by more than the region of practical equivalence (rope)."
    return Table("practical", columns, tuple(rows), caption)


def _width(metric: Metric, a: Contestant, b: Contestant, rope: float | None) -> float:
    if rope is not None or metric.points:
        return ROPE if rope is None else rope
    return ROPE * min(abs(a.estimate.value or 0.0), abs(b.estimate.value or 0.0))


def _told(
    a: Contestant, b: Contestant, metric: Metric, source: str, width: float, chances: Chances
) -> tuple[Any, ...]:
    up = metric.higher_is_better
    first, second = (chances.above, chances.below) if up else (chances.below, chances.above)
    what = noun(metric.title)
    size = f"{number(width * 100)} points" if metric.points else number(width)
    if metric.points and width == ROPE:
        size = "1 point"
    if chances.within >= SURE:
        text = (
            f"{a.title} and {b.title} are practically equivalent with {_percent(chances.within)}:"
            f" less than {size} of {what} apart."
        )
    elif max(first, second) >= SURE:
        winner, chance = (a, first) if first > second else (b, second)
        text = f"{winner.title} is better by more than {size} of {what} with {_percent(chance)}."
    else:
        text = (
            f"{a.title} better by more than {size}: {_percent(first)}, {b.title}:"
            f" {_percent(second)}, neither: {_percent(chances.within)}."
        )
    return (a.id, b.id, metric.name, source, width, first, chances.within, second, text)


def _percent(share: float) -> str:
    if 0.995 <= share < 1:
        return "over 99%"
    if 0 < share < 0.005:
        return "under 1%"
    return f"{share:.0%}"


def too_few(a: Contestant, b: Contestant) -> Iterator[Finding]:
    """A lead that these rows are too few to show, and how many would."""
    name = PRIMARY[a.sample.task]
    metric = METRICS[a.sample.task][name]
    apart = a.estimate.minus(b.estimate)
    found = apart.interval()
    if found.value is None or found.low is None or found.high is None or found.side != 0:
        return
    error = float(np.nanstd(apart.draws))
    rows = len(a.sample)
    needed = rows_needed(found.value, error, rows)
    if needed is None or needed <= rows or needed > 1000 * rows:
        return
    reach = 2.8 * error
    lead, seen = abs(found.value), (f"{v * 100:.1f} points" for v in (abs(found.value), reach))
    said = [*seen] if metric.points else [number(lead), number(reach)]
    yield Finding(
        "too-few-rows",
        "info",
        f"{a.title} is ahead by {said[0]} of {noun(metric.title)}, but {counted(rows, 'test row')}"
        f" show differences from about {said[1]} on. Some {_rounded(needed):,} would be needed for"
        " this one: validate both on the same folds, or keep more rows for testing.",
        {"rows": rows, "needed": needed, "difference": found.value, "shown_from": reach},
    )


def _rounded(value: int) -> int:
    """Two digits: an estimate of an estimate."""
    digits = max(len(str(value)) - 2, 0)
    return int(round(value, -digits))

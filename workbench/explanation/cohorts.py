"""Two groups of rows beside each other: what moves their predictions, and how good these are.

No contribution is computed anew: the rows of a kept explanation are dealt to the groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from workbench.core.errors import DataError
from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding, Report, Table
from workbench.explanation.explain import FIXED
from workbench.explanation.explainer import Floats
from workbench.measures.intervals import Estimate, affordable, bootstrap
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample
from workbench.measures.words import counted, listed, number

FEWEST = 2  # rows of a group: below, there is no spread
FEW = 30
RATE = 0.05  # false discoveries among the columns that are told
LEVEL = 0.95
NAMED = 3  # columns in the sentence
DRAWS = 400
QUALITY = {
    "binary": ("roc_auc", "log_loss", "accuracy", "f1"),
    "multiclass": ("log_loss", "accuracy", "f1"),
    "regression": ("rmse", "mae", "r2"),
}


@dataclass(frozen=True, eq=False)
class Cohort:
    """A group of rows.

    Parameters
    ----------
    words
        Which rows: ``sex is Female``.
    explained
        (n,) booleans over the rows of the explanation's table ``data``.
    sample
        All test rows of the group with what the model said of them; None where it has none.
    """

    words: str
    explained: np.ndarray
    sample: Sample | None


def cohorts(
    explanation: Report,
    first: Cohort,
    second: Cohort,
    subject: str,
    *,
    task: str,
    shared: int = 0,
    seed: int = 0,
) -> Report:
    """What moves the predictions of one group of rows more than those of another.

    Parameters
    ----------
    explanation
        A report of kind ``explanation``.
    shared
        How many test rows are in both groups.

    Returns
    -------
    Report
        kind ``cohorts``. Table ``contributions``: for each column and class the mean contribution
        in both groups and their difference (first minus second) with a 95% interval, the same of
        the mean size, and ``p`` of the former, adjusted for the number of columns (Benjamini and
        Hochberg 1995). Intervals are Welch's; rows in both groups count for their covariance.
        Table ``quality``: metrics of all test rows of both groups with bootstrap intervals.

    Raises
    ------
    DataError
        A group has too few explained rows.
    """
    for one in (first, second):
        if one.explained.sum() < FEWEST:
            raise DataError(
                f"{counted(int(one.explained.sum()), 'explained row')} of"
                f" {len(one.explained):,} belong to the group “{one.words}”.",
                "Choose a wider group, or explain more rows.",
            )
    contributions = _contributions(explanation, first, second)
    quality = _quality(first, second, task, seed)
    space = str(explanation.facts["space"])
    facts = {
        "a": first.words,
        "b": second.words,
        "space": space,
        "classes": list(explanation.facts["classes"]),
        "rows": len(first.explained),
        "shared": shared,
        "level": LEVEL,
        "primary": PRIMARY[task],  # type: ignore[index]
        "seed": seed,
    }
    return Report(
        "cohorts",
        subject,
        f"{first.words} against {second.words}",
        _sentence(contributions, first, second, space),
        facts,
        tuple(_findings(first, second, quality, shared)),
        (_groups(explanation, first, second), contributions, quality),
    )


def _groups(explanation: Report, first: Cohort, second: Cohort) -> Table:
    """Both groups' rows and mean outputs, for each class."""
    lines = _by_class(explanation)
    output = FIXED.index("output")
    rows = tuple(
        (
            side,
            one.words,
            int(one.explained.sum()),
            0 if one.sample is None else len(one.sample),
            of_class,
            float(np.array([line[output] for line in found])[one.explained].mean()),
        )
        for side, one in (("a", first), ("b", second))
        for of_class, found in lines.items()
    )
    columns = ("group", "where", "explained", "rows", "class", "output")
    return Table("groups", columns, rows, "Rows, and the mean of what is explained.")


def _by_class(explanation: Report) -> dict[Any, list[tuple[Any, ...]]]:
    found: dict[Any, list[tuple[Any, ...]]] = {}
    for row in explanation["values"].rows:
        found.setdefault(row[1], []).append(row)
    return found


def _contributions(explanation: Report, first: Cohort, second: Cohort) -> Table:
    names = explanation["values"].columns[len(FIXED) :]
    told: list[list[Any]] = []
    for of_class, lines in _by_class(explanation).items():
        values = np.array([line[len(FIXED) :] for line in lines], dtype=np.float64)
        signed = _gap(values, first.explained, second.explained)
        sized = _gap(np.abs(values), first.explained, second.explained)
        for k, name in enumerate(names):
            told.append([name, of_class, *signed.of(k), *sized.of(k), float(signed.p[k])])
    adjusted = _adjusted(np.array([row[-1] for row in told]))
    for row, p in zip(told, adjusted, strict=True):
        row[-1] = float(p)
    told.sort(key=lambda row: -abs(row[4]))
    columns = (
        "column", "class", "a", "b", "difference", "difference_low", "difference_high",
        "size_a", "size_b", "size_difference", "size_difference_low", "size_difference_high", "p",
    )  # fmt: skip
    caption = "Mean contributions, the furthest apart first; 95% intervals; p is adjusted."
    return Table("contributions", columns, tuple(map(tuple, told)), caption)


@dataclass(frozen=True, eq=False)
class _Gap:
    """Means of two groups in each column, and their difference."""

    a: Floats
    b: Floats
    low: Floats
    high: Floats
    p: Floats

    def of(self, k: int) -> list[float]:
        found = (self.a[k], self.b[k], self.a[k] - self.b[k], self.low[k], self.high[k])
        return [float(value) for value in found]


def _gap(values: Floats, first: np.ndarray, second: np.ndarray) -> _Gap:
    """Differences of means with Welch's standard errors and degrees of freedom (1947).

    A row in both groups adds the difference of its two shares, so its covariance is counted.
    """
    n, m = int(first.sum()), int(second.sum())
    a, b = values[first].mean(axis=0), values[second].mean(axis=0)
    inside = values[first].var(axis=0, ddof=1) / n
    outside = values[second].var(axis=0, ddof=1) / m
    both = first & second
    together = ((values[both] - a) * (values[both] - b)).sum(axis=0) / (n * m)
    variance = np.maximum(inside + outside - 2 * together, 0.0)
    parts = inside**2 / (n - 1) + outside**2 / (m - 1)
    freedom = np.divide(
        (inside + outside) ** 2, parts, out=np.full_like(parts, float(n + m - 2)), where=parts > 0
    )
    error = np.sqrt(variance)
    reach = error * student.ppf((1 + LEVEL) / 2, freedom)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * student.sf(np.abs((a - b) / error), freedom)
    p = np.where(error > 0, p, np.where(a == b, 1.0, 0.0))
    return _Gap(a, b, a - b - reach, a - b + reach, p)


def _adjusted(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted values, in the given order."""
    order = np.argsort(p, kind="stable")
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return found


def _quality(first: Cohort, second: Cohort, task: str, seed: int) -> Table:
    """Metrics of both groups; the groups are resampled apart."""
    metrics = {k: METRICS[task][k] for k in QUALITY[task] if k in METRICS[task]}  # type: ignore[index]
    columns = (
        "name", "title", "a", "a_low", "a_high", "b", "b_low", "b_high",
        "difference", "difference_low", "difference_high", "higher_is_better",
    )  # fmt: skip
    if first.sample is None or second.sample is None:
        return Table("quality", columns, ())
    told = [
        bootstrap(s, metrics, draws=affordable(DRAWS, len(s), s.classes), seed=seed + place)
        for place, s in enumerate((first.sample, second.sample))
    ]
    rows = []
    for name, metric in metrics.items():
        a, b = told[0][name], told[1][name]
        least = min(len(a.draws), len(b.draws))
        a, b = Estimate(a.value, a.draws[:least]), Estimate(b.value, b.draws[:least])
        ends = [(i.value, i.low, i.high) for i in (e.interval() for e in (a, b, a.minus(b)))]
        rows.append((name, metric.title, *(v for end in ends for v in end),
                     metric.higher_is_better))  # fmt: skip
    caption = "All test rows of both groups, with 95% bootstrap intervals."
    return Table("quality", columns, tuple(rows), caption)


def _sentence(contributions: Table, first: Cohort, second: Cohort, space: str) -> str:
    sure = [r for r in contributions.records() if r["p"] <= RATE]
    told: dict[str, Mapping[str, Any]] = {}
    for row in sure:
        told.setdefault(row["column"], row)
    if not told:
        return (
            f"No column moves the predictions of “{first.words}” otherwise than those of"
            f" “{second.words}”, beyond chance."
        )
    best, *others = list(told.values())[:NAMED]
    than = "elsewhere" if second.words == REST else f"where {second.words}"
    unit = " log-odds" if space == "log-odds" else ""
    toward = f" toward {best['class']}" if best["class"] is not None else ""
    more = [f"{r['column']} ({_apart(r)}{_other(r, best)})" for r in others]
    return (
        f"Where {first.words}, {best['column']} moves the prediction"
        f" {_apart(best, unit)}{toward} than {than}"
        f"{f'; then {listed(more)}' if more else ''}."
    )


REST = "all other rows"


def _apart(row: Mapping[str, Any], unit: str = "") -> str:
    way = "less" if row["difference"] < 0 else "more"
    return f"{number(abs(row['difference']))}{unit} {way}"


def _other(row: Mapping[str, Any], best: Mapping[str, Any]) -> str:
    """The class, where it is another than the one that was named."""
    return "" if row["class"] == best["class"] else f" toward {row['class']}"


def _findings(first: Cohort, second: Cohort, quality: Table, shared: int) -> Iterator[Finding]:
    few = [one for one in (first, second) if one.explained.sum() < FEW]
    for one in few:
        yield Finding(
            "few-explained-rows",
            "warning",
            f"Only {counted(int(one.explained.sum()), 'explained row')} in “{one.words}”: the"
            " intervals are rough. Explain more rows.",
            {"rows": int(one.explained.sum())},
        )
    if shared:
        yield Finding(
            "shared-rows",
            "info",
            f"{counted(shared, 'test row')} belong to both groups; intervals of the contributions"
            " heed that, those of the metrics are a little too wide.",
            {"rows": shared},
        )
    yield from _worse(first, second, quality)


def _worse(first: Cohort, second: Cohort, quality: Table) -> Iterator[Finding]:
    """The first metric that is surely worse in one of the groups."""
    apart: Sequence[Mapping[str, Any]] = [
        r
        for r in quality.records()
        if r["difference_low"] is not None and r["difference_low"] * r["difference_high"] > 0
    ]
    if apart:
        row = apart[0]
        better = (row["difference"] > 0) == row["higher_is_better"]
        worse, other = (second, first) if better else (first, second)
        value, rest = (row["b"], row["a"]) if better else (row["a"], row["b"])
        where = "elsewhere" if other.words == REST else f"where {other.words}"
        yield Finding(
            "worse-quality",
            "warning",
            f"The model is worse for “{worse.words}”: {row['title']} {number(value)} against"
            f" {number(rest)} {where}.",
            {"metric": row["name"], "difference": row["difference"]},
        )

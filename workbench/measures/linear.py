"""Metrics as functions of row-wise means: exactly, or to first order.

A metric that is a function of means costs one pass over the rows however often it is resampled.
Metrics of ranks are no such functions, but nearly: each row's influence is the derivative of the
metric by the row's weight, and the sum of weighted influences follows the metric up to terms of the
order of 1 / rows (the infinitesimal jackknife; for the area under the ROC curve it is DeLong's
method).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.measures.sample import Floats, Ranking, Sample

TOP = 0.1  # share of rows that lift looks at


@dataclass(frozen=True, eq=False)
class Linear:
    """Columns of shape ``(n,)`` each, and the metric from their weighted means (draws, columns)."""

    columns: Sequence[Floats]
    value: Callable[[Floats], Floats]

    @classmethod
    def mean(cls, values: Floats) -> Linear:
        """The mean itself."""
        return cls([values], lambda means: means[:, 0])

    @classmethod
    def shifted(cls, value: float, influence: Floats) -> Linear:
        """A value, and what each row adds to it; the influences add up to zero."""
        return cls([influence], lambda means: value + means[:, 0])

    @classmethod
    def unknown(cls, sample: Sample) -> Linear:
        """A metric that does not apply."""
        return cls([np.zeros(len(sample))], lambda means: np.full(len(means), np.nan))


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of equal scores, highest first, with their rows and hits, one weight a row."""

    ranking: Ranking
    rows: Floats
    hits: Floats

    @classmethod
    def of(cls, ranking: Ranking, positive: Floats) -> Runs:
        ends = np.append(ranking.starts[1:], len(ranking.order))
        hits = np.add.reduceat(positive[ranking.order], ranking.starts)
        return cls(ranking, (ends - ranking.starts).astype(np.float64), hits)

    def spread(self, values: Floats) -> Floats:
        """A value of each run as one of each row."""
        found = np.empty(len(self.ranking.order))
        found[self.ranking.order] = (
            values if len(values) == len(found) else np.repeat(values, self.rows.astype(np.int64))
        )
        return found


def area(ranking: Ranking, positive: Floats) -> tuple[float, Floats] | None:
    """The area under the ROC curve, and what each row adds to it (DeLong et al. 1988)."""
    runs = Runs.of(ranking, positive)
    others = runs.rows - runs.hits
    yes, no = float(runs.hits.sum()), float(others.sum())
    if not yes or not no:
        return None
    below = no - np.cumsum(others) + others / 2  # negatives under each run, ties by half
    above = np.cumsum(runs.hits) - runs.hits / 2
    found = float((runs.hits * below).sum() / (yes * no))
    rows = len(positive)
    won = runs.spread((below / no - found) * (rows / yes))
    kept = runs.spread((above / yes - found) * (rows / no))
    return found, np.where(positive > 0, won, kept)


def average_precision(ranking: Ranking, positive: Floats) -> tuple[float, Floats] | None:
    """Average precision, and what each row adds to it."""
    runs = Runs.of(ranking, positive)
    hits, rows = np.cumsum(runs.hits), np.cumsum(runs.rows)
    yes = float(hits[-1])
    if not yes:
        return None
    found = float((runs.hits * hits / rows).sum() / yes)
    # from each run down: what a hit above adds to all precisions, and what a row takes from them
    adds = np.cumsum((runs.hits / rows)[::-1])[::-1]
    takes = np.cumsum((runs.hits * hits / rows**2)[::-1])[::-1]
    gain = runs.spread(hits / rows + adds - found) * positive
    scale = len(positive) / yes
    return found, scale * (gain - runs.spread(takes))


def lift(ranking: Ranking, positive: Floats, top: float = TOP) -> tuple[float, Floats] | None:
    """How many times more positives the best ``top`` of the rows hold than as many at random."""
    runs = Runs.of(ranking, positive)
    rows = np.cumsum(runs.rows)
    yes, total = float(runs.hits.sum()), float(rows[-1])
    if not yes:
        return None
    cut = top * total
    inside = np.clip((cut - (rows - runs.rows)) / runs.rows, 0.0, 1.0)  # share of each run
    found = float((runs.hits * inside).sum()) / (top * yes)
    near = _near(runs, rows, cut)
    within = runs.spread(inside)
    gain = positive * within - near * (within - top)
    return found, (total / yes) * (gain / top - found * positive)


def _near(runs: Runs, rows: Floats, cut: float) -> float:
    """The share of positives around the cut, of some rows on both sides."""
    half = max(50.0, 2 * np.sqrt(rows[-1]))
    first, last = np.searchsorted(rows, [max(cut - half, 0.0), cut + half])
    last = min(int(last) + 1, len(rows))
    return float(runs.hits[first:last].sum() / runs.rows[first:last].sum())


def median(values: Floats) -> Linear:
    """The median by Bahadur's representation (1966): the quantile at the share below it, turned."""
    ordered = np.sort(values)
    rows = len(ordered)
    middle = (ordered[(rows - 1) // 2] + ordered[rows // 2]) / 2

    def value(means: Floats) -> Floats:
        places = np.clip((0.5 + base - means[:, 0]) * (rows - 1), 0, rows - 1)
        found: Floats = np.interp(places, np.arange(rows), ordered)
        return np.where(means[:, 0] == base, middle, found)

    below = (values <= middle).astype(np.float64)
    base = float(below.mean())
    return Linear([below], value)

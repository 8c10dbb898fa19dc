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
from numpy.typing import NDArray

from workbench.measures.sample import Codes, Floats, Runs, Sample

TOP = 0.1  # share of rows that lift looks at


@dataclass(frozen=True, eq=False)
class Linear:
    """A metric from weighted means of columns, ``value(means)`` of shape (draws, columns).

    Parameters
    ----------
    columns
        Each of shape (n,).
    order
        The rows that the columns' entries belong to; those of the sample in their order if None.
    cells
        (n,) the cell of each entry, and how many there are: one column then stands for that many,
        each holding its own cell's entries and zeros.
    """

    columns: Sequence[Floats]
    value: Callable[[Floats], Floats]
    order: Codes | None = None
    cells: tuple[Codes, int] | None = None

    @classmethod
    def mean(cls, values: Floats) -> Linear:
        """The mean itself."""
        return cls([values], lambda means: means[:, 0])

    @classmethod
    def shifted(cls, value: float, influence: Floats, order: Codes | None = None) -> Linear:
        """A value, and what each row adds to it; the influences add up to zero."""
        return cls([influence], lambda means: value + means[:, 0], order)

    @classmethod
    def unknown(cls, sample: Sample) -> Linear:
        """A metric that does not apply."""
        return cls([np.zeros(len(sample))], lambda means: np.full(len(means), np.nan))

    def dense(self, rows: int) -> Floats:
        """The columns of the sample's rows, shape (n, columns)."""
        if self.cells is not None:
            codes, count = self.cells
            found = np.zeros((rows, count))
            found[np.arange(rows), codes] = self.columns[0]
            return found
        stacked = np.column_stack(self.columns)
        if self.order is None:
            return stacked
        found = np.empty_like(stacked)
        found[self.order] = stacked
        return found

    def sums(self, block: NDArray[np.uint16], blocks: int) -> Floats:
        """The columns' sums over blocks of rows, shape (blocks, columns)."""
        mine = (block if self.order is None else block[self.order]).astype(np.int64)
        if self.cells is not None:
            codes, count = self.cells
            cells: Floats = np.bincount(
                mine * count + codes, self.columns[0], minlength=blocks * count
            ).astype(np.float64)
            return np.reshape(cells, (blocks, count))
        found: Floats = np.column_stack(
            [np.bincount(mine, c, minlength=blocks) for c in self.columns]
        )
        return found


def average_precision(runs: Runs) -> tuple[float, Floats] | None:
    """Average precision, and what each row adds to it, in the order of the ranking."""
    hits, rows = np.cumsum(runs.hits), np.cumsum(runs.rows)
    yes = float(hits[-1])
    if not yes:
        return None
    precise = hits / rows
    found = float(runs.hits @ precise / yes)
    # from each run down: what a hit above adds to all precisions, and what a row takes from them
    each = runs.hits / rows
    adds = np.cumsum(each[::-1])[::-1]
    takes = np.cumsum((each * precise)[::-1])[::-1]
    gain = runs.spread(precise + adds - found) * runs.positive
    return found, (len(runs.positive) / yes) * (gain - runs.spread(takes))


def lift(runs: Runs, top: float = TOP) -> tuple[float, Floats] | None:
    """How many times more positives the best ``top`` of the rows hold than as many at random."""
    rows = np.cumsum(runs.rows)
    yes, total = float(runs.hits.sum()), float(rows[-1])
    if not yes:
        return None
    cut = top * total
    inside = np.clip((cut - (rows - runs.rows)) / runs.rows, 0.0, 1.0)  # share of each run
    found = float(runs.hits @ inside) / (top * yes)
    near = _near(runs, rows, cut)
    within = runs.spread(inside)
    gain = runs.positive * within - near * (within - top)
    return found, (total / yes) * (gain / top - found * runs.positive)


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

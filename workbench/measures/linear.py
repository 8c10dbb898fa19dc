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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.measures.sample import Codes, Each, Floats, Runs, Sample, pieces

TOP = 0.1  # share of rows that lift looks at


@dataclass(frozen=True, eq=False)
class Linear:
    """A metric from weighted means of columns, ``value(means)`` of shape (draws, columns).

    Parameters
    ----------
    columns
        The columns' entries in a slice of the rows, each of shape (rows,): very many rows are never
        there at once.
    order
        The rows that the columns' entries belong to; those of the sample in their order if None.
    cells
        If not 0, how many columns the first one stands for: each holds the entries of its own cell,
        which the second one tells, and zeros.
    """

    columns: Callable[[slice], Sequence[NDArray[Any]]]
    value: Callable[[Floats], Floats]
    order: Codes | None = None
    cells: int = 0

    @classmethod
    def of(
        cls,
        sample: Sample,
        columns: Callable[[Sample], Sequence[NDArray[Any]]],
        value: Callable[[Floats], Floats],
        cells: int = 0,
    ) -> Linear:
        """From columns that look at each row alone."""
        return cls(lambda rows: columns(sample.part(rows)), value, cells=cells)

    @classmethod
    def mean(cls, sample: Sample, values: Callable[[Sample], Floats]) -> Linear:
        """The mean of what each row has by itself."""
        return cls.of(sample, lambda part: [values(part)], lambda means: means[:, 0])

    @classmethod
    def shifted(
        cls, value: float, influence: Callable[[slice], Floats], order: Codes | None = None
    ) -> Linear:
        """A value, and what each row adds to it; the influences add up to zero."""
        return cls(lambda rows: [influence(rows)], lambda means: value + means[:, 0], order)

    @classmethod
    def unknown(cls, sample: Sample) -> Linear:
        """A metric that does not apply."""
        zeros = np.zeros(len(sample))
        return cls(lambda rows: [zeros[rows]], lambda means: np.full(len(means), np.nan))

    def dense(self, rows: int) -> Floats:
        """The columns of all rows of the sample, shape (n, columns)."""
        columns = self.columns(slice(None))
        if self.cells:
            found = np.zeros((rows, self.cells))
            found[np.arange(rows), columns[1]] = columns[0]
            return found
        stacked = np.column_stack(columns)
        if self.order is None:
            return stacked
        found = np.empty_like(stacked)
        found[self.order] = stacked
        return found

    def sums(self, block: NDArray[np.uint16], blocks: int) -> Floats:
        """The columns' sums over blocks of rows, shape (blocks, columns).

        Parameters
        ----------
        block
            (n,) the block of each row.
        """
        first, *others = pieces(len(block))
        found = self._summed(first, block, blocks)
        for rows in others:
            found += self._summed(rows, block, blocks)
        return found

    def _summed(self, rows: slice, block: NDArray[np.uint16], blocks: int) -> Floats:
        columns = self.columns(rows)
        mine = block[rows if self.order is None else self.order[rows]].astype(np.int64)
        if self.cells:
            values, cell = columns
            sums = np.bincount(mine * self.cells + cell, values, minlength=blocks * self.cells)
            return np.reshape(sums, (blocks, self.cells)).astype(np.float64, copy=False)
        found: Floats = np.column_stack([np.bincount(mine, c, minlength=blocks) for c in columns])
        return found


def average_precision(runs: Runs) -> tuple[float, Each] | None:
    """Average precision, and what each row adds to it, in the order of the ranking."""
    reached, yes = runs.reached, float(runs.gained[-1])
    if not yes:
        return None
    precise = runs.gained / reached
    found = float(runs.hits @ precise / yes)
    # from each run down: what a hit above adds to all precisions, and what a row takes from them
    each = runs.hits / reached
    adds = np.cumsum(each[::-1])[::-1]
    each *= precise
    takes = np.cumsum(each[::-1])[::-1]
    takes *= -len(runs.positive) / yes
    precise += adds
    precise -= found
    precise *= len(runs.positive) / yes
    precise += takes
    return found, runs.each(precise, takes)


def lift(runs: Runs, top: float = TOP) -> tuple[float, Each] | None:
    """How many times more positives the best ``top`` of the rows hold than as many at random."""
    reached, total, yes = runs.reached, len(runs.positive), float(runs.gained[-1])
    if not yes:
        return None
    cut = top * total
    inside = reached - runs.rows  # rows above each run; then its share within the top
    np.subtract(cut, inside, out=inside)
    inside /= runs.rows
    np.clip(inside, 0.0, 1.0, out=inside)
    found = float(runs.hits @ inside) / (top * yes)
    near = _near(runs, reached, cut)
    scale = total / yes
    miss = (inside - top) * (-near * scale / top)
    inside *= scale / top
    inside += miss
    inside -= scale * found
    return found, runs.each(inside, miss)


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

    def below(rows: slice) -> Floats:
        lower: Floats = (values[rows] <= middle).astype(np.float64)
        return lower

    base = float(below(slice(None)).mean())
    return Linear(lambda rows: [below(rows)], value)

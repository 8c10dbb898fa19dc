"""A column of numbers or moments: everything from one sort of its cells."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

from workbench.core.dataset import Column
from workbench.data.coverage import coverage, moment
from workbench.data.summary import QUANTILES, Bin, Outliers, Summary, at
from workbench.data.target import numbers

BINS = 20
LEVELS = 32  # quantile bins of a number, where it is held against the target
LISTED = 200  # distinct values up to which they are listed
FENCE = 3.0  # interquartile ranges from the quartiles beyond which a number is an outlier
GRAIN = 1e-6  # of its spread: numbers closer than that are nearly equal
NOTHING = -(2**62) - 1


class Numbers:
    """The cells of a column of numbers, booleans or moments."""

    def __init__(self, values: pa.ChunkedArray, column: Column) -> None:
        self.column = column
        self.cells = numbers(values)
        self.whole = kinds.is_integer(values.type)
        self.moments = kinds.is_timestamp(values.type)
        self.missing = np.isnan(self.cells)
        if self.whole:  # large ids would run together as doubles
            self.key = values.fill_null(NOTHING).cast(pa.int64(), safe=False).to_numpy()
            self.key = self.key.view(np.uint64)
            exact = np.sort(self.key[~self.missing].view(np.int64))
            self.known = exact.astype(np.float64)
        else:
            self.key = self.cells.view(np.uint64)
            exact = self.known = np.sort(self.cells)[: len(self.cells) - self.missing.sum()]
        self._changes = exact[1:] != exact[:-1]
        self.distinct = int(np.count_nonzero(self._changes)) + 1 if len(exact) else 0

    @cached_property
    def alike(self) -> np.ndarray:
        """Equal where cells are equal or closer than a millionth of their spread."""
        spread = self._spread
        if self.whole or not spread or not np.isfinite(spread):
            return self.key
        with np.errstate(over="ignore", invalid="ignore"):
            return (np.rint(self.cells / (spread * GRAIN)) + 0.0).view(np.uint64)

    @cached_property
    def levels(self) -> tuple[np.ndarray, int]:
        """The group of each row, 0 where missing, and the number of groups.

        Each value is one while they are few; otherwise they are quantile bins.
        """
        if not len(self.known):
            return np.zeros(len(self.cells), np.int64), 1
        if self.distinct <= LEVELS:
            edges = self.known[self._starts]
        else:
            places = np.arange(1, LEVELS) * len(self.known) // LEVELS
            edges = np.unique(np.r_[self.known[0], self.known[places]])
        found = np.searchsorted(edges, self.cells, side="right")
        found[self.missing] = 0
        return found, len(edges) + 1

    def sample(self, picked: np.ndarray) -> np.ndarray:
        """Some cells, NaN where missing."""
        return self.cells[picked]

    def summary(self) -> Summary:
        """The column in numbers."""
        rows, known = len(self.cells), self.known
        base: dict[str, Any] = {
            "column": self.column,
            "rows": rows,
            "missing": rows - len(known),
            "distinct": self.distinct,
        }
        if not len(known):
            return Summary(**base)
        named = self.column.basis == "identifier"
        top, most = (None, 0) if self.distinct == len(known) else self._top()
        words = known[self._starts].tolist() if self.distinct <= LISTED else ()
        measured = not self.moments and not named
        return Summary(
            **base,
            mean=float(self._mean) if measured else None,
            std=self._spread if measured else None,
            skew=self._skew() if measured else None,
            quantiles=tuple(self._value(at(known, q)) for q in QUANTILES.values()),
            top=top,
            top_count=most,
            bins=() if named else self._bars(),
            words=tuple(words),
            counts=self._counts(),
            outliers=self._outliers() if measured else None,
            coverage=coverage(known) if self.moments else None,
        )

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.flatnonzero(np.r_[True, self._changes])

    @cached_property
    def _mean(self) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self.known.mean()) if len(self.known) else 0.0

    @cached_property
    def _spread(self) -> float:
        with np.errstate(all="ignore"):
            return float(self.known.std()) if len(self.known) else 0.0

    def _skew(self) -> float | None:
        """The third standardised moment; none where nothing varies."""
        spread = self._spread
        if self.distinct < 2 or not np.isfinite(spread) or spread <= abs(self._mean) * 1e-12:
            return None
        z = (self.known - self._mean) / spread
        return float(np.dot(z * z, z) / len(z))

    def _top(self) -> tuple[Any, int]:
        lengths = np.diff(np.r_[self._starts, len(self.known)])
        best = int(np.argmax(lengths))
        return self._value(self.known[self._starts[best]]), int(lengths[best])

    def _counts(self) -> tuple[int, ...]:
        if self.distinct <= LISTED:
            return tuple(np.diff(np.r_[self._starts, len(self.known)]).tolist())
        first = int(np.searchsorted(self.known, self.known[0], side="right"))
        last = len(self.known) - int(np.searchsorted(self.known, self.known[-1], side="left"))
        return first, last

    def _outliers(self) -> Outliers | None:
        known = self.known
        q25, q75 = at(known, 0.25), at(known, 0.75)
        reach = FENCE * (q75 - q25)
        if not np.isfinite(reach) or reach <= 0:
            return None  # more than half of the cells are equal: nothing tells what is far
        low, high = q25 - reach, q75 + reach
        below = int(np.searchsorted(known, low, side="left"))
        above = len(known) - int(np.searchsorted(known, high, side="right"))
        if not below + above:
            return None
        far = known[0] if low - known[0] > known[-1] - high else known[-1]
        return Outliers(below + above, low, high, self._value(far))

    def _value(self, number: float) -> Any:
        if self.moments:
            return moment(number)
        return int(number) if self.whole and float(number).is_integer() else float(number)

    def _bars(self) -> tuple[Bin, ...]:
        return ranges(self.known, self.whole, self._value)


def ranges(known: np.ndarray, whole: bool, value: Any = float) -> tuple[Bin, ...]:
    """The bars of numbers in ascending order; ``value`` makes their ends readable."""
    low, high = float(known[0]), float(known[-1])
    if whole and high - low <= 1.5 * BINS:  # a bar for each whole number
        edges = np.arange(low, high + 2)
        counts = np.diff(np.searchsorted(known, edges, side="left"))
        return tuple(
            Bin(int(n), low + i - 0.5, low + i + 0.5, str(int(low) + i))
            for i, n in enumerate(counts)
        )
    span = high - low
    if not np.isfinite(span):
        return ()
    if span <= abs(low) * 1e-12:  # too close for bins between them
        return (Bin(len(known), value(low), value(high)),)
    edges = np.array([low + span * i / BINS for i in range(BINS)] + [high])
    inner = np.searchsorted(known, edges[1:-1], side="left")
    counts = np.diff(np.r_[0, inner, len(known)])
    exact = value if value(low) != low else float  # moments as text, whole numbers with a point
    return tuple(Bin(int(n), exact(edges[i]), exact(edges[i + 1])) for i, n in enumerate(counts))

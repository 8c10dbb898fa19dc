"""One column in numbers: counts, quantiles, its most frequent value, and a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.dataset import Column
from workbench.data.coverage import Coverage

CUT = 120  # characters of a value that are shown
QUANTILES = {
    "min": 0.0, "q01": 0.01, "q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95,
    "q99": 0.99, "max": 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Bin:
    """One bar: of a range, or of a value, and then with a label."""

    count: int
    low: Any = None
    high: Any = None
    label: str = ""


@dataclass(frozen=True)
class Outliers:
    """Numbers beyond three interquartile ranges from the quartiles."""

    count: int
    low: float  # the fences
    high: float
    example: Any  # the farthest one


@dataclass(frozen=True)
class Summary:
    """A column in numbers.

    ``words`` are the distinct values: of a number the first 200, in order, and none if there are
    more; of text up to 2,000 of them. ``counts`` are the rows of each of the words; of a number
    with more values only the rows of the smallest and the largest.
    """

    column: Column
    rows: int
    missing: int
    distinct: int
    mean: float | None = None
    std: float | None = None
    skew: float | None = None
    quantiles: tuple[Any, ...] = (None,) * len(QUANTILES)
    top: Any = None
    top_count: int = 0
    bins: tuple[Bin, ...] = ()
    words: tuple[Any, ...] = ()
    counts: tuple[int, ...] = ()
    outliers: Outliers | None = None
    coverage: Coverage | None = None

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def known(self) -> int:
        return self.rows - self.missing

    @property
    def used(self) -> bool:
        """Whether models learn from it."""
        return self.column.role in ("feature", "sensitive")

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    @property
    def top_share(self) -> float | None:
        """Share of the filled cells that hold the most frequent value."""
        return self.top_count / self.known if self.top_count else None

    def quantile(self, name: str) -> Any:
        """One of the quantiles, by its name."""
        return self.quantiles[list(QUANTILES).index(name)]


def shown(value: Any) -> str:
    """A value as a label: one that is as long as a story is cut."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= CUT else text[: CUT - 1] + "…"


def at(ordered: np.ndarray, share: float) -> float:
    """A quantile of numbers in ascending order, between two of them if need be."""
    place = share * (len(ordered) - 1)
    low = int(place)
    first, second = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    rest = place - low
    # in this form nothing overflows, as first + rest * (second - first) would
    return first if first == second or rest == 0 else first * (1 - rest) + second * rest

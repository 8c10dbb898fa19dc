"""How strongly columns go together, by the measure that fits their types.

Pairs are judged by the rows in which both are filled, from a sample of the rows:

- two columns of numbers: Spearman's rank correlation, and Pearson's beside it; ranks are those
  among the column's own filled cells
- two of categories: Cramér's V with Bergsma's correction of its bias
- one of each: the correlation ratio (eta), the root of the share of the variance between groups
- all: mutual information over the arithmetic mean of the two entropies, of numbers in ten
  quantile bins
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

ROWS = 50_000
MOST = 40  # columns
GROUPS = 30  # of a category; rarer values make one group more
BINS = 10
FEWEST = 20  # rows


@dataclass(frozen=True)
class Sampled:
    """Some cells of a column: numbers with NaN, or codes with -1, where missing."""

    name: str
    cells: np.ndarray
    numeric: bool


@dataclass(frozen=True)
class Association:
    """Two columns: ``measure`` is spearman (-1 to 1), cramers_v or correlation_ratio (0 to 1)."""

    one: str
    other: str
    measure: str
    value: float
    pearson: float | None
    mutual_information: float
    rows: int

    def turned(self) -> Association:
        """The same pair, the other way round."""
        return replace(self, one=self.other, other=self.one)


def associations(columns: Sequence[Sampled]) -> tuple[Association, ...]:
    """All pairs of the first 40 columns that vary, the strongest first."""
    sides = [s for s in (_side(c) for c in columns) if s is not None][:MOST]
    numbers = [s for s in sides if s.numeric]
    groups = [s for s in sides if not s.numeric]
    found = [*_of_numbers(numbers)]
    for one, other in itertools.combinations(groups, 2):
        found += _of_groups(one, other)
    if groups and numbers:
        cells = np.array([s.cells for s in numbers])
        known = np.array([s.known for s in numbers], np.float64)
        powers = np.stack([known, cells, cells**2])
        for one in groups:
            found += _of_both(one, numbers, powers)
    place = {s.name: number for number, s in enumerate(sides)}
    ordered = [a if place[a.one] < place[a.other] else a.turned() for a in found]
    return tuple(sorted(ordered, key=lambda a: (-abs(a.value), place[a.one], place[a.other])))


@dataclass(frozen=True)
class _Side:
    """A column ready to be held against others."""

    name: str
    numeric: bool
    cells: np.ndarray  # numbers, 0 where missing, less their mean; empty for categories
    ranks: np.ndarray
    groups: np.ndarray  # from 1; 0 where missing
    count: int

    @property
    def known(self) -> np.ndarray:
        return self.groups > 0


def _side(column: Sampled) -> _Side | None:
    known = ~np.isnan(column.cells) if column.numeric else column.cells >= 0
    if np.count_nonzero(known) < FEWEST:
        return None
    if not column.numeric:
        groups, count = _grouped(column.cells)
        empty = np.empty(0)
        return _Side(column.name, False, empty, empty, groups, count) if count > 2 else None
    numbers = column.cells[known]
    with np.errstate(over="ignore", invalid="ignore"):
        spread = numbers.std()
    if not np.isfinite(spread) or spread == 0:
        return None
    cells, ranks = np.zeros((2, len(known)))
    cells[known] = (numbers - numbers.mean()) / spread
    ranks[known] = _centred_ranks(numbers)
    edges = np.unique(np.quantile(numbers, np.arange(1, BINS) / BINS))
    groups = np.zeros(len(known), np.int64)
    groups[known] = np.searchsorted(edges, numbers, side="right") + 1
    return _Side(column.name, True, cells, ranks, groups, len(edges) + 2)


def _grouped(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """The commonest values from 1, the rest as one group after them, 0 where missing."""
    counts = np.bincount(codes[codes >= 0])
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    place = np.full(len(counts) + 1, min(len(order), GROUPS + 1))
    place[order[:GROUPS]] = np.arange(1, min(len(order), GROUPS) + 1)
    place[-1] = 0
    return place[codes], int(place.max()) + 1


def _centred_ranks(numbers: np.ndarray) -> np.ndarray:
    """Average ranks, less their mean, over their spread."""
    values, back, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    del values
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[back]
    ranks -= ranks.mean()
    return np.asarray(ranks / ranks.std())


def _of_numbers(sides: Sequence[_Side]) -> Iterator[Association]:
    """All pairs at once, by products of matrices."""
    if len(sides) < 2:
        return
    known = np.array([s.known for s in sides], np.float64)
    rows = known @ known.T
    pearson = _correlations(np.array([s.cells for s in sides]), known, rows)
    spearman = _correlations(np.array([s.ranks for s in sides]), known, rows)
    for i, j in itertools.combinations(range(len(sides)), 2):
        both, value = int(rows[i, j]), spearman[i, j]
        if both >= FEWEST and np.isfinite(value):
            shared = _mutual_information(_table(sides[i], sides[j]))
            straight = float(pearson[i, j]) if np.isfinite(pearson[i, j]) else None
            yield Association(
                sides[i].name, sides[j].name, "spearman", float(value), straight, shared, both
            )


def _correlations(cells: np.ndarray, known: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Pearson's correlation of all pairs of rows of ``cells``, each over what both have."""
    sums, squares = cells @ known.T, (cells**2) @ known.T
    with np.errstate(divide="ignore", invalid="ignore"):
        products = cells @ cells.T - sums * sums.T / rows
        spread = squares - sums**2 / rows
        found: np.ndarray = np.clip(products / np.sqrt(spread * spread.T), -1, 1)
    return found


def _of_groups(one: _Side, other: _Side) -> Iterator[Association]:
    table = _table(one, other)
    rows = int(table.sum())
    if rows < FEWEST:
        return
    value = cramers_v(table)
    if value is not None:
        shared = _mutual_information(table)
        yield Association(one.name, other.name, "cramers_v", value, None, shared, rows)


def _of_both(groups: _Side, numbers: Sequence[_Side], powers: np.ndarray) -> Iterator[Association]:
    """The correlation ratios of all numbers with one category.

    ``powers`` are the zeroth, first and second powers of the cells, shape (3, numbers, rows).
    """
    order = np.argsort(groups.groups, kind="stable")  # rows of a group beside each other
    order = order[np.searchsorted(groups.groups[order], 1) :]
    starts = np.flatnonzero(np.r_[True, np.diff(groups.groups[order]) > 0])
    counts, sums, squares = np.add.reduceat(powers[:, :, order], starts, axis=2)
    squares, rows = squares.sum(axis=1), counts.sum(axis=1)
    for side, own, n, count, square in zip(numbers, sums, rows, counts, squares, strict=True):
        if n < FEWEST:
            continue
        middle = own.sum() ** 2 / n
        total = square - middle
        if total <= 1e-12 * square or np.count_nonzero(count) < 2:
            continue
        between = (own**2 / np.maximum(count, 1)).sum() - middle
        value = float(np.sqrt(np.clip(between / total, 0, 1)))
        shared = _mutual_information(_table(groups, side))
        yield Association(groups.name, side.name, "correlation_ratio", value, None, shared, int(n))


def _table(one: _Side, other: _Side) -> np.ndarray:
    """Rows of each pair of groups, of what both have."""
    size = one.count * other.count
    pairs = np.bincount(one.groups * other.count + other.groups, minlength=size)
    return pairs.reshape(one.count, other.count)[1:, 1:]


def cramers_v(table: np.ndarray) -> float | None:
    """Cramér's V of a table of counts, corrected for bias (Bergsma 2013); None where one side
    does not vary.
    """
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    r, k = table.shape
    n = table.sum()
    if min(r, k) < 2 or n < 2:
        return None
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum() / n)
    corrected = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, corrected / least))) if least > 0 else None


def _mutual_information(table: np.ndarray) -> float:
    """Normalised to 0..1 by the mean of the entropies; 0 where one side does not vary."""
    shares = table / table.sum()
    one, other = shares.sum(axis=1), shares.sum(axis=0)
    both = _entropy(shares.ravel())
    first, second = _entropy(one), _entropy(other)
    mean = (first + second) / 2
    return float(np.clip((first + second - both) / mean, 0, 1)) if min(first, second) > 0 else 0.0


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())

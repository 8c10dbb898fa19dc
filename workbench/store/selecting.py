"""A part of a table's order by one column, without putting the rest of the rows in order.

The values of every 64th row show between which two values the part lies. Rows beyond these are
counted, only those between them are looked at, and the counts say whether the part is among them:
if it is not (a column may repeat itself every 64 rows), the whole order must be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

from workbench.store import sorting
from workbench.tables import ParquetTable

STEP = 64  # rows of which one shows where a part lies
SPREAD = 4.0  # standard deviations of the place of a value in such a sample


@dataclass(frozen=True)
class Group:
    """The rows of one row group that take part."""

    start: int  # the number of its first row
    values: np.ndarray
    missing: np.ndarray | None  # bool; None where no cell is missing
    passes: np.ndarray | None  # bool; None where all rows pass the filter

    @property
    def present(self) -> np.ndarray | None:
        """Rows that pass and have a value, bool; None for all."""
        if self.missing is None:
            return self.passes
        return ~self.missing if self.passes is None else self.passes & ~self.missing

    @property
    def absent(self) -> np.ndarray:
        """The numbers of the rows that pass and have no value."""
        if self.missing is None:
            return np.empty(0, np.int64)
        lacks = self.missing if self.passes is None else self.missing & self.passes
        return self.start + np.flatnonzero(lacks)

    @property
    def sample(self) -> np.ndarray:
        """The values of a few rows."""
        some = self.values[::STEP]
        return some if self.present is None else some[self.present[::STEP]]

    def split(self, low: Any, high: Any) -> tuple[int, int, np.ndarray]:
        """How many values lie below and above two others, and the places of those between.

        None is below, or above, all values.
        """
        nowhere = np.zeros(len(self.values), bool)
        below = nowhere if low is None else self.values < low
        above = nowhere if high is None else self.values > high
        among = ~(below | above)
        present = self.present
        if present is not None:
            below, above, among = below & present, above & present, among & present
        return np.count_nonzero(below), np.count_nonzero(above), np.flatnonzero(among)


def between(
    table: ParquetTable,
    name: str,
    begin: int,
    end: int,
    descending: bool = False,
    rows: np.ndarray | None = None,
) -> np.ndarray | None:
    """The row numbers from place ``begin`` to ``end`` of an order, uint32.

    Parameters
    ----------
    rows
        The rows that take part, in order of the table; all when left out.

    Returns
    -------
    numpy.ndarray or None
        As :func:`workbench.store.sorting.order` has them; None where all rows must be put in
        order to know: text that seldom repeats, or not-a-numbers.
    """
    passes = None
    if rows is not None:
        passes = np.zeros(table.num_rows, bool)
        passes[rows] = True
    with ThreadPoolExecutor(2, "selecting") as pool:
        groups = _groups(table, name, passes, pool.map)
        return None if groups is None else _chosen(groups, begin, end, descending, pool.map)


def _chosen(
    groups: list[Group], begin: int, end: int, descending: bool, each: Callable[..., Iterable[Any]]
) -> np.ndarray | None:
    absent = np.concatenate([group.absent for group in groups])
    known = sum(_count(group) for group in groups)
    last = absent[max(0, begin - known) : max(0, end - known)].astype(np.uint32)
    end = min(end, known)
    if begin >= end:
        return last
    low, high = _bounds(groups, begin, end, known, descending)
    found = list(each(lambda group: group.split(low, high), groups))
    before = sum(part[1 if descending else 0] for part in found)
    among = np.concatenate([g.start + part[2] for g, part in zip(groups, found, strict=True)])
    if not before <= begin < end <= before + len(among):
        return None
    values = np.concatenate([g.values[p[2]] for g, p in zip(groups, found, strict=True)])
    if values.dtype.kind == "f" and np.isnan(values).any():
        return None
    places = _part(values, begin - before, end - before, descending)
    return np.concatenate([among[places].astype(np.uint32), last])


def _part(values: np.ndarray, begin: int, end: int, descending: bool) -> np.ndarray:
    """The places of values from ``begin`` to ``end`` of their stable order."""
    count = len(values)
    ends = (count - end, count - 1 - begin) if descending else (begin, end - 1)
    low, high = np.partition(values, ends)[[*ends]]
    inside = np.flatnonzero((values >= low) & (values <= high))
    before = begin - int(np.count_nonzero(values > high if descending else values < low))
    if low != high:  # else they stand in their order already
        inside = inside[_stable(values[inside], descending)]
    return inside[before : before + end - begin]


def _stable(values: np.ndarray, descending: bool) -> np.ndarray:
    """The stable order of values, downwards if asked: equal ones keep their places all the same."""
    if not descending:
        return np.argsort(values, kind="stable")
    turned = np.argsort(values[::-1], kind="stable")
    return len(values) - 1 - turned[::-1]


def _count(group: Group) -> int:
    present = group.present
    return len(group.values) if present is None else int(np.count_nonzero(present))


def _bounds(
    groups: list[Group], begin: int, end: int, known: int, descending: bool
) -> tuple[Any, Any]:
    """Two values between which the part should lie; None where it may begin or end the order."""
    sample = np.sort(np.concatenate([group.sample for group in groups]))
    if descending:
        begin, end = known - end, known - begin
    share = len(sample) / known
    margin = 1 + SPREAD * (len(sample) ** 0.5) / 2
    low, high = int(begin * share - margin), int(end * share + margin)
    return sample[low] if low > 0 else None, sample[high] if high < len(sample) else None


def _groups(
    table: ParquetTable, name: str, passes: np.ndarray | None, each: Callable[..., Iterable[Any]]
) -> list[Group] | None:
    kind = table.schema.field(name).type
    if kinds.is_string(kind):
        found = sorting.of_words(table.encoded(name))
        return None if found is None else [_group(0, *found, passes)]
    if not (kinds.is_floating(kind) or kinds.is_timestamp(kind) or _is_whole(kind)):
        return None
    ends = np.cumsum(table.group_rows)

    def read(number: int) -> Group:
        (part,) = table.groups([number], [name])
        cells = part.column(0).combine_chunks()
        start = int(ends[number]) - len(cells)
        return _group(start, sorting.filled_in(cells), sorting.missing_in(cells), passes)

    return list(each(read, range(len(ends))))


def _is_whole(kind: pa.DataType) -> bool:
    return bool(kinds.is_boolean(kind) or kinds.is_signed_integer(kind))


def _group(start: int, values: np.ndarray, missing: np.ndarray, passes: np.ndarray | None) -> Group:
    own = None if passes is None else passes[start : start + len(values)]
    return Group(start, values, missing if missing.any() else None, own)

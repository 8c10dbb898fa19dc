"""Rows to named groups: by one sensitive column, or by two at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.errors import DataError, UsageError
from workbench.encoding import text
from workbench.measures.sample import Codes, Floats

UNKNOWN = "unknown"
OTHER = "(other)"
DISTINCT = 10  # different numbers that are still names rather than amounts
RANGES = 4
MOST = 30  # groups of one column; rarer ones are pooled
CROSS = " × "


@dataclass(frozen=True, eq=False)
class Grouping:
    """The groups of one column or of a pair: a name for each, and each row's group number."""

    column: str
    names: tuple[str, ...]
    codes: Codes

    def __len__(self) -> int:
        return len(self.names)

    @property
    def counts(self) -> Codes:
        return np.bincount(self.codes, minlength=len(self))

    def label(self, group: int) -> str:
        """``sex = Male``, or ``sex = Male and race = White``."""
        pairs = zip(self.column.split(CROSS), self.names[group].split(CROSS), strict=False)
        return " and ".join(f"{column} = {name}" for column, name in pairs)


def groupings(groups: Mapping[str, Sequence[Any]], rows: int) -> tuple[Grouping, ...]:
    """Groups by each column and, for two columns, by both together.

    Missing values become the group ``unknown``; numbers of more than ten kinds are cut into four
    ranges of about equally many rows; of more than thirty groups, the rarest are pooled.

    Raises
    ------
    UsageError
        No column, or more than two.
    DataError
        A column of another length than the predictions.
    """
    if not 1 <= len(groups) <= 2:
        raise UsageError(
            f"Groups are made from one or two columns, not {len(groups)}.",
            "Groups of three columns become too small.",
        )
    for column, values in groups.items():
        if len(values) != rows:
            raise DataError(f"Column {column!r} has {len(values)} values for {rows} predictions.")
    single = [_one(column, values) for column, values in groups.items()]
    return (*single, _cross(*single)) if len(single) == 2 else tuple(single)


def _one(column: str, values: Sequence[Any]) -> Grouping:
    numbers = _as_numbers(values)
    if numbers is not None and len(np.unique(numbers[~np.isnan(numbers)])) > DISTINCT:
        return _ranges(column, numbers)
    return _pooled(_named(column, values))


def _named(column: str, values: Sequence[Any]) -> Grouping:
    """One group per distinct text; each distinct value is put into words only once."""
    words = {value: text(value) or UNKNOWN for value in dict.fromkeys(values)}
    names = sorted(set(words.values()))
    place = {name: k for k, name in enumerate(names)}
    code = {value: place[word] for value, word in words.items()}
    codes = np.fromiter(map(code.__getitem__, values), dtype=np.int64, count=len(values))
    return Grouping(column, tuple(names), codes)


def _as_numbers(values: Sequence[Any]) -> Floats | None:
    kinds = set(map(type, values)) - {type(None)}
    amounts = (int, float, np.integer, np.floating)
    if not kinds or not all(issubclass(k, amounts) and k is not bool for k in kinds):
        return None
    return np.array([np.nan if v is None else float(v) for v in values])


def _ranges(column: str, numbers: Floats) -> Grouping:
    missing = np.isnan(numbers)
    known = numbers[~missing]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, RANGES + 1)[1:-1], method="lower"))
    codes = np.searchsorted(edges, np.where(missing, known[0], numbers), side="left")
    used, codes = np.unique(codes, return_inverse=True)
    names = []
    for k in range(len(used)):
        inside = numbers[(codes == k) & ~missing]
        low, high = text(inside.min()), text(inside.max())
        names.append(low if low == high else f"{low} to {high}")
    if missing.any():
        codes = np.where(missing, len(names), codes)
        names.append(UNKNOWN)
    return Grouping(column, tuple(names), codes.astype(np.int64))


def _pooled(found: Grouping) -> Grouping:
    if len(found) <= MOST:
        return found
    kept = np.sort(np.argsort(-found.counts, kind="stable")[: MOST - 1])
    place = np.full(len(found), MOST - 1)
    place[kept] = np.arange(MOST - 1)
    return Grouping(found.column, (*(found.names[k] for k in kept), OTHER), place[found.codes])


def _cross(a: Grouping, b: Grouping) -> Grouping:
    cells = a.codes * len(b) + b.codes
    used, codes = np.unique(cells, return_inverse=True)
    names = tuple(f"{a.names[c // len(b)]}{CROSS}{b.names[c % len(b)]}" for c in used)
    return Grouping(f"{a.column}{CROSS}{b.column}", names, codes.astype(np.int64))

"""Rows to named groups: by each of some columns, and by several of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import DataError, UsageError
from workbench.encoding import text
from workbench.measures.sample import Codes, Floats

UNKNOWN = "unknown"
OTHER = "(other)"
DISTINCT = 10  # different numbers that are still names rather than amounts
RANGES = 4
MOST = 30  # groups of one column; rarer ones are pooled
MOST_CROSSED = 150  # groups of several columns at once
ENCODERS = 4  # columns encoded side by side
PAIRS = 4  # columns: of more, only all together are crossed
CROSS = " × "


@dataclass(frozen=True, eq=False)
class Grouping:
    """The groups of one column or of several at once: a name for each, each row's group number.

    ``distinct`` is how many different values there were before rare ones were pooled, ``missing``
    how many rows have none.
    """

    column: str
    names: tuple[str, ...]
    codes: Codes
    counts: Codes
    distinct: int = 0
    missing: int = 0

    def __len__(self) -> int:
        return len(self.names)

    @property
    def crossed(self) -> bool:
        return CROSS in self.column

    @property
    def pooled(self) -> bool:
        """Whether rare groups were put together."""
        return OTHER in self.names

    def inside(self, finer: Grouping) -> Codes | None:
        """Which of these groups each group of a finer grouping lies in; None if one is in several.

        A crossing of columns is finer than what it is a crossing of, as long as nothing is pooled.
        """
        if finer.pooled or not set(self.column.split(CROSS)) <= set(finer.column.split(CROSS)):
            return None
        place = np.zeros(len(finer), dtype=np.int64)
        place[finer.codes] = self.codes
        return place

    def label(self, group: int) -> str:
        """``sex = Male``, or ``sex = Male and race = White``."""
        columns, names = self.column.split(CROSS), self.names[group].split(CROSS)
        if len(columns) != len(names):
            return f"{self.column} = {self.names[group]}"
        return " and ".join(f"{c} = {n}" for c, n in zip(columns, names, strict=True))


def groupings(groups: Mapping[str, Sequence[Any]], rows: int) -> tuple[Grouping, ...]:
    """Groups by each column, by each pair of up to four columns, and by all columns together.

    Missing values become the group ``unknown``; numbers of more than ten kinds are cut into four
    ranges of about equally many rows; of more than thirty groups, the rarest are pooled.

    Raises
    ------
    UsageError
        No column, or one whose values hardly ever repeat.
    DataError
        A column of another length than the predictions.
    """
    if not groups:
        raise UsageError("Groups are made from one column or more.", "Name one: by=[...].")
    for column, values in groups.items():
        if len(values) != rows:
            raise DataError(f"Column {column!r} has {len(values)} values for {rows} predictions.")
    with ThreadPoolExecutor(min(len(groups), ENCODERS)) as pool:  # Arrow lets go of the lock
        single = list(pool.map(grouped, groups.keys(), groups.values()))
    pairs = combinations(single, 2) if 2 < len(single) <= PAIRS else ()
    crossed = [_cross(list(pair)) for pair in pairs]
    return (*single, *crossed, *([_cross(single)] if len(single) > 1 else ()))


def grouped(column: str, values: Sequence[Any]) -> Grouping:
    """The groups of one column.

    Raises
    ------
    UsageError
        Hardly any value of the column repeats.
    """
    encoded = _dictionary(values)
    numbers = _as_numbers(encoded)
    if numbers is not None and len(np.unique(numbers[~np.isnan(numbers)])) > DISTINCT:
        return _ranges(column, encoded, numbers)
    return _pooled(_named(column, encoded))


def quantile_edges(numbers: Floats) -> Floats:
    """Where the ranges of a column of numbers end; a value on an edge belongs below it."""
    ends = np.linspace(0, 1, RANGES + 1)[1:-1]
    edges: Floats = np.unique(np.quantile(numbers, ends, method="lower"))
    return edges


def _dictionary(values: Any) -> pa.DictionaryArray:
    """Each row's place among the distinct values.

    Arrow hashes columns that are its own; Python texts know their hash already.
    """
    texts = isinstance(values, list | np.ndarray) and len(values) and isinstance(values[0], str)
    if texts and getattr(values, "dtype", np.dtype(object)).kind == "O":
        return _hashed(values)
    try:
        found = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        found = pa.array([text(v) or None for v in values])  # values of several types
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if not pa.types.is_dictionary(found.type):
        found = found.dictionary_encode()
    return found


def _hashed(values: Any) -> pa.DictionaryArray:
    place = {value: k for k, value in enumerate(dict.fromkeys(values))}
    codes = np.fromiter(map(place.__getitem__, values), dtype=np.int32, count=len(values))
    words = [text(v) or None for v in place]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


def _places(encoded: pa.DictionaryArray) -> Codes:
    """Each row's place in the dictionary; one behind its end where the value is missing."""
    places = encoded.indices
    if places.null_count:
        places = pc.fill_null(places, len(encoded.dictionary))
    found: Codes = places.to_numpy(zero_copy_only=False)
    return found


def _named(column: str, encoded: pa.DictionaryArray) -> Grouping:
    """One group per distinct text; each distinct value is put into words only once."""
    distinct = encoded.dictionary.to_pylist()
    words = [text(value) or UNKNOWN for value in distinct]
    gap = UNKNOWN in words or encoded.indices.null_count > 0
    names = _ordered(set(words) | ({UNKNOWN} if gap else set()), encoded.dictionary.type)
    place = {name: k for k, name in enumerate(names)}
    table = np.array([*(place[w] for w in words), place.get(UNKNOWN, 0)], dtype=np.int64)
    codes = table[_places(encoded)]
    counts = np.bincount(codes, minlength=len(names))
    missing = int(counts[place[UNKNOWN]]) if gap else 0
    return Grouping(column, tuple(names), codes, counts, len(set(words) - {UNKNOWN}), missing)


def _ordered(names: set[str], kind: pa.DataType) -> list[str]:
    """By alphabet, and numbers by size."""
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return sorted(names)
    return sorted(names, key=lambda n: (n == UNKNOWN, 0.0 if n == UNKNOWN else float(n)))


def _as_numbers(encoded: pa.DictionaryArray) -> Floats | None:
    """The distinct values as numbers; None where they are something else."""
    kind = encoded.dictionary.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    found: Floats = encoded.dictionary.to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _ranges(column: str, encoded: pa.DictionaryArray, distinct: Floats) -> Grouping:
    numbers = np.append(distinct, np.nan)[_places(encoded)]
    missing = np.isnan(numbers)
    known = numbers[~missing]
    codes = np.searchsorted(quantile_edges(known), np.where(missing, known[0], numbers))
    used, codes = np.unique(codes, return_inverse=True)
    names = []
    for k in range(len(used)):
        inside = numbers[(codes == k) & ~missing]
        low, high = text(inside.min()), text(inside.max())
        names.append(low if low == high else f"{low} to {high}")
    if missing.any():
        codes = np.where(missing, len(names), codes)
        names.append(UNKNOWN)
    counts = np.bincount(codes, minlength=len(names))
    lost = int(missing.sum())
    return Grouping(column, tuple(names), codes.astype(np.int64), counts, len(names), lost)


def _pooled(found: Grouping, most: int = MOST) -> Grouping:
    if len(found) <= most:
        return found
    if found.counts.max() < 2:
        raise UsageError(
            f"No value of {found.column!r} is there twice: its rows form no groups.",
            "Choose a column whose values repeat, or cut it into ranges on the Features page.",
        )
    kept = np.sort(np.argsort(-found.counts, kind="stable")[: most - 1])
    place = np.full(len(found), most - 1)
    place[kept] = np.arange(most - 1)
    names = (*(found.names[k] for k in kept), OTHER)
    counts = np.append(found.counts[kept], found.counts.sum() - found.counts[kept].sum())
    return replace(found, names=names, codes=place[found.codes], counts=counts)


def _cross(parts: Sequence[Grouping]) -> Grouping:
    sizes = [len(p) for p in parts]
    if np.prod(sizes, dtype=np.float64) > 2**62:
        raise UsageError("So many columns make too many groups.", "Choose fewer columns.")
    cells = reduce(lambda done, p: done * len(p) + p.codes, parts[1:], parts[0].codes)
    size = int(np.prod(sizes))
    if size <= max(10_000, len(cells)):  # counting is many times quicker than sorting
        full = np.bincount(cells, minlength=size)
        used = np.flatnonzero(full)
        place = np.zeros(size, dtype=np.int64)
        place[used] = np.arange(len(used))
        codes, counts = place[cells], full[used]
    else:
        used, codes, counts = np.unique(cells, return_inverse=True, return_counts=True)
    each = np.unravel_index(used, sizes)
    names = tuple(
        CROSS.join(p.names[k] for p, k in zip(parts, at, strict=True))
        for at in zip(*each, strict=True)
    )
    column = CROSS.join(p.column for p in parts)
    return _pooled(Grouping(column, names, codes, counts, len(names)), MOST_CROSSED)

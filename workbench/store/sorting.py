"""The order of a table's rows by one column: exact and stable, without comparing rows in pairs.

A cell becomes a 64-bit key that sorts as the cell does. The key's upper bits and the row's number
share one word, and NumPy sorts words with vector instructions, ten times as fast as it finds a
stable order. Rows whose keys differ only in the bits that were left out are put in order after.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench import scalars
from workbench.tables import ParquetTable

SIGN = np.uint64(2**63)
DECIMALS = 10.0**6
BLOCK = 2**20  # rows that are handled at a time where a copy of all would be large
SMALL = 2**14  # rows whose copies stay in the processor's cache


def order(table: ParquetTable, name: str, descending: bool = False) -> np.ndarray | None:
    """Row numbers in the order of a column, uint32, shape (rows,).

    Equal cells keep the order of the table, missing ones come last; 0.0 and -0.0 are equal, NaN
    is above all numbers, and text goes by its UTF-8 bytes: as DuckDB has it. At its peak this
    holds 21 bytes a row, and more only where tens of thousands of rows agree in their upper bits.

    Returns
    -------
    numpy.ndarray or None
        None for columns whose cells have no such keys: text that seldom repeats.
    """
    found = _keys(table, name)
    return None if found is None else arranged(*found, descending)


def arranged(keys: np.ndarray, missing: np.ndarray, descending: bool = False) -> np.ndarray:
    """The stable order of keys, uint32, shape (rows,); missing ones come last.

    Parameters
    ----------
    keys
        uint64, shape (rows,); they are overwritten.
    missing
        bool, shape (rows,).
    """
    count = len(keys)
    present = int(np.argmin(missing)) if count else 0
    if not count or missing[present]:
        return np.arange(count, dtype=np.uint32)
    keys[missing] = keys[present]  # so that they widen no range
    low, high = keys.min(), keys.max()
    np.subtract(high, keys, out=keys) if descending else np.subtract(keys, low, out=keys)
    width = max(1, (count - 1).bit_length())
    left_out, last = _fitted(int(high - low), 64 - width)
    words = keys >> np.uint64(left_out) if left_out else keys
    words[missing] = last
    for start in range(0, count, BLOCK):
        part = words[start : start + BLOCK]
        part <<= np.uint64(width)
        part |= np.arange(start, start + len(part), dtype=np.uint64)
    words.sort()
    rows = np.empty(count, np.uint32)
    for start in range(0, count, BLOCK):
        part = words[start : start + BLOCK]
        rows[start : start + BLOCK] = part & np.uint64(2**width - 1)
        part >>= np.uint64(width)
    if left_out:
        _mend(rows, words, keys)
    return rows


def _fitted(span: int, bits: int) -> tuple[int, int]:
    """How many lower bits leave room for the others, and the number after the greatest of them."""
    left_out = max(0, span.bit_length() - bits)
    if (span >> left_out) + 1 >= 2**bits:
        left_out += 1
    return left_out, (span >> left_out) + 1


def _mend(rows: np.ndarray, upper: np.ndarray, keys: np.ndarray) -> None:
    """Put rows of equal upper bits in the order of their whole keys."""
    mixed = [
        upper[start + np.flatnonzero(_differing(part, upper[start : start + BLOCK + 1], keys))]
        for start in range(0, len(rows), BLOCK)
        for part in [rows[start : start + BLOCK + 1]]
    ]
    runs = np.unique(np.concatenate(mixed))
    begins = np.searchsorted(upper, runs, "left")
    lengths = np.searchsorted(upper, runs, "right") - begins
    ends = np.cumsum(lengths)
    places = np.arange(lengths.sum()) + np.repeat(begins - (ends - lengths), lengths)
    own = rows[places]
    rows[places] = own[np.lexsort((keys[own], np.repeat(np.arange(len(runs)), lengths)))]


def _differing(rows: np.ndarray, upper: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Where a row has the upper bits of the next one, and another key."""
    whole = keys[rows]
    found: np.ndarray = (upper[1:] == upper[:-1]) & (whole[1:] != whole[:-1])
    return found


def _keys(table: ParquetTable, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """A key for each row, uint64, and whether its cell is missing, bool; both of shape (rows,)."""
    kind = table.schema.field(name).type
    if kinds.is_string(kind):
        return of_words(table.encoded(name))
    if kinds.is_floating(kind):
        return _read(table, name, _of_decimals) or _read(table, name, _of_floats)
    if kinds.is_timestamp(kind):
        return _read(table, name, _of_seconds) or _read(table, name, _of_whole)
    if kinds.is_boolean(kind) or kinds.is_signed_integer(kind):
        return _read(table, name, _of_whole)
    return None


def _read(
    table: ParquetTable, name: str, keys_of: Callable[[np.ndarray], np.ndarray | None]
) -> tuple[np.ndarray, np.ndarray] | None:
    """The keys of a column; None when a part of it has none of this kind."""
    keys, missing = np.empty(table.num_rows, np.uint64), np.empty(table.num_rows, bool)
    ends = np.cumsum(table.group_rows)

    def filled(number: int) -> bool:
        (group,) = table.groups([number], [name])
        start = int(ends[number]) - group.num_rows
        for chunk in group.column(0).chunks:
            missing[start : start + len(chunk)] = missing_in(chunk)
            values = filled_in(chunk)
            for at in range(0, len(values), SMALL):
                found = keys_of(values[at : at + SMALL])
                if found is None:
                    return False
                keys[start + at : start + at + len(found)] = found
            start += len(chunk)
        return True

    with ThreadPoolExecutor(2, "keys") as pool:
        whole = all(pool.map(filled, range(len(ends))))  # who is not begun yet is not any more
    return (keys, missing) if whole else None


def _of_whole(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int64).view(np.uint64) ^ SIGN


def _of_seconds(values: np.ndarray) -> np.ndarray | None:
    """Times in microseconds that are whole seconds."""
    seconds = values // 10**6
    return _of_whole(seconds) if (seconds * 10**6 == values).all() else None


def _of_floats(values: np.ndarray) -> np.ndarray:
    """IEEE 754 numbers sort as whole ones when the bits of the negative ones are turned over."""
    values = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    values[np.isnan(values)] = np.nan
    bits = values.view(np.int64)
    return bits.view(np.uint64) ^ ((bits >> 63).view(np.uint64) | SIGN)


def _of_decimals(values: np.ndarray) -> np.ndarray | None:
    """Numbers of a few decimals as whole ones: these seldom need more bits than there are.

    Multiplying and rounding keeps the order; who comes back unchanged shares its number with none.
    """
    with np.errstate(all="ignore"):
        whole = np.rint(values * DECIMALS)
        if not (whole / DECIMALS == values).all() or max(-whole.min(), whole.max()) >= 2.0**62:
            return None
    return _of_whole(whole)


def of_words(cells: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray] | None:
    """The rank of each row's text, uint64, and whether it is missing; None without a dictionary."""
    if not kinds.is_dictionary(cells.type):
        return None
    cells = cells.unify_dictionaries()
    words = cells.chunk(0).dictionary if cells.num_chunks else pa.array([], pa.string())
    ranks = np.empty(len(words), np.uint64)
    ranks[np.frombuffer(scalars.raw(pc.sort_indices(words)), np.uint64)] = np.arange(
        len(words), dtype=np.uint64
    )
    keys, missing = np.zeros(len(cells), np.uint64), np.empty(len(cells), bool)
    start = 0
    for chunk in cells.chunks:
        own = slice(start, start + len(chunk))
        missing[own] = missing_in(chunk)
        if len(ranks):  # else all cells are missing
            keys[own] = ranks[filled_in(chunk.indices)]
        start += len(chunk)
    return keys, missing


def missing_in(cells: pa.Array) -> np.ndarray:
    """Which cells are missing, bool, shape (cells,)."""
    if not cells.null_count:
        return np.zeros(len(cells), bool)
    return np.frombuffer(scalars.raw(cells.is_null().cast(pa.uint8())), bool)


def filled_in(cells: pa.Array) -> np.ndarray:
    """The values of numbers, truths and times (as whole numbers), 0 where missing, read-only."""
    if kinds.is_timestamp(cells.type):
        cells = cells.cast(pa.int64())
    if cells.null_count:
        cells = cells.fill_null(scalars.zero(cells.type))
    if kinds.is_boolean(cells.type):
        return np.frombuffer(scalars.raw(cells.cast(pa.uint8())), bool)
    code = "f" if kinds.is_floating(cells.type) else "iu"[kinds.is_unsigned_integer(cells.type)]
    return np.frombuffer(scalars.raw(cells), f"{code}{cells.type.bit_width // 8}")

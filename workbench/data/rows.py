"""Rows as numbers: equal rows of any two tables have equal marks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.types as kinds

from workbench.tables import Tabular

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xBF58476D1CE4E5B9)
NOTHING = np.uint64(0x6A09E667F3BCC909)


def marks(table: Tabular, names: Sequence[str]) -> np.ndarray:
    """A 64-bit hash of each row over some columns, uint64, shape (rows,).

    It depends on the cells alone, not on the table: whole and decimal numbers of one value, and
    0.0 and -0.0, are equal. One column is read at a time. Two unequal rows of a million share a
    mark once in some ten million tables.
    """
    found = np.zeros(table.num_rows, np.uint64)
    with np.errstate(over="ignore"):
        for name in names:
            found = (found ^ _mixed(_cells(table.column(name)))) * GOLDEN
            found ^= found >> np.uint64(29)
    return found


def common(one: np.ndarray, other: np.ndarray) -> int:
    """How many rows two tables share by their marks; one that stands twice in both counts twice."""
    values, first = np.unique(one, return_counts=True)
    again, second = np.unique(other, return_counts=True)
    _, left, right = np.intersect1d(values, again, assume_unique=True, return_indices=True)
    return int(np.minimum(first[left], second[right]).sum())


def _mixed(cells: np.ndarray) -> np.ndarray:
    cells = (cells + GOLDEN) * MIX
    cells ^= cells >> np.uint64(31)
    return cells


def _cells(values: pa.ChunkedArray) -> np.ndarray:
    if kinds.is_string(values.type):
        return _words(values)
    if kinds.is_boolean(values.type):
        values = values.cast(pa.uint8())
    if kinds.is_temporal(values.type):
        values = values.cast(pa.int64())
    missing = values.is_null().to_numpy()
    if kinds.is_integer(values.type):
        whole = values.cast(pa.int64()).fill_null(0).to_numpy()
        cells = whole.astype(np.float64).view(np.uint64)
        large = np.abs(whole) > 2**53  # as doubles these would run together
        cells[large] = whole[large].view(np.uint64)
    else:
        cells = (values.fill_null(0).to_numpy() + 0.0).view(np.uint64)
    cells[missing] = NOTHING
    return cells


def _words(values: pa.ChunkedArray) -> np.ndarray:
    parts = values.combine_chunks().dictionary_encode()
    if isinstance(parts, pa.ChunkedArray):
        parts = parts.unify_dictionaries().combine_chunks()
    words = parts.dictionary.to_numpy(zero_copy_only=False).astype(object)
    hashes = pd.util.hash_array(words, categorize=False) if len(words) else np.empty(0, np.uint64)
    return np.append(hashes, NOTHING)[parts.indices.fill_null(len(words)).to_numpy()]

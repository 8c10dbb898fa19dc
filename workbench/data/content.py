"""Rows by what they say: which hold the same, whatever they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from workbench.core.dataset import Column, Schema, Semantic
from workbench.core.errors import UsageError
from workbench.core.split import Split
from workbench.data.fingerprints import Fingerprints
from workbench.data.numeric import Numbers
from workbench.data.target import encoded
from workbench.data.telling import pinned
from workbench.data.unlike import Unlike, unlike
from workbench.data.wordy import Words
from workbench.tables import Tabular
from workbench.tables import encoded as read

Cells = Numbers | Words | Unlike


def cells_of(values: pa.ChunkedArray, column: Column) -> Cells:
    """The cells of a column, looked at as its kind asks for."""
    texts = kinds.is_string(values.type) or kinds.is_dictionary(values.type)
    if column.basis in ("number", "datetime", "identifier") and not texts:
        return Numbers(values, column)
    return Unlike(values, column) if unlike(values, column) else Words(values, column)


def groups_of(split: Split, table: Tabular, schema: Schema) -> np.ndarray:
    """The group of each row, int64 from 0 in the order of their first rows.

    Rows of a group say the same in the split's columns or, where it has a ``column``, are linked
    by its values; rows without a value there are linked to nobody.

    Raises
    ------
    UsageError
        There is no column to look at.
    """
    names = pinned(split, schema).columns
    if not names:
        raise UsageError(
            "A split by content needs columns that models learn from, and there are none.",
            "Give a column the role feature, or name some: columns=[...].",
        )
    alike = _numbered(_marks(table, [schema[name] for name in names]))
    if split.column is None:
        return alike
    codes = encoded(table.column(split.column))[0]
    return _numbered(_linked(alike, codes))


def _marks(table: Tabular, columns: Sequence[Column]) -> np.ndarray:
    """A hash of each row's cells made plain; by their storage alone, whatever kind they are of."""
    prints = Fingerprints(table.num_rows)
    for place, column in enumerate(columns):
        plain = replace(column, semantic=_stored(column.dtype))
        prints.add(place, *_keys(read(table, column.name), plain), used=False)
    return prints.alike


def _keys(values: pa.ChunkedArray, column: Column) -> tuple[np.ndarray, np.ndarray]:
    cells = cells_of(values, column)
    return cells.key, cells.alike


def _stored(dtype: str) -> Semantic:
    if dtype in ("string", "bool"):
        return "text" if dtype == "string" else "boolean"
    return "datetime" if dtype.startswith("timestamp") else "number"


def _numbered(marks: np.ndarray) -> np.ndarray:
    """Equal marks as numbers in the order of their first rows: no hash decides who is dealt."""
    _, first, back = np.unique(marks, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: np.ndarray = rank[back]
    return numbered


def _linked(alike: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Groups that share a value of a column become one."""
    known = codes >= 0
    size = int(alike.max()) + 1 if len(alike) else 0
    nodes = size + (int(codes.max()) + 1 if known.any() else 0)
    links = (np.ones(int(known.sum()), np.int8), (alike[known], size + codes[known]))
    parts = connected_components(coo_array(links, shape=(nodes, nodes)), directed=False)[1]
    linked: np.ndarray = parts[alike].astype(np.int64)
    return linked

"""Rows and cells of a user's frame as reports carry them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.cluster import hierarchy

SLOW = 400  # rows from which on the best order of leaves takes long


def plain(values: Any, kind: str) -> list[Any]:
    """Cells for JSON: None where missing, dates as text."""
    cells = values.astype(object).where(values.notna(), None).tolist()
    if kind == "datetime":
        return [None if v is None else str(v) for v in cells]
    return [v.item() if isinstance(v, np.generic) else v for v in cells]


def row_names(frame: Any) -> list[int]:
    """The frame's own row numbers, or places when it has none."""
    index = np.asarray(frame.index)
    if index.dtype.kind in "iu" and len(np.unique(index)) == len(index):
        return [int(i) for i in index]
    return list(range(len(frame)))


def alike(values: np.ndarray) -> np.ndarray:
    """Places of rows so that like ones stand beside each other: the leaves of Ward's clusters."""
    if len(values) < 3:
        return np.arange(len(values))
    tree = hierarchy.linkage(values, "ward", optimal_ordering=len(values) <= SLOW)
    found: np.ndarray = hierarchy.leaves_list(tree)
    return found

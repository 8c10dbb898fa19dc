"""Distances between rows in the user's own columns (Gower 1971)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.core.signature import Signature
from workbench.encoding import text
from workbench.explanation.explainer import Floats
from workbench.explanation.grid import ORDERED
from workbench.questions import positions

BLOCK = 1 << 22  # distances in hand at once


class Gower:
    """Rows of a frame, and how far other rows are from them.

    The distance is the mean over the columns of: for numbers, booleans and dates the difference
    divided by the spread from the 5th to the 95th percentile, at most 1 (so that one extreme value
    does not make all others alike); for categories 0 or 1. Missing is 0 from missing and 1 from
    everything else. Texts are left out.
    """

    def __init__(self, frame: Any, signature: Signature) -> None:
        self.inputs = [i for i in signature.inputs if i.kind in ORDERED or i.kind == "category"]
        self.spread = {
            i.name: _spread(frame[i.name], i.kind) for i in self.inputs if i.kind in ORDERED
        }
        self.levels = {
            i.name: pd.Index(np.unique(_texts(frame[i.name])))
            for i in self.inputs
            if i.kind == "category"
        }
        self.rows = self._numbers(frame)

    def distances(self, frame: Any) -> Floats:
        """Of each row of another frame to each of these: ``(others, rows)``, 0 to 1."""
        others = self._numbers(frame)
        found = np.zeros((len(frame), len(next(iter(self.rows.values()), []))))
        for item in self.inputs:
            one, other = self.rows[item.name][None, :], others[item.name][:, None]
            if item.kind == "category":
                found += one != other
            else:
                gap = np.minimum(np.abs(one - other), 1.0)
                unknown = np.isnan(one) | np.isnan(other)
                found += np.where(unknown, np.isnan(one) != np.isnan(other), gap)
        return found / max(1, len(self.inputs))

    def cost(self, column: str, before: Any, after: Any) -> Floats:
        """How far each value of a Series is from a single one, 0 to 1."""
        item = next(i for i in self.inputs if i.name == column)
        if item.kind == "category":
            return (_texts(after) != _texts(before)[0]).astype(np.float64)
        one = positions(before, item.kind) / self.spread[column]
        other = positions(after, item.kind) / self.spread[column]
        return np.where(np.isnan(one) | np.isnan(other), 1.0, np.minimum(np.abs(one - other), 1.0))

    def _numbers(self, frame: Any) -> dict[str, np.ndarray]:
        return {
            i.name: self.levels[i.name].get_indexer(_texts(frame[i.name]))
            if i.kind == "category"
            else positions(frame[i.name], i.kind) / self.spread[i.name]
            for i in self.inputs
        }


def _spread(series: Any, kind: str) -> float:
    found = positions(series, kind)
    known = found[np.isfinite(found)]
    if not len(known):
        return 1.0
    low, high = np.quantile(known, [0.05, 0.95])
    return float(high - low) or float(np.ptp(known)) or 1.0


def _texts(series: Any) -> np.ndarray:
    return np.array([text(v) for v in series.tolist()], dtype=object)

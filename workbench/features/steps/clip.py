"""Numbers held within bounds, against outliers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, first, one

TAIL = 0.01  # share of the training rows beyond each bound that is found by itself


class Clip(Plain):
    """What lies beyond a bound becomes the bound; missing stays missing.

    A bound that is left out is the 1 % or the 99 % quantile of the training rows.
    """

    title = "Bounds, against outliers"
    keeps = False
    options = (
        Option("low", "Least value; found from the training rows when left out", "number"),
        Option("high", "Greatest value; found from the training rows when left out", "number"),
    )

    def __init__(self, low: float | None = None, high: float | None = None) -> None:
        self.low = low
        self.high = high

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        values = first(X)
        known = values[~np.isnan(values)]
        ends = np.quantile(known, [TAIL, 1 - TAIL]) if len(known) else np.zeros(2)
        self.low_ = np.float32(ends[0] if self.low is None else self.low)
        self.high_ = np.float32(max(ends[1] if self.high is None else self.high, self.low_))
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = first(X)
        values = np.where(values < self.low_, self.low_, values)
        return one(np.where(values > self.high_, self.high_, values))

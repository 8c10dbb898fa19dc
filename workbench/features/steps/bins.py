"""Numbers to the place of their bin."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, first, one


class Bins(Plain):
    """0 below the first inner edge, 1 below the second, and so on; missing stays missing."""

    title = "Bins of a number"
    keeps = False
    options = (
        Option("count", "How many bins", "whole", 10, low=2, high=256),
        Option("how", "Bins of equally many rows, or equally wide", "choice", "quantile",
               choices=("quantile", "width")),
    )  # fmt: skip

    def __init__(self, count: int = 10, how: Literal["quantile", "width"] = "quantile") -> None:
        self.count = count
        self.how = how

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        values = first(X)
        known = values[~np.isnan(values)].astype(np.float64)
        places = np.linspace(0, 1, self.count + 1)[1:-1]
        if not len(known):
            edges = np.zeros(1)
        elif self.how == "quantile":
            edges = np.quantile(known, places)
        else:
            edges = known.min() + places * (known.max() - known.min())
        self.edges_ = np.unique(edges.astype(np.float32))
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = first(X)
        codes = np.searchsorted(self.edges_, values, side="right").astype(np.float32)
        return one(np.where(np.isnan(values), np.float32(np.nan), codes))

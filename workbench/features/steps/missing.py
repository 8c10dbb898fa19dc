"""Stand-ins such as -999 or "?" become missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, first


class Missing(Plain):
    """Cells that hold one of the values count as missing."""

    title = "Stand-ins that mean missing"
    takes = ("any",)
    gives = "same"
    keeps = False
    options = (Option("values", "Cells that mean a missing value", "list", ("?",)),)

    def __init__(self, values: Sequence[str] = ("?",)) -> None:
        self.values = values

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        self.numeric_ = bool(first(X).dtype != object)
        return self

    @property
    def numbers(self) -> np.ndarray:
        """Those of the values that are numbers, float32."""
        found = pd.to_numeric(pd.Series(list(self.values), dtype=object), errors="coerce")
        return found.dropna().to_numpy(np.float32)

    @property
    def texts(self) -> list[str]:
        return [str(value) for value in self.values]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = first(X)
        if self.numeric_:
            made: Any = np.where(np.isin(values, self.numbers), np.float32(np.nan), values)
        else:
            made = np.where(np.isin(values.astype(str), self.texts), "", values)
        return made.astype(values.dtype).reshape(-1, 1)

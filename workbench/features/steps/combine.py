"""Two numbers or dates to one: their ratio, difference, product or sum."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, one

HOW = ("ratio", "difference", "product", "sum")


class Combine(Plain):
    """Arithmetic in float32, as ONNX does it; a date counts in days.

    Missing where a part is missing, where something is divided by zero, and where the result is
    too large for a number.
    """

    title = "Arithmetic with two columns"
    takes = ("amount", "amount")
    options = (
        Option("how", "What is done with the two", "choice", "ratio", choices=HOW),
    )  # fmt: skip

    def __init__(self, how: Literal["ratio", "difference", "product", "sum"] = "ratio") -> None:
        self.how = how

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        a, b = (X.iloc[:, i].to_numpy() for i in range(2))
        with np.errstate(all="ignore"):
            made = {"ratio": np.divide, "difference": np.subtract, "product": np.multiply}.get(
                self.how, np.add
            )(a, b, dtype=np.float32)
        return one(np.where(np.isfinite(made), made, np.float32(np.nan)))

    def fit(self, X: pd.DataFrame, y: Any = None) -> Combine:
        return self

"""The signed logarithm of a number: skew away, order kept."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.features.steps.plain import Plain, first, one


class Log(Plain):
    """``sign(x) log(1 + |x|)``, computed in float64 so that every runtime rounds to one float32."""

    title = "Logarithm, for skewed numbers"
    keeps = False

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = first(X).astype(np.float64)
        return one(np.sign(values) * np.log(1.0 + np.abs(values)))

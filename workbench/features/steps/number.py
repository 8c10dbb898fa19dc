"""Numbers that stand among words."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.features.steps.plain import Plain, first, one

# as many digits as doubles can tell apart, and no number beyond them: both runtimes read the same
WRITTEN = r"^([+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?)$"


class Number(Plain):
    """The number that a text is; a text that is none, or is beyond float32, is missing.

    For a column that holds words such as "n.k." among its numbers.
    """

    title = "Numbers that stand among words"
    takes = ("text",)
    runtime = "onnxruntime"
    keeps = False
    pattern = WRITTEN

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        codes, found = pd.factorize(first(X))
        read = np.array([_read(text) for text in found], np.float64)
        with np.errstate(over="ignore"):
            made = read.astype(np.float32)
        made[np.isinf(made)] = np.nan
        return one(made[codes])


_number = re.compile(WRITTEN)


def _read(text: str) -> float:
    return float(text) if _number.fullmatch(text) else np.nan

"""What a date says beyond its parts: quarter, weekend, and its place in the cycles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.encoding import DATE_PARTS
from workbench.features.steps.plain import Plain

CYCLES = {"month": (1, 12), "weekday": (0, 7), "hour": (0, 24)}  # first value, length


def _tables() -> dict[str, tuple[str, np.ndarray]]:
    """New column to the part that it is looked up by, and its values by that part."""
    months, days = np.arange(13), np.arange(7)
    found = {
        "quarter": ("month", np.where(months > 0, (months - 1) // 3 + 1, 0)),
        "weekend": ("weekday", days >= 5),
    }
    for part, (begin, length) in CYCLES.items():
        angle = 2 * np.pi * (np.arange(begin + length) - begin) / length
        found[f"{part}_sin"] = (part, np.sin(angle))
        found[f"{part}_cos"] = (part, np.cos(angle))
    return {name: (part, table.astype(np.float32)) for name, (part, table) in found.items()}


class Date(Plain):
    """Quarter, weekend, and sine and cosine of month, weekday and hour.

    Year, month, weekday, hour and the day's number reach a model anyway. The cycles tell it that
    December is near January; they are looked up, so that every runtime has the same bits.
    """

    title = "Quarter, weekend and cycles of a date"
    takes = ("date",)
    tables = _tables()

    def parts(self) -> Sequence[str]:
        return list(self.tables)

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        made = np.empty((len(X), len(self.tables)), np.float32)
        for place, (part, table) in enumerate(self.tables.values()):
            values = X.iloc[:, DATE_PARTS.index(part)].to_numpy()
            missing = np.isnan(values)
            codes = np.where(missing, 0, values).astype(np.int64)
            made[:, place] = np.where(missing, np.float32(np.nan), table[codes])
        return made

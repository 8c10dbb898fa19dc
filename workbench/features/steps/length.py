"""How long a text is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.features.steps.plain import Plain, first
from workbench.features.steps.text import CHARACTER, WORD, word


class Length(Plain):
    """Characters and words of a text; a missing one has none."""

    title = "Characters and words of a text"
    takes = ("text",)
    runtime = "onnxruntime"
    patterns = (CHARACTER, WORD)

    def parts(self) -> Sequence[str]:
        return ["characters", "words"]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        codes, found = pd.factorize(first(X))
        sizes = np.array([(len(t), len(word.findall(t))) for t in found], np.float32).reshape(-1, 2)
        return sizes[codes]

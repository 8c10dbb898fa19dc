"""Categories to buckets: as many as are wanted, and no way back to the text."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import murmurhash3_32

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, first


class Hash(Plain):
    """The bucket of MurmurHash3 (32 bit) of the text, as a category; missing stays missing.

    For columns of very many values. The model and its bundle hold no value of such a column; but
    the hash is public, so that who has a list of candidates can try them: it is no encryption.
    """

    title = "Buckets of a hash, for very many values"
    takes = ("text",)
    runtime = "onnxruntime"
    gives = "string"
    keeps = False
    options = (
        Option("buckets", "How many", "whole", 64, low=2, high=100_000),
        Option("seed", "Another seed gives other buckets", "whole", 0, low=0, high=2**31 - 1),
    )

    def __init__(self, buckets: int = 64, seed: int = 0) -> None:
        self.buckets = buckets
        self.seed = seed

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        codes, found = pd.factorize(first(X))
        buckets = np.array([self._bucket(text) for text in found], dtype=object)
        return buckets[codes].reshape(-1, 1)

    def _bucket(self, text: str) -> str:
        if not text:
            return ""
        mark = murmurhash3_32(text.encode(), seed=self.seed, positive=True)
        return str(mark % self.buckets)

"""How often the most frequent words stand in a text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, first
from workbench.features.steps.text import TERM, tokens


class Words(Plain):
    """Counts of words, those in the most training texts first.

    Counts, not tf-idf: division rounds differently in another runtime, and trees cut there.
    """

    title = "Counts of the most frequent words"
    takes = ("text",)
    runtime = "onnxruntime"
    pattern = TERM
    options = (
        Option("most", "How many words", "whole", 50, low=1, high=2000),
        Option("least", "Texts that a word must stand in", "whole", 5, low=1),
    )

    def __init__(self, most: int = 50, least: int = 5) -> None:
        self.most = most
        self.least = least

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        texts: Counter[str] = Counter()
        for text in first(X):
            texts.update(set(tokens(text)))
        order = sorted(texts, key=lambda w: (-texts[w], w))
        self.vocabulary_ = json.dumps([w for w in order if texts[w] >= self.least][: self.most])
        return self

    @property
    def vocabulary(self) -> list[str]:
        """The words that are counted."""
        return json.loads(self.vocabulary_)  # type: ignore[no-any-return]

    def parts(self) -> Sequence[str]:
        return self.vocabulary

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        known = self.vocabulary
        if not known:
            return np.empty((len(X), 0), np.float32)
        counter = CountVectorizer(analyzer=tokens, vocabulary=known, dtype=np.float32)
        counts: np.ndarray = counter.transform(first(X)).toarray()
        return counts

"""The mean of the target in a category, cross-fitted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from workbench.core.errors import UsageError
from workbench.features.step import Option
from workbench.features.steps.plain import Plain


class TargetMean(Plain):
    """scikit-learn's ``TargetEncoder`` (Micci-Barreca 2001), one column for each further class.

    What a training row gets is learned from the other folds: it never sees its own target. A
    category that training did not know gets the mean of all.
    """

    title = "Mean of the target in each category"
    takes = ("text",)
    keeps = False
    options = (
        Option("folds", "Parts that the training rows are cut into", "whole", 5, low=2, high=50),
        Option("seed", "Decides the parts", "whole", 0, low=0),
    )

    def __init__(self, folds: int = 5, seed: int = 0) -> None:
        self.folds = folds
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> np.ndarray:  # type: ignore[override]
        if y is None:
            raise UsageError("The mean of the target needs a target.", "Set the target first.")
        folds = KFold(min(self.folds, len(X)), shuffle=True, random_state=self.seed)
        encoder = TargetEncoder(target_type=_kind(np.asarray(y)), cv=folds)
        made = encoder.fit_transform(X.to_numpy(object), y)
        means = np.stack(encoder.encodings_, axis=1).astype(np.float32)
        unknown = np.atleast_1d(np.asarray(encoder.target_mean_, np.float32))
        # two classes: the first column is the positive class; more: that of the first says nothing
        skip = int(means.shape[1] > 1)
        self.categories_ = json.dumps([str(c) for c in encoder.categories_[0]])
        self.means_, self.unknown_ = means[:, skip:], unknown[skip:]
        return made[:, skip:].astype(np.float32)

    @property
    def categories(self) -> list[str]:
        """The categories that training knew, in the order of ``means_``."""
        return json.loads(self.categories_)  # type: ignore[no-any-return]

    def parts(self) -> Sequence[str]:
        count = self.means_.shape[1]
        return [""] if count == 1 else [f"class {k + 1}" for k in range(count)]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        places = pd.Index(self.categories, dtype=object).get_indexer(X.iloc[:, 0].to_numpy())
        made = self.means_[places]
        made[places < 0] = self.unknown_
        return made


def _kind(y: np.ndarray) -> str:
    if y.dtype.kind == "f":
        return "continuous"
    return "binary" if int(y.max(initial=0)) <= 1 else "multiclass"

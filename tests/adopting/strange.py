"""An estimator that skops does not know."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Strange(ClassifierMixin, BaseEstimator):
    """Says the classes' shares."""

    def fit(self, X: Any, y: Any) -> Self:
        self.classes_, counts = np.unique(
            np.asarray(y, dtype=object).astype(str), return_counts=True
        )
        self.shares_ = counts / counts.sum()
        self.n_features_in_ = X.shape[1]
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.tile(self.shares_, (len(X), 1))

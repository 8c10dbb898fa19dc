"""Nearest neighbours whose ties are settled: of equally near rows the earlier one counts.

scikit-learn leaves ties open, and a table with repeated rows has many: then two machines, or a
model and its exported form, would answer differently.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

BLOCK = 16_000_000  # distances held at once


class Nearest(BaseEstimator):
    """The mean of what the ``neighbors`` nearest rows were, by Euclidean distance.

    Parameters
    ----------
    neighbors
        How many rows decide.
    """

    def __init__(self, neighbors: int = 15) -> None:
        self.neighbors = neighbors

    def _keep(self, X: np.ndarray, values: np.ndarray) -> Self:
        self.rows_ = np.ascontiguousarray(X, dtype=np.float64)
        self.values_ = np.ascontiguousarray(values, dtype=np.float64)
        self.n_features_in_ = X.shape[1]
        return self

    @property
    def lengths_(self) -> np.ndarray:
        """Squared lengths of the kept rows, (n,)."""
        return np.einsum("ij,ij->i", self.rows_, self.rows_)

    def means(self, X: np.ndarray) -> np.ndarray:
        """Mean value of each row's neighbours, (n, outputs) float64."""
        rows = np.asarray(X, dtype=np.float64)
        step = max(1, BLOCK // len(self.rows_))
        lengths = self.lengths_
        parts = [self._block(rows[i : i + step], lengths) for i in range(0, len(rows), step)]
        return np.concatenate(parts) if parts else np.empty((0, self.values_.shape[1]))

    def _block(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Without each row's own length: it changes no order."""
        far = lengths - 2 * (rows @ self.rows_.T)
        k = min(self.neighbors, far.shape[1])
        bound = np.partition(far, k - 1, axis=1)[:, k - 1 : k]
        inside, at = far < bound, far == bound
        # the earliest of those that lie exactly at the bound fill the places that are left
        at &= np.cumsum(at, axis=1) <= k - inside.sum(axis=1, keepdims=True)
        means: np.ndarray = (inside | at).astype(np.float64) @ self.values_ / k
        return means


class NearestClassifier(ClassifierMixin, Nearest):
    """Class shares among the neighbours."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        return self._keep(X, np.eye(int(y.max()) + 1)[y])

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.values_.shape[1])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.means(X)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.means(X), axis=1)


class NearestRegressor(RegressorMixin, Nearest):
    """The neighbours' mean."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        return self._keep(X, np.asarray(y)[:, None])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.means(X)[:, 0]

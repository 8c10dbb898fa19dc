"""Naive Bayes over a mixed table: Gaussian numbers beside counted categories."""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class NaiveBayes(ClassifierMixin, BaseEstimator):
    """Class probabilities as if the columns knew nothing of each other.

    scikit-learn has one estimator for numbers and one for categories; a table has both. A number
    is Gaussian in each class (``GaussianNB``), a category has its smoothed share
    (``CategoricalNB``).

    Parameters
    ----------
    levels
        How many codes each of the last ``len(levels)`` columns has.
    alpha
        Added to each count of a category (Laplace's smoothing).
    smoothing
        Added to each variance, as a share of the largest one.
    """

    def __init__(
        self, levels: tuple[int, ...] = (), alpha: float = 1.0, smoothing: float = 1e-9
    ) -> None:
        self.levels = levels
        self.alpha = alpha
        self.smoothing = smoothing

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """``X`` (n, m) float32, numbers first; ``y`` (n,) class codes from 0."""
        classes = int(y.max()) + 1
        self.classes_ = np.arange(classes)
        self.n_features_in_ = X.shape[1]
        counts = np.bincount(y, minlength=classes).astype(np.float64)
        self.prior_ = np.log(counts / counts.sum())
        numbers = X[:, : X.shape[1] - len(self.levels)].astype(np.float64)
        groups = [numbers[y == k] for k in self.classes_]
        self.mean_ = np.array([g.mean(axis=0) for g in groups])
        least = self.smoothing * float(numbers.var(axis=0).max(initial=0.0)) or 1e-9
        self.variance_ = np.array([g.var(axis=0) for g in groups]) + least
        self.tables_ = [
            self._shares(X[:, numbers.shape[1] + place].astype(np.int64), y, level)
            for place, level in enumerate(self.levels)
        ]
        return self

    def _shares(self, codes: np.ndarray, y: np.ndarray, level: int) -> np.ndarray:
        """Log share of each code in each class, (codes, classes)."""
        classes = len(self.classes_)
        counts = np.bincount(codes * classes + y, minlength=level * classes)
        smooth = counts.reshape(level, classes) + self.alpha
        shares: np.ndarray = np.log(smooth / smooth.sum(axis=0))
        return shares

    @property
    def constant_(self) -> np.ndarray:
        """Per class what does not depend on the row."""
        normal: np.ndarray = -0.5 * np.log(2 * np.pi * self.variance_).sum(axis=1)
        return self.prior_ + normal

    def evidence(self, X: np.ndarray) -> np.ndarray:
        """Log prior plus log likelihood, (n, classes) float64."""
        width = X.shape[1] - len(self.levels)
        numbers = X[:, :width].astype(np.float64)
        found = np.stack(
            [
                (-0.5 * (numbers - mean) ** 2 / variance).sum(axis=1)
                for mean, variance in zip(self.mean_, self.variance_, strict=True)
            ],
            axis=1,
        )
        for place, table in enumerate(self.tables_):
            found += table[X[:, width + place].astype(np.int64)]
        return found + self.constant_

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        evidence = self.evidence(np.asarray(X))
        odds = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.evidence(np.asarray(X)), axis=1)

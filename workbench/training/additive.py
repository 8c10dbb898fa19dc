"""An explainable boosting machine held as its tables: one score per bin of a column or a pair.

interpret fits it; predicting, explaining and exporting need nothing but these tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from workbench.trees import ceil32


class Additive(BaseEstimator):
    """Sum of tables (Lou et al. 2013, "Accurate intelligible models with pairwise interactions").

    Of each column of a term, bin 0 is a missing value and bin ``k`` lies from cut ``k - 1`` up to
    cut ``k``. Cuts are float32, rounded up: for any float32 ``x``, ``x >= cut`` says the same.

    Parameters
    ----------
    interactions
        How many pairs of columns there are at most; for the reader alone.
    """

    def __init__(self, interactions: int = 10) -> None:
        self.interactions = interactions

    def adopt(self, model: Any, classes: int) -> Self:
        """Take the tables of a fitted machine of ``interpret``, all columns being continuous."""
        self.terms_ = [tuple(int(f) for f in term) for term in model.term_features_]
        outputs = classes if classes > 2 else 1
        self.cuts_, self.scores_ = [], []
        for term, table in zip(self.terms_, model.term_scores_, strict=True):
            own = [_cuts(model.bins_[f], len(term)) for f in term]
            self.cuts_.append([ceil32(c) for c in own])
            inner = tuple(slice(0, len(c) + 2) for c in own)  # the last bin is never met
            self.scores_.append(
                np.asarray(table, np.float64)[inner].reshape(*(len(c) + 2 for c in own), outputs)
            )
        self.base_ = np.atleast_1d(np.asarray(model.intercept_, np.float64))
        self.n_features_in_ = int(model.n_features_in_)
        self.classes = classes
        return self

    def places(self, X: np.ndarray) -> Iterator[tuple[int, tuple[np.ndarray, ...]]]:
        """Term by term the bins that the rows fall into."""
        for number, (term, cuts) in enumerate(zip(self.terms_, self.cuts_, strict=True)):
            yield number, tuple(_bins(X[:, f], c) for f, c in zip(term, cuts, strict=True))

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """What each term adds, (n, terms, outputs) float64."""
        found = np.empty((len(X), len(self.terms_), len(self.base_)))
        for number, places in self.places(np.asarray(X, np.float32)):
            found[:, number] = self.scores_[number][places]
        return found

    def margins(self, X: np.ndarray) -> np.ndarray:
        """(n, outputs) float64."""
        total = np.tile(self.base_, (len(X), 1))
        for number, places in self.places(np.asarray(X, np.float32)):
            total += self.scores_[number][places]
        return total

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "base_")


class AdditiveClassifier(ClassifierMixin, Additive):
    """Log-odds of two classes, or the scores before softmax of more."""

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.classes)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        found = self.margins(X)
        return found[:, 0] if found.shape[1] == 1 else found

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        found = self.margins(X)
        if found.shape[1] > 1:
            shares: np.ndarray = softmax(found, axis=1)
            return shares
        second = expit(found)
        return np.hstack([1 - second, second])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class AdditiveRegressor(RegressorMixin, Additive):
    """Values."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.margins(X)[:, 0]


def _cuts(levels: Any, order: int) -> np.ndarray:
    """The cuts of a column in a term of ``order`` columns: pairs have coarser ones."""
    return np.asarray(levels[min(len(levels), order) - 1], np.float64)


def _bins(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    found = np.searchsorted(cuts, values, side="right") + 1
    return np.where(np.isnan(values), 0, found)

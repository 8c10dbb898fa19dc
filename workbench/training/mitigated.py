"""Estimators of mitigated runs: a model of some family, and what is done before or after it.

Those that ask for the group take its 0/1 columns as the last ``width`` columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from workbench.training.membership import crossed
from workbench.training.predictor import scores


class GroupThresholds(ClassifierMixin, BaseEstimator):
    """A threshold for each group, told as scores whose threshold is 0.5 for everybody.

    The odds of a score are divided by those of the group's threshold ``t``:
    ``p (1 - t) / (p (1 - t) + (1 - p) t)``. That keeps the order within a group, and is at least
    0.5 where ``p`` is at least ``t``. Rows of no group keep theirs.
    """

    def __init__(self, width: int = 0) -> None:
        self.width = width

    def adopt(self, inner: Any, cells: np.ndarray, thresholds: np.ndarray) -> Self:
        """Take a fitted classifier of two classes and a threshold for each group."""
        self.inner_ = inner
        self.cells_ = np.asarray(cells, np.int64)
        self.thresholds_ = np.asarray(thresholds, np.float64)
        self.classes_ = inner.classes_
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        cut = X.shape[1] - self.width
        said = scores(self.inner_, "classes", np.ascontiguousarray(X[:, :cut]))
        return self.moved(said, crossed(X[:, cut:], self.cells_))

    def moved(self, said: np.ndarray, members: np.ndarray) -> np.ndarray:
        """The inner model's probabilities (n, 2) by the thresholds of ``members`` (n, groups)."""
        at = 0.5 + members @ (self.thresholds_ - 0.5)
        above, below = said[:, 1] * (1 - at), (1 - said[:, 1]) * at
        found = above / (above + below)
        return np.column_stack([1 - found, found])

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class Decorrelated(BaseEstimator):
    """Takes from each number what is linear in the groups, before the model sees it."""

    def __init__(self, width: int = 0) -> None:
        self.width = width

    def adopt(self, inner: Any, cells: np.ndarray, slopes: np.ndarray, shares: np.ndarray) -> Self:
        """Take a fitted model, ``slopes`` (groups, inputs) and the ``shares`` of the groups."""
        self.inner_ = inner
        self.cells_ = np.asarray(cells, np.int64)
        self.slopes_ = np.asarray(slopes, np.float32)
        self.shift_ = (np.asarray(shares) @ np.asarray(slopes)).astype(np.float32)
        return self

    def cleaned(self, X: np.ndarray) -> np.ndarray:
        """The inner model's matrix."""
        cut = X.shape[1] - self.width
        members = crossed(X[:, cut:], self.cells_).astype(np.float32)
        return cleaned(X[:, :cut], members, self.slopes_, self.shift_)


class DecorrelatedClassifier(ClassifierMixin, Decorrelated):
    """Probabilities of the inner model."""

    @property
    def classes_(self) -> np.ndarray:
        found: np.ndarray = self.inner_.classes_
        return found

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return scores(self.inner_, "classes", self.cleaned(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class DecorrelatedRegressor(RegressorMixin, Decorrelated):
    """Values of the inner model."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return scores(self.inner_, "regression", self.cleaned(X))


class Mixture(ClassifierMixin, BaseEstimator):
    """Weighted mean of the probabilities of models of one matrix."""

    def adopt(self, members: Sequence[Any], weights: np.ndarray) -> Self:
        """Take fitted classifiers; weights sum to 1."""
        self.members_ = list(members)
        self.weights_ = np.asarray(weights, np.float64)
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        each = zip(self.members_, self.weights_, strict=True)
        return np.asarray(sum(w * scores(m, "classes", X) for m, w in each))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


def cleaned(
    x: np.ndarray, members: np.ndarray, slopes: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """The matrix without what its columns have linearly in common with the groups; float32."""
    found: np.ndarray = x - (members.astype(np.float32) @ slopes.astype(np.float32) - shift)
    return np.ascontiguousarray(found, dtype=np.float32)

"""Support vector machines held as their vectors: one margin per class, made probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

CHUNK = 4096


class Vectors(BaseEstimator):
    """Margins ``sum_i coef_i exp(-gamma |x - v_i|²) + intercept`` of one or more machines.

    Parameters
    ----------
    gamma
        Width of the kernel: a row's reach is about ``1 / sqrt(gamma)``.
    """

    def __init__(self, gamma: float = 0.1) -> None:
        self.gamma = gamma

    def adopt(self, machines: Sequence[Any], X: np.ndarray) -> Self:
        """Take fitted ``SVC`` or ``SVR`` machines; vectors that several use are kept once."""
        used = np.unique(np.concatenate([m.support_ for m in machines]))
        self.vectors_ = np.ascontiguousarray(X[used], dtype=np.float64)
        self.coef_ = np.zeros((len(used), len(machines)))
        for k, machine in enumerate(machines):
            self.coef_[np.searchsorted(used, machine.support_), k] = machine.dual_coef_[0]
        self.intercept_ = np.array([float(m.intercept_[0]) for m in machines])
        self.n_features_in_ = X.shape[1]
        return self

    def margins(self, X: np.ndarray) -> np.ndarray:
        """(n, machines) float64."""
        rows = np.asarray(X, dtype=np.float64)
        parts = [self._margins(rows[i : i + CHUNK]) for i in range(0, len(rows), CHUNK)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.intercept_)))

    def _margins(self, rows: np.ndarray) -> np.ndarray:
        lengths = np.einsum("ij,ij->i", self.vectors_, self.vectors_)
        own = np.einsum("ij,ij->i", rows, rows)[:, None]
        far = np.maximum(own + lengths - 2 * (rows @ self.vectors_.T), 0)
        margins: np.ndarray = np.exp(-self.gamma * far) @ self.coef_ + self.intercept_
        return margins


class VectorClassifier(ClassifierMixin, Vectors):
    """One class against the rest, each margin through a sigmoid (Platt 1999), shares summed to 1.

    Two classes need one machine.
    """

    def calibrate(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Fit the sigmoids on rows that the machines have not seen."""
        margins = self.margins(X)
        classes = [1] if margins.shape[1] == 1 else range(margins.shape[1])
        fitted = [platt(margins[:, k], y == c) for k, c in enumerate(classes)]
        self.slope_ = np.array([a for a, _ in fitted])
        self.offset_ = np.array([b for _, b in fitted])
        return self

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(max(2, len(self.intercept_)))

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        shares = expit(self.margins(X) * self.slope_ + self.offset_)
        if shares.shape[1] == 1:
            return np.hstack([1 - shares, shares])
        shares = shares + 1e-12  # a row that no machine wants is shared by all
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class VectorRegressor(RegressorMixin, Vectors):
    """Support vector regression on the standardised target."""

    shift_: float = 0.0
    scale_: float = 1.0

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.margins(X)[:, 0] * self.scale_ + self.shift_


def platt(margin: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Slope and offset of ``P = expit(slope margin + offset)`` by maximum likelihood.

    Targets are drawn in from 0 and 1 as Platt proposes, so that separable rows give finite ones.
    """
    yes, no = float(positive.sum()), float((~positive).sum())
    target = np.where(positive, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        z = at[0] * margin + at[1]
        miss = expit(z) - target
        value = float(np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - target * z))
        return value, np.array([miss @ margin, miss.sum()])

    start = np.array([1.0, np.log((yes + 1) / (no + 1))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(1e-6, None), (None, None)])
    return float(found.x[0]), float(found.x[1])

"""Probabilities made honest: a fitted classifier, and a map from what it says to what happens."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.isotonic import isotonic_regression

from workbench.training.predictor import scores
from workbench.training.vectors import platt

Method = Literal["isotonic", "sigmoid", "temperature"]
LEAST = 1e-5  # probabilities below count as this much: log-odds have no end, and float32 has one
DIGITS = 3  # of log-odds: rows nearer to each other than that are one point of the isotonic line


class CalibratedClassifier(ClassifierMixin, BaseEstimator):
    """A classifier behind a calibration map.

    Parameters
    ----------
    method
        ``sigmoid``: of the log-odds (Platt 1999). ``isotonic``: centred isotonic regression over
        the log-odds, a rising line through the middles of the blocks (Oron and Flournoy 2017),
        which keeps the order of rows where plain steps make ties. ``temperature``: all log-odds
        divided by one number (Guo et al. 2017). The first two map one class against the rest; of
        more than two classes the results are brought back to add up to 1.
    """

    def __init__(self, method: Method = "sigmoid") -> None:
        self.method = method

    def adopt(self, model: Any, X: np.ndarray, y: np.ndarray) -> Self:
        """Take a fitted classifier, and fit the map on rows that it has not seen."""
        self.members_ = [model]
        self.n_features_in_ = X.shape[1]
        said = scores(model, "classes", X)
        self.classes = said.shape[1]
        kinds = [1] if self.classes == 2 else list(range(self.classes))
        if self.method == "temperature":
            self.temperature_ = _temperature(said, y)
        elif self.method == "sigmoid":
            fitted = [platt(log_odds(said, k), y == k) for k in kinds]
            self.slope_ = np.array([a for a, _ in fitted])
            self.offset_ = np.array([b for _, b in fitted])
        else:
            self.knots_ = [isotonic(log_odds(said, k).round(DIGITS), y == k) for k in kinds]
        return self

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.classes)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.mapped(scores(self.members_[0], "classes", X))

    def mapped(self, said: np.ndarray) -> np.ndarray:
        """What the classifier said, calibrated; (n, classes)."""
        if self.method == "temperature":
            cooled: np.ndarray = softmax(np.log(_inside(said)) / self.temperature_, axis=1)
            return cooled
        kinds = [1] if self.classes == 2 else range(self.classes)
        found = np.stack([self._one(log_odds(said, k), at) for at, k in enumerate(kinds)], axis=1)
        if found.shape[1] == 1:
            return np.hstack([1 - found, found])
        found = found + LEAST  # a row that no class wants is shared by all
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)

    def _one(self, odds: np.ndarray, at: int) -> np.ndarray:
        if self.method == "sigmoid":
            return np.asarray(expit(self.slope_[at] * odds + self.offset_[at]))
        x, y = self.knots_[at]
        return np.interp(odds, x, y)


def isotonic(values: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Knots (2, m) of centred isotonic regression: x rising, y from the blocks' own rates."""
    order = np.argsort(values, kind="stable")
    x, hit = values[order], positive[order].astype(np.float64)
    points, first, counts = np.unique(x, return_index=True, return_counts=True)
    rates = np.add.reduceat(hit, first) / counts
    level = isotonic_regression(rates, sample_weight=counts)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(level) > 0]))
    weight = np.add.reduceat(counts, starts)
    middle = np.add.reduceat(points * counts, starts) / weight
    return np.stack([middle, level[starts]])


def log_odds(said: np.ndarray, k: int) -> np.ndarray:
    """Of class ``k`` against the others together, from probabilities (n, classes).

    From what the others got, not from ``1 - p``: of a number near 1 float32 has few digits left.
    """
    others = said[:, [j for j in range(said.shape[1]) if j != k]].sum(axis=1)
    return np.asarray(np.log(_inside(said[:, k])) - np.log(_inside(others)))


def _inside(share: np.ndarray) -> np.ndarray:
    return np.clip(share, LEAST, 1.0)


def _temperature(said: np.ndarray, y: np.ndarray) -> float:
    """The divisor of all log-odds with the least log loss."""
    logs, rows = np.log(_inside(said)), np.arange(len(y))

    def loss(power: float) -> float:
        return float(-log_softmax(logs / np.exp(power), axis=1)[rows, y].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))

"""A stack: several fitted models on one matrix, and a model of what they say."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, RegressorMixin

from workbench.training.blend import Answers, Blend

LEAST = 1e-5  # probabilities below count as this much, as in `calibrated`


class Stack(Blend):
    """Members on their own columns, as a blend has them, put together by weights of 0 or more.

    Of numbers their weighted sum (Breiman 1996, Stacked regressions). Of classes the softmax of
    their weighted logarithms and one number a class (log-linear pool; Genest and Zidek 1986): it
    can say more than its surest member where the members agree, which a mean never does.

    Parameters
    ----------
    fits
        How many models in a row see the same columns: those of the folds, where they answer
        together.
    """

    fits = 1  # of models that were kept before there was a choice

    def __init__(self, stops: tuple[int, ...] = (), seed: int = 0, fits: int = 1) -> None:
        super().__init__(stops, seed)
        self.fits = fits

    def slices(self) -> list[tuple[int, int]]:
        return [columns for columns in super().slices() for _ in range(self.fits)]

    def learn(self, said: list[np.ndarray], y: np.ndarray) -> np.ndarray:
        """Weights from what each member said of rows that it had not seen."""
        if isinstance(self, RegressorMixin):
            self.offset_ = np.zeros(0)
            found, _ = nnls(np.stack(said, axis=1), y)
            return found if found.any() else np.full(len(said), 1 / len(said))
        weights, self.offset_ = pooled(said, y)
        return weights

    def joined(self, answers: Answers) -> np.ndarray:
        """The stack's own answer from those of its members."""
        raise NotImplementedError


class StackClassifier(ClassifierMixin, Stack):
    """The softmax of weighted log-probabilities."""

    @property
    def classes_(self) -> np.ndarray:
        return next(m.classes_ for m in self.members_ if m is not None)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.joined(self.said(X, "classes"))

    def joined(self, answers: Answers) -> np.ndarray:
        total = sum(weight * logs(said) for weight, said in answers)
        return np.asarray(softmax(total + self.offset_, axis=1))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class StackRegressor(RegressorMixin, Stack):
    """The weighted sum of values."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.joined(self.said(X, "regression"))

    def joined(self, answers: Answers) -> np.ndarray:
        return np.asarray(sum(weight * said for weight, said in answers))


def logs(said: np.ndarray) -> np.ndarray:
    """Logarithms of probabilities, the smallest ones lifted to ``LEAST``."""
    return np.asarray(np.log(np.clip(said, LEAST, 1.0)))


def pooled(said: list[np.ndarray], y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (members,) of 0 or more and offsets (classes,) with the least log loss.

    Parameters
    ----------
    said
        Probabilities (rows, classes) of each member.
    y
        Class codes.
    """
    heard = np.stack([logs(one) for one in said])
    members, count, classes = heard.shape
    rows = np.arange(count)
    truth = np.zeros((count, classes))
    truth[rows, y] = 1

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        total = np.tensordot(at[:members], heard, 1) + at[members:]
        told = log_softmax(total, axis=1)
        # a trace of ridge on the offsets: only their differences matter
        value = -told[rows, y].mean() + 1e-6 * float(at[members:] @ at[members:])
        apart = (np.exp(told) - truth) / count
        slope = np.concatenate(
            [np.einsum("mnk,nk->m", heard, apart), apart.sum(axis=0) + 2e-6 * at[members:]]
        )
        return float(value), slope

    start = np.concatenate([np.full(members, 1 / members), np.zeros(classes)])
    bounds = [(0.0, None)] * members + [(None, None)] * classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights = np.where(found[:members] < 1e-3, 0.0, found[:members])
    if not weights.any():
        return start[:members], np.zeros(classes)
    return weights, found[members:]

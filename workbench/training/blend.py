"""A blend: several fitted models on one matrix, their answers averaged with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from workbench.training.predictor import scores

Answers = Sequence[tuple[float, np.ndarray]]
Held = tuple[Any, float, tuple[int, int]]  # a member, its weight, where its columns begin and end


class Blend(BaseEstimator):
    """Each member sees its own columns ``stops[k-1]:stops[k]`` of the matrix.

    Parameters
    ----------
    stops
        Where each member's columns end.
    seed
        Seed that the members were trained with.
    """

    def __init__(self, stops: tuple[int, ...] = (), seed: int = 0) -> None:
        self.stops = stops
        self.seed = seed

    def adopt(self, members: Sequence[Any], weights: np.ndarray) -> Self:
        """Take fitted members; those without weight are let go."""
        self.members_ = [m if w > 0 else None for m, w in zip(members, weights, strict=True)]
        self.weights_ = np.asarray(weights, dtype=np.float64)
        self.n_features_in_ = self.stops[-1]
        return self

    def slices(self) -> list[tuple[int, int]]:
        """Where each member's columns begin and end."""
        return list(zip((0, *self.stops[:-1]), self.stops, strict=True))

    def said(self, X: np.ndarray, task: str) -> Answers:
        """Weight and answers of each member that has a weight."""
        held = zip(self.members_, self.weights_, self.slices(), strict=True)
        return answers(X, task, [one for one in held if one[0] is not None])

    def mean(self, X: np.ndarray, task: str) -> np.ndarray:
        """Weighted mean of the members' scores."""
        return np.asarray(sum(weight * said for weight, said in self.said(X, task)))


class BlendClassifier(ClassifierMixin, Blend):
    """Weighted mean of probabilities."""

    @property
    def classes_(self) -> np.ndarray:
        return next(m.classes_ for m in self.members_ if m is not None)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.mean(X, "classes")

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class BlendRegressor(RegressorMixin, Blend):
    """Weighted mean of values."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.mean(X, "regression")


def answers(
    X: np.ndarray, task: str, held: Sequence[Held], before: np.ndarray | None = None
) -> Answers:
    """Weight and answers of members on their columns, with what stands ``before`` all of them."""
    front = X[:, :0] if before is None else before
    part = {c: np.ascontiguousarray(np.hstack([front, X[:, slice(*c)]])) for _, _, c in held}
    return [(weight, scores(member, task, part[c])) for member, weight, c in held]


def greedy(said: Sequence[np.ndarray], loss: Any, rounds: int = 30) -> np.ndarray:
    """Weights by forward selection with replacement (Caruana et al. 2004).

    In each round the member joins that lowers the loss of the mean most; the weights are the
    shares after the best round. Greedy choice from few candidates hardly overfits, where free
    weights would.

    Parameters
    ----------
    said
        Scores of each member on the same rows.
    loss
        A function of scores; smaller is better.
    """
    counts = np.zeros(len(said))
    total = np.zeros_like(said[0], dtype=np.float64)
    best, kept = np.inf, counts
    for size in range(1, rounds + 1):
        found = [loss((total + member) / size) for member in said]
        pick = int(np.argmin(found))
        counts[pick] += 1
        total += said[pick]
        if found[pick] < best - 1e-12:
            best, kept = found[pick], counts.copy()
    weights: np.ndarray = kept / kept.sum()
    return weights

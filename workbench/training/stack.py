"""A stack: several fitted models on one matrix, and a model of what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize, nnls
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, RegressorMixin

from workbench.training.blend import Answers, Blend, Held, answers

GRID = 2.0**20
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
    layers
        How often there are all members: those of a later layer see, before their own columns, what
        the members of the layer before say.
    """

    # of models that were kept before there was a choice
    fits = 1
    layers = 1

    def __init__(
        self, stops: tuple[int, ...] = (), seed: int = 0, fits: int = 1, layers: int = 1
    ) -> None:
        super().__init__(stops, seed)
        self.fits = fits
        self.layers = layers

    def adopt(self, members: Sequence[Any], weights: np.ndarray) -> Self:
        """As a blend does; of an earlier layer nobody is let go, since the next one listens."""
        super().adopt(members, weights)
        earlier = len(members) - len(members) // self.layers
        self.members_[:earlier] = members[:earlier]
        return self

    def slices(self) -> list[tuple[int, int]]:
        each = [columns for columns in super().slices() for _ in range(self.fits)]
        return each * self.layers

    def layered(self) -> Iterator[list[Held]]:
        """The members of each layer, with their weights and columns."""
        held = list(zip(self.members_, self.weights_, self.slices(), strict=True))
        size = len(held) // self.layers
        for start in range(0, len(held), size):
            yield held[start : start + size]

    @property
    def width(self) -> int:
        """How many columns a layer tells the next one."""
        return len(self.stops) * (len(self.offset_) if len(self.offset_) > 2 else 1)

    def said(self, X: np.ndarray, task: str) -> Answers:
        found: list[tuple[float, np.ndarray]] = []
        told = None
        for number, held in enumerate(self.layered(), start=1):
            there = [one for one in held if one[0] is not None]
            said = answers(X, task, there, told)
            found += [one for one in said if one[0] > 0]
            if number < self.layers:
                each = [answer for _, answer in said]
                groups = (each[k : k + self.fits] for k in range(0, len(each), self.fits))
                told = self.told([sum(group) / self.fits for group in groups])
        return found

    def listen(self, y: np.ndarray) -> Self:
        """Learn from the target how the next layer hears what one says; of classes nothing."""
        return self

    def centred(self, y: np.ndarray) -> np.ndarray:
        """The target as the members learn it."""
        return y

    def told(self, said: Sequence[np.ndarray]) -> np.ndarray:
        """What each member of a layer says, as columns (rows, columns) float32 for the next one."""
        raise NotImplementedError

    def learn(self, said: list[np.ndarray], y: np.ndarray) -> np.ndarray:
        """Weights from what each member said of rows that it had not seen."""
        if isinstance(self, RegressorMixin):
            self.offset_ = np.zeros(0)
            found, _ = nnls(np.stack(said, axis=1), y)
            return found if found.any() else np.full(len(said), 1 / len(said))
        weights, self.offset_ = pooled(said, y)
        return weights

    def joined(self, said: Answers) -> np.ndarray:
        """The stack's own answer from those of its members."""
        raise NotImplementedError


class StackClassifier(ClassifierMixin, Stack):
    """The softmax of weighted log-probabilities."""

    @property
    def classes_(self) -> np.ndarray:
        return next(m.classes_ for m in self.members_ if m is not None)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.joined(self.said(X, "classes"))

    def told(self, said: Sequence[np.ndarray]) -> np.ndarray:
        # of two probabilities one says it all
        first = 1 if said[0].shape[1] == 2 else 0
        return on_grid(np.hstack([one[:, first:] for one in said]))

    def joined(self, said: Answers) -> np.ndarray:
        total = sum(weight * logs(one) for weight, one in said)
        return np.asarray(softmax(total + self.offset_, axis=1))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class StackRegressor(RegressorMixin, Stack):
    """The weighted sum of values.

    With several layers the members learn how far the target is from its mean: of a value that is
    large against its spread float32 holds too few digits for the thresholds of the next layer.
    """

    middle_ = 0.0

    def listen(self, y: np.ndarray) -> Self:
        self.middle_, self.spread_ = float(y.mean()), float(y.std()) or 1.0
        # far outside the data a line says what no later member has learned to hear
        self.ends_ = np.array([y.min(), y.max()], np.float64) - self.middle_
        return self

    def centred(self, y: np.ndarray) -> np.ndarray:
        return y - self.middle_

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.joined(self.said(X, "regression"))

    def told(self, said: Sequence[np.ndarray]) -> np.ndarray:
        return on_grid(np.clip(np.stack(said, axis=1), *self.ends_) / self.spread_)

    def joined(self, said: Answers) -> np.ndarray:
        return np.asarray(sum(weight * one for weight, one in said) + self.middle_)


def on_grid(told: np.ndarray) -> np.ndarray:
    """Rounded to a millionth, float32.

    Shares of neighbours come in steps, and so do their means over folds and the thresholds between
    them: without this the last bit would decide many rows, and it differs in the ONNX form.
    """
    return np.asarray(np.rint(told * GRID) / GRID, np.float32)


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

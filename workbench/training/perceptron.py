"""The fitted network: embeddings and dense layers held as numpy arrays.

It is trained with torch (:mod:`workbench.training.families.network`) and predicts without it, so a
run can be loaded, explained and exported on a machine that has no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

CHUNK = 8192  # rows at once: wide layers stay inside the cache and memory stays flat


class Network(BaseEstimator):
    """Category codes through embeddings, beside the numbers, through dense layers with ReLU.

    An ensemble's members share all layers but the last and see each input on a scale of their own.

    Parameters
    ----------
    levels
        How many codes each of the last ``len(levels)`` input columns has.
    seed
        Seed that it was trained with.
    """

    def __init__(self, levels: tuple[int, ...] = (), seed: int = 0) -> None:
        self.levels = levels
        self.seed = seed

    def adopt(self, weights: Mapping[str, np.ndarray], inputs: int) -> Self:
        """Take trained weights.

        ``embedding.<i>`` (levels, width), ``weight.<i>`` (inputs, outputs) and ``bias.<i>`` per
        layer; of an ensemble also ``scale`` (members, 1, inputs), and a last layer with one more
        axis in front.
        """
        self.weights_ = {k: np.ascontiguousarray(v, dtype=np.float32) for k, v in weights.items()}
        self.n_features_in_ = inputs
        self.layers_ = sum(name.startswith("weight.") for name in weights)
        return self

    def outputs(self, X: np.ndarray) -> np.ndarray:
        """The last layer (members, n, outputs), before softmax or the target's own scale.

        What is no ensemble has one member.
        """
        rows = np.asarray(X, dtype=np.float32)
        chunk = max(1, CHUNK // max(1, len(self.weights_.get("scale", ()))))
        starts = range(0, max(len(rows), 1), chunk)
        return np.concatenate([self._forward(rows[i : i + chunk]) for i in starts], axis=1)

    def _bias(self, layer: int) -> np.ndarray:
        return self.weights_[f"bias.{layer % self.layers_}"]

    def _forward(self, rows: np.ndarray) -> np.ndarray:
        numbers = rows.shape[1] - len(self.levels)
        codes = rows[:, numbers:].astype(np.int64)
        parts = [self.weights_[f"embedding.{i}"][codes[:, i]] for i in range(len(self.levels))]
        hidden = np.hstack([rows[:, :numbers], *parts])
        hidden = hidden[None] * self.weights_.get("scale", np.float32(1))
        for layer in range(self.layers_):
            hidden = hidden @ self.weights_[f"weight.{layer}"] + self._bias(layer)
            if layer + 1 < self.layers_:
                np.maximum(hidden, 0, out=hidden)
        return hidden


class NetworkClassifier(ClassifierMixin, Network):
    """A network that gives class probabilities."""

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self._bias(-1).shape[-1])

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        logits = self.outputs(X).astype(np.float64)
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return (odds / odds.sum(axis=-1, keepdims=True)).mean(axis=0)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class NetworkRegressor(RegressorMixin, Network):
    """A network that gives a number; it was trained on the standardised target."""

    shift_: float = 0.0
    scale_: float = 1.0

    def predict(self, X: np.ndarray) -> np.ndarray:
        outputs = self.outputs(X)[..., 0].astype(np.float64)
        return outputs.mean(axis=0) * self.scale_ + self.shift_

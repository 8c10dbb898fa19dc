"""A fitted model that is an ONNX graph over the prepared matrix."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import onnxruntime as ort
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

BATCH = 2_000


class GraphModel(BaseEstimator):
    """Answers through ONNX Runtime; ``onnx_`` is what is exported, too."""

    def adopt(self, graph: bytes, inputs: int, classes: int) -> Self:
        """``classes`` is 0 for a regression."""
        self.onnx_ = np.frombuffer(graph, np.uint8)
        self.n_features_in_ = inputs
        self.classes = classes
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("session", None)  # opened anew where the model is loaded
        return state

    def outputs(self, X: np.ndarray) -> np.ndarray:
        """What the graph gives, (n, outputs) float64."""
        session = vars(self).get("session") or _session(bytes(self.onnx_))
        self.session = session
        name = session.get_inputs()[0].name
        rows = np.ascontiguousarray(X, dtype=np.float32)
        parts = [
            session.run(None, {name: rows[at : at + BATCH]})[0]
            for at in range(0, max(len(rows), 1), BATCH)
        ]
        return np.concatenate(parts).astype(np.float64)


class GraphClassifier(ClassifierMixin, GraphModel):
    """Probabilities of a graph."""

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.classes)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.outputs(X)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.outputs(X), axis=1)


class GraphRegressor(RegressorMixin, GraphModel):
    """Values of a graph."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.outputs(X)[:, 0]


def _session(graph: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

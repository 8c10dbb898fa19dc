"""CatBoost models held as the library's own bytes: it answers, and nothing is unpickled."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin


class Cat(BaseEstimator):
    """A fitted CatBoost model. Its trees ask one question a level, the same in all nodes of it.

    Parameters
    ----------
    depth, learning_rate
        What it was fitted with; for the reader alone.
    """

    def __init__(self, depth: int = 6, learning_rate: float = 0.05) -> None:
        self.depth = depth
        self.learning_rate = learning_rate

    def adopt(self, model: Any, width: int) -> Self:
        """Take a fitted ``catboost`` model of ``width`` columns."""
        self.blob_ = np.frombuffer(model._serialize_model(), np.uint8)  # noqa: SLF001
        self.n_features_in_ = width
        classes = getattr(model, "classes_", None)
        self.classes = 0 if classes is None else len(classes)
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("opened", None)  # read anew from the bytes where it is loaded
        return state

    @property
    def model(self) -> Any:
        """The library's model."""
        if "opened" not in vars(self):
            import catboost

            self.opened = catboost.CatBoost().load_model(blob=bytes(self.blob_))
        return self.opened

    def raw(self, X: np.ndarray) -> np.ndarray:
        """Margins (n,) or (n, classes), or values (n,); float64."""
        return np.asarray(self.model.predict(X, prediction_type="RawFormulaVal"), np.float64)

    def described(self) -> dict[str, Any]:
        """The library's JSON of the model: borders, splits, leaves."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            self.model.save_model(str(path), format="json")
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "blob_")


class CatClassifier(ClassifierMixin, Cat):
    """Probabilities of CatBoost."""

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.classes)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return self.raw(X)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict(X, prediction_type="Probability"), np.float64)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class CatRegressor(RegressorMixin, Cat):
    """Values of CatBoost."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.raw(X)

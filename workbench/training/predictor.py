"""The loaded, callable form of a model, and the look inside that explanations need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from workbench.core.signature import Signature
from workbench.encoding import decide, inputs, labels
from workbench.training.prepare import sources


class Predictor:
    """A fitted pipeline with its signature.

    Parameters
    ----------
    pipeline
        Steps ``encode``, ``derive`` (where there are features), ``prepare`` and ``model``, as
        :func:`workbench.training.train.train` makes them.
    """

    def __init__(self, pipeline: Pipeline, signature: Signature) -> None:
        self.pipeline = pipeline
        self.signature = signature

    @property
    def estimator(self) -> Any:
        """The fitted estimator, which takes :meth:`prepared`."""
        return self.pipeline.named_steps["model"]

    @property
    def preparation(self) -> ColumnTransformer:
        """The fitted step between the encoded columns and the matrix."""
        return self.pipeline.named_steps["prepare"]

    @property
    def sources(self) -> list[tuple[str, ...]]:
        """The user's columns behind each column of :meth:`prepared`: one, or those of a feature."""
        derive = self.pipeline.named_steps.get("derive")
        origins = (
            derive.origins if derive else {i.name: (i.column,) for i in inputs(self.signature)}
        )
        return sources(self.preparation, origins)

    def encoded(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The float32 and string columns that ONNX, too, begins with."""
        encoded: pd.DataFrame = self.pipeline.named_steps["encode"].transform(frame)
        return encoded

    def prepared(self, frame: pd.DataFrame) -> np.ndarray:
        """The matrix (n, m) float32 that the estimator takes."""
        matrix = self.pipeline[:-1].transform(frame)
        return np.ascontiguousarray(matrix, dtype=np.float32)

    def scores_of(self, prepared: np.ndarray) -> np.ndarray:
        """Like :meth:`scores`, from rows that are prepared already."""
        return scores(self.estimator, self.signature.task, prepared)

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        """Probabilities (n, classes) in the signature's order, or values (n,); float64.

        Raises
        ------
        InvalidValue
            A column is missing or a value does not fit; the error names column and row.
        """
        if not len(frame):
            width = () if self.signature.task == "regression" else (len(self.signature.classes),)
            return np.empty((0, *width))
        if hasattr(self.estimator, "scores_on"):  # a model from outside takes columns as they are
            found: np.ndarray = self.estimator.scores_on(self.encoded(frame))
            return found
        return self.scores_of(self.prepared(frame))

    def predict(self, frame: pd.DataFrame) -> list[Any]:
        """Labels in the target's own type, or values."""
        scores = self.scores(frame)
        if self.signature.task == "regression":
            return [float(v) for v in scores]
        return labels(decide(scores, self.signature), self.signature)


def scores(estimator: Any, task: str, prepared: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) or values (n,) of a fitted estimator; float64."""
    said = estimator.predict if task == "regression" else estimator.predict_proba
    return np.asarray(said(prepared), dtype=np.float64)

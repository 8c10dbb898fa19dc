"""Models that were made elsewhere, behind the encoded columns of a signature.

The pipeline of such a run is ``encode → prepare → model`` like any other, so that every later stage
works on it. ``prepare`` only puts the columns beside each other, texts as numbers; the models here
undo that. What a run says of a frame takes the short way, :meth:`Adopted.scores_on`: it knows texts
that the data set does not have, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import onnxruntime as ort
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from workbench.core.errors import DataError
from workbench.core.signature import Signature
from workbench.encoding import Input, inputs
from workbench.training.steps import Codes, Encode

ALL = 10_000_000  # texts of a column that get a number
BATCH = 2_000


class Adopted(BaseEstimator):
    """A model from outside.

    Parameters
    ----------
    columns
        JSON: name, column and kind of each encoded array, floats first, as ``prepare`` has them.
    texts
        JSON: of each array of texts, the texts that its numbers stand for, from 1.
    """

    def __init__(self, columns: str = "[]", texts: str = "[]") -> None:
        self.columns = columns
        self.texts = texts

    @property
    def n_features_in_(self) -> int:
        """How many columns it takes."""
        return len(json.loads(self.columns))

    def scores_on(self, arrays: Mapping[str, Any]) -> np.ndarray:
        """Probabilities (n, classes) or values (n,) for encoded columns by name; float64."""
        raise NotImplementedError

    def scores_of(self, X: np.ndarray) -> np.ndarray:
        """Like :meth:`scores_on`, from the prepared matrix."""
        arrays: dict[str, np.ndarray] = {}
        texts = iter(json.loads(self.texts))
        for place, (name, _, kind) in enumerate(json.loads(self.columns)):
            column = np.asarray(X)[:, place]
            if kind == "string":
                known = np.array(["", *next(texts)], dtype=object)
                column = known[column.astype(np.int64)]
            arrays[name] = column
        return self.scores_on(arrays)

    def __sklearn_is_fitted__(self) -> bool:
        return True


class _Classifier(ClassifierMixin):
    classes: int

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.classes)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return self.scores_of(X)  # type: ignore[attr-defined,no-any-return]

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.argmax(self.predict_proba(X), axis=1)


class _Regressor(RegressorMixin):
    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.scores_of(X)  # type: ignore[attr-defined,no-any-return]


class _Onnx(Adopted):
    """An ONNX graph that takes the encoded columns by name; ``graph_`` is what is exported."""

    def adopt(self, graph: bytes, classes: int) -> Self:
        self.graph_ = np.frombuffer(graph, np.uint8)
        self.classes = classes
        return self

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("session", None)  # opened anew where the model is loaded
        return state

    def scores_on(self, arrays: Mapping[str, Any]) -> np.ndarray:
        session = vars(self).get("session") or _session(bytes(self.graph_))
        self.session = session
        feeds = {i.name: np.asarray(arrays[i.name]).reshape(-1, 1) for i in session.get_inputs()}
        rows = len(next(iter(feeds.values())))
        parts = [
            session.run(["scores"], {n: a[at : at + BATCH] for n, a in feeds.items()})[0]
            for at in range(0, rows, BATCH)
        ]
        scores = np.concatenate(parts).astype(np.float64)
        silent = ~np.isfinite(scores).all(axis=1)
        if silent.any():
            raise DataError(
                f"The model gives no number for row {int(np.argmax(silent))}.",
                "Most likely it cannot do without a value that is missing there.",
            )
        return scores if self.classes else scores[:, 0]


class OnnxClassifier(_Classifier, _Onnx):
    """Probabilities of an ONNX graph."""


class OnnxRegressor(_Regressor, _Onnx):
    """Values of an ONNX graph."""


class _Foreign(Adopted):
    """A fitted scikit-learn estimator that takes a frame, or a matrix, of the user's columns."""

    def adopt(self, model: Any, order: Sequence[int], names: Sequence[str], frame: bool) -> Self:
        """``order``: which of its classes each of ours is; ``names``: its columns, in its order."""
        self.model_ = model
        self.order_ = np.asarray(order, np.int64)
        self.names_ = json.dumps(list(names))
        self.frame_ = frame
        self.classes = len(order)
        return self

    def scores_on(self, arrays: Mapping[str, Any]) -> np.ndarray:
        table = self.table(arrays)
        try:
            return answers(self.model_, table, self.order_)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            first = str(error).strip().splitlines()[0][:300]
            raise DataError(
                f"The model refuses these rows: {first}",
                "Adopt it together with what prepares its columns, as one pipeline.",
            ) from error

    def table(self, arrays: Mapping[str, Any]) -> Any:
        """What the model takes: its own columns, missing texts as NaN."""
        found = {column: _own(arrays[name], kind) for name, column, kind in self._columns()}
        names = json.loads(self.names_)
        frame = pd.DataFrame({name: found[name] for name in names})
        return frame if self.frame_ else frame.to_numpy(dtype=np.float32)

    def _columns(self) -> list[list[str]]:
        return json.loads(self.columns)  # type: ignore[no-any-return]


class ForeignClassifier(_Classifier, _Foreign):
    """Probabilities of a scikit-learn classifier."""


class ForeignRegressor(_Regressor, _Foreign):
    """Values of a scikit-learn regressor."""


def answers(model: Any, table: Any, order: Sequence[int]) -> np.ndarray:
    """A foreign estimator's probabilities in our order, or its values; float64."""
    if not len(order):
        return np.asarray(model.predict(table), np.float64).reshape(len(table))
    return np.asarray(model.predict_proba(table), np.float64)[:, list(order)]


def pipeline(signature: Signature, frame: pd.DataFrame, make: Any) -> Pipeline:
    """``encode → prepare → model`` around a model from outside.

    Parameters
    ----------
    frame
        All rows of the data set: its texts get their numbers from them.
    make
        Gives the model, of ``columns`` and ``texts`` as :class:`Adopted` takes them.
    """
    encode = Encode.of(signature)
    encoded = encode.transform(frame)
    arrays = inputs(signature)
    floats = [i.name for i in arrays if i.kind == "float"]
    strings = [i.name for i in arrays if i.kind == "string"]
    parts: list[tuple[str, Any, list[str]]] = []
    if floats:
        parts.append(("numbers", "passthrough", floats))
    if strings:
        parts.append(("categories", Codes(rare=1, limit=ALL), strings))
    prepare = ColumnTransformer(parts, sparse_threshold=0, verbose_feature_names_out=False)
    prepare.fit(encoded)
    texts = prepare.named_transformers_["categories"].categories if strings else []
    known = {i.name: i for i in arrays}
    columns = [_described(known[name]) for name in (*floats, *strings)]
    model = make(json.dumps(columns), json.dumps(texts))
    return Pipeline([("encode", encode), ("prepare", prepare), ("model", model)])


def _described(item: Input) -> list[str]:
    return [item.name, item.column, item.kind]


def _own(values: Any, kind: str) -> np.ndarray:
    if kind != "string":
        return np.asarray(values, np.float32).astype(np.float64)
    texts = np.asarray(values, dtype=object)
    return np.where(texts == "", np.nan, texts)


def _session(graph: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 4
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

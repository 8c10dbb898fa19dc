"""What if: one made-up row after another, its prediction and its contributions in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.errors import InvalidValue
from workbench.core.progress import silent
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    Space,
    classes_of,
    explainers,
)


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model says of one row, and why.

    ``scores``, ``base`` and ``output`` have one value for each of ``classes`` (the value alone
    where that is None); ``contributions`` has shape ``(columns, outputs)``, in ``space``.
    """

    label: Any
    classes: tuple[str | None, ...]
    columns: tuple[str, ...]
    scores: Floats
    base: Floats
    output: Floats
    contributions: Floats
    space: Space


class _Held:
    """A predictor that prepares a frame once, however often it is asked about it."""

    def __init__(self, predictor: Explainable) -> None:
        self.signature = predictor.signature
        self.sources = predictor.sources
        self.estimator = predictor.estimator
        self._predictor = predictor
        self._kept: list[tuple[Any, np.ndarray]] = []  # the background, and the row of now

    def prepared(self, frame: Any) -> np.ndarray:
        for known, matrix in self._kept:
            # explainers pass on copies; to compare one row is a tenth of preparing it
            if known is frame or (len(frame) == len(known) == 1 and frame.equals(known)):
                return matrix
        self._kept = [*self._kept[:1], (frame, self._predictor.prepared(frame))]
        return self._kept[-1][1]

    def scores(self, frame: Any) -> np.ndarray:
        task, matrix = self.signature.task, self.prepared(frame)
        say = self.estimator.predict if task == "regression" else self.estimator.predict_proba
        return np.asarray(say(matrix), dtype=np.float64)


class WhatIf:
    """A model held in memory with what explaining one row needs."""

    def __init__(self, predictor: Explainable, background: Any, kind: str, seed: int = 0) -> None:
        self.predictor = _Held(predictor)
        self.background = background
        self.signature: Signature = predictor.signature
        self._explain = explainers.get(kind)
        self._seed = seed
        self.predictor.prepared(background)

    def ask(self, values: Mapping[str, Any]) -> Answer:
        """The answer for a row; ``None`` is a missing value.

        Raises
        ------
        InvalidValue
            A column is missing, or a value does not fit it.
        """
        row = self.row(values)
        found: Attribution = self._explain(
            self.predictor, row, self.background, seed=self._seed, progress=silent
        )
        scores = self._scores(row, found)
        task = self.signature.task
        label = float(scores[0]) if task == "regression" else self._label(scores)
        own = scores.reshape(1, -1)[0, 1:] if task == "binary" else scores.reshape(1, -1)[0]
        return Answer(
            label,
            classes_of(self.signature),
            self.signature.names,
            np.asarray(own, dtype=np.float64),
            found.base,
            found.output[0],
            found.values[0],
            found.space,
        )

    def _scores(self, row: Any, found: Attribution) -> np.ndarray:
        """What the model says; where that is what was explained, it is not asked twice."""
        if found.space == "log-odds":
            return self.predictor.scores(row)
        if self.signature.task == "binary":
            return np.column_stack([1 - found.output, found.output])
        return found.output[:, 0] if self.signature.task == "regression" else found.output

    def _label(self, scores: np.ndarray) -> str:
        return self.signature.classes[int(decide(scores, self.signature)[0])]

    def row(self, values: Mapping[str, Any]) -> Any:
        """The values as a frame of one row."""
        lacking = [n for n in self.signature.names if n not in values]
        if lacking:
            raise InvalidValue(
                f"Column {lacking[0]!r} is missing.",
                "Give None where the value is unknown.",
                column=lacking[0],
            )
        return pd.DataFrame({i.name: _cell(values[i.name], i.kind) for i in self.signature.inputs})


def _cell(value: Any, kind: str) -> Any:
    if kind == "number" and (value is None or isinstance(value, (int, float))):
        return pd.Series([value], dtype=np.float64)
    return pd.Series([value], dtype=object)

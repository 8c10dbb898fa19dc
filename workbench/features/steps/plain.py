"""What most steps have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from workbench.features.step import Option, Taken


class Plain(TransformerMixin, BaseEstimator):
    """A step that learns nothing from the rows and makes one column of numbers beside its own."""

    title: ClassVar[str]
    takes: ClassVar[tuple[Taken, ...]] = ("number",)
    spare: ClassVar[int] = 0
    gives: ClassVar[Literal["float", "string", "same"]] = "float"
    keeps: ClassVar[bool] = True
    decides: ClassVar[int | None] = None
    exact: ClassVar[bool] = True
    runtime: ClassVar[str] = "any"
    options: ClassVar[tuple[Option, ...]] = ()

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        return self

    def parts(self) -> Sequence[str]:
        return [""]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def first(frame: pd.DataFrame) -> np.ndarray:
    """The first column of a frame."""
    values: np.ndarray = frame.iloc[:, 0].to_numpy()
    return values


def one(values: np.ndarray) -> np.ndarray:
    """One column of float32 as a matrix."""
    return np.asarray(values, np.float32).reshape(-1, 1)

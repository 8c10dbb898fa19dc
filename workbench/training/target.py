"""What is to be predicted: the task, its classes, and the truth as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.dataset import Column
from workbench.core.errors import DataError, InvalidValue
from workbench.core.recipe import Task
from workbench.core.report import Finding
from workbench.core.signature import Field, Signature
from workbench.core.split import TRAIN
from workbench.encoding import MISSING, encode, text

FEW = 10  # whole numbers with at most this many values are taken for classes
MOST = 200  # more classes than this are names, not classes


def task_of(values: pd.Series, column: Column) -> tuple[Task, tuple[Finding, ...]]:
    """The task that a target asks for, with a note where it could be read in two ways."""
    found = values.dropna()
    distinct = int(found.nunique())
    if column.basis in ("datetime", "identifier"):
        raise DataError(
            f"The target {column.name!r} is a column of kind {column.semantic}.",
            "Choose a column of numbers or classes, or change its kind.",
        )
    if distinct == 2:
        return "binary", ()
    if column.basis != "number":
        return "multiclass", ()
    if column.dtype.startswith(("int", "uint")) and distinct <= FEW:
        sentence = (
            f"The target {column.name!r} holds {distinct} whole numbers; they are taken for "
            "classes. Set task to 'regression' to predict a number."
        )
        return "multiclass", (Finding("target-read-as-classes", "info", sentence),)
    return "regression", ()


def classes_of(values: pd.Series, column: Column) -> tuple[str, ...]:
    """The target's values as text: numbers by size, false before true, else by alphabet."""
    found = sorted({text(v) for v in pd.unique(values)} - {MISSING})
    numbers = column.dtype.startswith(("int", "uint", "float", "double"))
    return tuple(sorted(found, key=float) if numbers else found)


def truth_codes(values: Sequence[Any] | pd.Series, signature: Signature) -> np.ndarray:
    """The truth as a model is judged by: class codes (int64, -1 where missing or unknown) or
    values (float64, NaN where missing).

    Raises
    ------
    InvalidValue
        A regression target holds something that is no number.
    """
    series = pd.Series(values)
    if signature.task == "regression":
        return _numbers(series, signature.target)
    codes, found = pd.factorize(series, use_na_sentinel=True)
    known = {name: code for code, name in enumerate(signature.classes)}
    # one place more at the end: factorize says -1 for a missing value
    table = np.array([known.get(text(v), -1) for v in found] + [-1], dtype=np.int64)
    return table[codes]


def check_target(codes: np.ndarray, parts: np.ndarray, signature: Signature) -> None:
    """Refuse a target that nothing can be learned from.

    Raises
    ------
    DataError
        All values are missing, only one value occurs, or a class has too few rows.
    """
    name = signature.target
    known = np.isfinite(codes) if signature.task == "regression" else codes >= 0
    if not known.any():
        raise DataError(f"The target {name!r} has no values.", "Choose another target.")
    if len(np.unique(codes[known])) < 2:
        raise DataError(
            f"The target {name!r} is the same in every row.",
            "Choose a target that varies.",
        )
    train = codes[known & (parts == TRAIN)]
    if signature.task == "regression":
        if len(train) < 2 or np.ptp(train) == 0:
            raise DataError(
                f"The target {name!r} does not vary in the training rows.",
                "Use another split or more rows.",
            )
        return
    _check_classes(np.bincount(codes[known].astype(np.int64)), train, signature)


def _check_classes(counts: np.ndarray, train: np.ndarray, signature: Signature) -> None:
    name = signature.target
    if signature.task == "binary" and len(signature.classes) != 2:
        raise DataError(
            f"The target {name!r} has {len(signature.classes)} classes, not two.",
            "Use task 'multiclass'.",
        )
    if len(signature.classes) > MOST:
        raise DataError(
            f"The target {name!r} has {len(signature.classes)} classes; {MOST} is the most.",
            "Choose another target, or bring rare values together.",
        )
    single = [c for c, n in zip(signature.classes, counts, strict=True) if n < 2]
    if single:
        raise DataError(
            f"Class {single[0]!r} of the target {name!r} has one row only.",
            "A class needs rows to learn from and rows to be judged by: add some or drop it.",
        )
    seen = np.bincount(train, minlength=len(signature.classes))
    absent = [c for c, n in zip(signature.classes, seen, strict=True) if n == 0]
    if absent:
        raise DataError(
            f"Class {absent[0]!r} of the target {name!r} has no training rows.",
            "Use a stratified split, or drop the class.",
        )


def _numbers(series: pd.Series, target: str) -> np.ndarray:
    field = Signature((Field(target, "number"),), "", "regression")
    if series.dtype.kind in "iuf":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    if series.dtype.kind == "b":
        return series.to_numpy(dtype=np.float64)
    try:
        array = next(iter(encode({target: series.to_numpy()}, field).values()))
    except InvalidValue as error:
        raise InvalidValue(
            f"The target cannot be predicted as a number. {error.sentence}",
            "Set task to 'multiclass' or choose another target.",
            column=target,
            row=error.row,
        ) from error
    return array.astype(np.float64)

"""What a target asks for, and its values as codes: what profile and split both need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.dataset import Column

Task = Literal["binary", "multiclass", "regression"]
FEW = 10  # whole numbers with at most this many values are classes, as in training


@dataclass(frozen=True)
class Target:
    """The target of a table.

    ``codes`` are class numbers in the order of ``classes``, -1 where missing; for regression
    there are none, and ``values`` are float64 with NaN where missing.
    """

    name: str
    task: Task
    codes: np.ndarray
    classes: tuple[object, ...]
    values: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Which rows have a value."""
        return ~np.isnan(self.values) if self.task == "regression" else self.codes >= 0


def target_of(values: pa.ChunkedArray, column: Column) -> Target:
    """The target in ``values``, as the task that it asks for needs it."""
    codes, classes = encoded(values)
    task: Task = "multiclass"
    if len(classes) == 2:
        task = "binary"
    elif column.basis == "number" and not kinds.is_string(values.type):
        whole = kinds.is_integer(values.type) and len(classes) <= FEW
        task = "multiclass" if whole else "regression"
    if task == "regression":
        return Target(column.name, task, np.empty(0, np.int64), (), numbers(values))
    return Target(column.name, task, codes, classes, np.empty(0))


def encoded(values: pa.ChunkedArray) -> tuple[np.ndarray, tuple[object, ...]]:
    """Codes of the distinct values in ascending order, -1 where missing, and those values."""
    codes, words = levels(values)
    return codes, tuple(words.to_pylist())


def levels(values: pa.ChunkedArray, most: int | None = None) -> tuple[np.ndarray, pa.Array]:
    """Codes of the distinct values, -1 where missing, and those values.

    Parameters
    ----------
    most
        Distinct values up to which they are put in ascending order; more of them stay in the
        order of their first appearance, since sorting half a million texts takes seconds.
    """
    if kinds.is_dictionary(values.type):
        parts = values.unify_dictionaries().combine_chunks()
    else:
        parts = values.combine_chunks().dictionary_encode()
    if isinstance(parts, pa.ChunkedArray):
        parts = parts.unify_dictionaries().combine_chunks()
    count = len(parts.dictionary)
    codes = parts.indices.fill_null(count).to_numpy()
    rank = np.arange(count + 1)
    words = parts.dictionary
    if most is None or count <= most:
        order = pc.sort_indices(words).to_numpy()
        rank[order] = np.arange(count)
        words = words.take(pa.array(order))
    rank[-1] = -1
    return rank[codes], words


def numbers(values: pa.ChunkedArray) -> np.ndarray:
    """A column of numbers, booleans or dates as float64, NaN where missing (dates: seconds).

    Whole numbers above 2**53 lose their last digits.
    """
    if kinds.is_timestamp(values.type):
        values = pc.divide(values.cast(pa.int64()).cast(pa.float64(), safe=False), 1e6)
    if kinds.is_boolean(values.type):
        values = values.cast(pa.int8())
    array: np.ndarray = values.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy()
    return array

"""One row of a run's data set, or values that somebody gave, as the model takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import InvalidValue, NotFound, UsageError
from workbench.core.wire import plain

POOL = 3000  # training rows that searches look at


def row_of(results: Results, row: int | Mapping[str, Any]) -> Any:
    """A frame of one row.

    Raises
    ------
    UsageError
        The data set has no row of that number.
    NotFound, InvalidValue
        A given value belongs to no input, or an input has none.
    """
    names = list(results.signature.names)
    if isinstance(row, Mapping):
        unknown = [name for name in row if name not in names]
        if unknown:
            raise NotFound.among("input column", unknown[0], names)
        lacking = [name for name in names if name not in row]
        if lacking:
            raise InvalidValue(
                f"Column {lacking[0]!r} is missing.",
                "Give None where the value is unknown.",
                column=lacking[0],
            )
        train = results.train_rows
        return pd.DataFrame({n: _typed(row[n], train[n]) for n in names})
    frame = results.context.datasets.frame(results.dataset, names)
    if not 0 <= row < len(frame):
        raise UsageError(
            f"{results.dataset.ref} has no row {row}.", f"Its rows are 0 to {len(frame) - 1:,}."
        )
    return frame.iloc[[row]]


def values_of(context: Context, run: str, row: int | Mapping[str, Any]) -> dict[str, Any]:
    """A row by column, as plain values that the model takes; None is missing."""
    results = Results.of(context, run)
    found = row_of(results, row)  # raises where there is no such row
    if isinstance(row, Mapping):
        return {name: row[name] for name in found.columns}
    cells = results.cells(np.array([row]))
    return {name: plain(cells[name][0]) for name in results.signature.names}


def _typed(value: Any, like: Any) -> Any:
    """The value in the dtype of its column, or as it is where it does not fit."""
    try:
        return pd.Series([value]).astype(like.dtype)
    except (TypeError, ValueError):
        return pd.Series([value], dtype=None if isinstance(value, (int, float)) else object)


def pool_of(results: Results, seed: int = 0) -> Any:
    """Up to three thousand training rows."""
    train = results.train_rows[list(results.signature.names)]
    return train.sample(min(POOL, len(train)), random_state=seed).sort_index()

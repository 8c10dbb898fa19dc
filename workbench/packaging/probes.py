"""Awkward rows: where converted models go wrong although they convert without a word.

Missing values, categories never seen, numbers far outside, and numbers exactly on the thresholds of
trees and one float beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.core.signature import Field, Signature
from workbench.packaging.converters.trees import floor32, thresholds

UNKNOWN = "a value never seen \u2603"
TEXTS = ("ÉCOLE école Straße", "two\nlines\tand tabs", "word " * 300, "日本語", " ", "#")
PER_COLUMN = 40  # thresholds tried per column
MOST = 4000  # rows in all, so that a table of 2,000 columns stays quick


def probes(predictor: Any, frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Rows made from rows of ``frame`` by putting awkward values into one column each.

    Parameters
    ----------
    predictor
        Has ``signature``, ``sources``, ``estimator`` and ``preparation``.
    frame
        Real rows to start from, at least one.
    """
    signature: Signature = predictor.signature
    draw = np.random.default_rng(seed)
    cuts = _cuts(predictor)
    changes: list[tuple[str, Any]] = []
    for item in signature.inputs:
        changes += [(item.name, value) for value in _awkward(item, cuts.get(item.name, ()), draw)]
    if len(changes) > MOST:
        changes = [changes[i] for i in np.sort(draw.choice(len(changes), MOST, replace=False))]
    rows = draw.integers(0, len(frame), len(changes) + 1)
    made = frame[list(signature.names)].iloc[rows].reset_index(drop=True).copy()
    for name in signature.names:
        made[name] = _roomy(made[name], signature[name])
    for row, (name, value) in enumerate(changes):
        made.iat[row, made.columns.get_loc(name)] = value
    for name in signature.names:  # the last row knows nothing at all
        made.iat[len(changes), made.columns.get_loc(name)] = _nothing(signature[name])
    return made


def _awkward(item: Field, cuts: Any, draw: np.random.Generator) -> list[Any]:
    if item.kind == "category":
        return [None, UNKNOWN, "", *item.categories[-1:]]
    if item.kind == "text":
        return [None, UNKNOWN, "", *TEXTS]
    if item.kind == "boolean":
        return [None, True, False]
    if item.kind == "datetime":
        dates = ("1899-12-31T23:59:59", "2099-02-28T12:30:00")
        return [pd.NaT, *(pd.Timestamp(d) for d in dates)]
    low, high = item.low or 0.0, item.high or 0.0
    values = [np.nan, 0.0, -0.0, low, high, low - 1e6, high + 1e6, 1e30, -1e30]
    return values + [float(v) for v in _around(np.asarray(cuts), draw)]


def _around(cuts: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """The float32 numbers on, just below and just above some of the thresholds."""
    if len(cuts) > PER_COLUMN:
        cuts = draw.choice(cuts, PER_COLUMN, replace=False)
    below = floor32(cuts[np.abs(cuts) < 1e30])
    above = np.nextafter(below, np.float32(np.inf))
    return np.concatenate([below, above]).astype(np.float64)


def _cuts(predictor: Any) -> dict[str, np.ndarray]:
    """Thresholds per column of the user, for the columns that trees see as they are."""
    steps = {name: step for name, step, _ in predictor.preparation.transformers_}
    if getattr(steps.get("numbers"), "scale", False):
        return {}
    kinds = {f.name: f.kind for f in predictor.signature.inputs}
    sources = predictor.sources
    return {
        sources[column][0]: cuts
        for column, cuts in thresholds(predictor.estimator).items()
        if len(sources[column]) == 1 and kinds[sources[column][0]] == "number"
    }


def _roomy(values: pd.Series, item: Field) -> pd.Series:
    """A column that can hold a missing value, in a type that stays quick to encode."""
    if item.kind == "number":
        return pd.to_numeric(values, errors="coerce").astype(np.float64)
    if item.kind == "datetime":
        times = pd.to_datetime(values, errors="coerce", utc=True).dt.tz_localize(None)
        return times.astype("datetime64[us]")
    return values.astype(object)


def _nothing(item: Field) -> Any:
    return {"number": np.nan, "datetime": pd.NaT}.get(item.kind)

"""Columns of a table as few whole numbers with names, so that rows can be counted by them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

MISSING = "missing"
Bins = tuple[np.ndarray, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Binned:
    """One column: the bin of each row, and what the bins are called.

    Parameters
    ----------
    codes
        (n,) int64, places in ``labels``.
    labels
        What a bin holds, as words after the column's name: ``is 'north'``, ``from 20 to 35``.
    """

    name: str
    codes: np.ndarray
    labels: tuple[str, ...]


def binned(values: pd.Series, name: str, most: int = 5, names: int = 12) -> Binned:
    """Quantiles of numbers and dates, the commonest texts and the rest; missing cells are a bin.

    Parameters
    ----------
    most
        Bins of a column of numbers at most.
    names
        Values of other columns that get a bin of their own.
    """
    missing = values.isna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype) or not _ordered(values):
        codes, labels = _named(values, missing, names)
    else:
        codes, labels = _cut(values, missing, most)
    if missing.any():
        codes = np.where(missing, len(labels), codes)
        labels = (*labels, f"is {MISSING}")
    return Binned(name, codes.astype(np.int64), labels)


def _ordered(values: pd.Series) -> bool:
    kinds = pd.api.types
    return kinds.is_numeric_dtype(values.dtype) or kinds.is_datetime64_any_dtype(values.dtype)


def _named(
    values: pd.Series, missing: np.ndarray, names: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    codes, found = pd.factorize(values.astype(object).where(~missing, None))
    counts = np.bincount(codes[codes >= 0], minlength=len(found))
    kept = np.argsort(-counts, kind="stable")[:names]
    place = np.full(len(found) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    labels = tuple(f"is {_short(found[k])}" for k in kept)
    if len(found) > len(kept):
        labels = (*labels, "is another one")
    return place[codes], labels


def _cut(values: pd.Series, missing: np.ndarray, most: int) -> Bins:
    dates = pd.api.types.is_datetime64_any_dtype(values.dtype)
    plain = values.astype("int64") if dates else values
    numbers = np.where(missing, np.nan, plain.to_numpy(dtype=np.float64, na_value=np.nan))
    there = numbers[~missing]
    distinct = np.unique(there)
    if len(distinct) <= most:
        codes = np.searchsorted(distinct, np.where(missing, distinct[:1].sum(), numbers))
        return codes, tuple(f"is {_said(v, values, dates)}" for v in distinct)
    found, counts = np.unique(there, return_counts=True)
    heavy = found[counts * most > len(there)]  # most have no capital gain: a group of its own
    rest = there[~np.isin(there, heavy)]
    edges = np.unique(np.quantile(rest, np.linspace(0, 1, most + 1)))
    codes = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, max(len(edges) - 2, 0))
    labels = [
        f"from {_said(a, values, dates)} to {_said(b, values, dates)}" for a, b in pairwise(edges)
    ] or [f"is {_said(edges[0], values, dates)}"]
    for value in heavy:
        codes = np.where(numbers == value, len(labels), codes)
        labels.append(f"is {_said(value, values, dates)}")
    return codes, tuple(labels)


def _said(value: float, values: pd.Series, dates: bool) -> str:
    if dates:
        return str(pd.Timestamp(pd.Series([int(value)]).astype(values.dtype).iloc[0]).date())
    return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"


def _short(value: Any, most: int = 32) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else text[: most - 1] + "…"

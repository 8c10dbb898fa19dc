"""What other rows with the same key say: how many, their mean, sum or spread."""

from __future__ import annotations

import json
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from workbench.features.step import Option
from workbench.features.steps.plain import Plain, one

HOW = ("count", "mean", "sum", "spread")
How = Literal["count", "mean", "sum", "spread"]


class Aggregate(Plain):
    """Rows of one key put together: visits of a patient, orders of a customer.

    With a time column a training row knows the rows of its key that are strictly earlier (and not
    older than ``days``); without one it knows the rows of its key in other folds. So no training
    row sees itself or its future. Rows to be predicted get what was known at the end of the
    training rows: judge such a model by a split by time. A missing key, and one that training did
    not know, has a count of 0 and nothing else.
    """

    title = "Other rows of the same key"
    takes = ("text", "number", "date")
    spare = 1
    decides = 1
    options = (
        Option("how", "What is said of the other rows", "choice", "mean", choices=HOW),
        Option("days", "How far back; all the past when left out", "number", low=1e-3),
        Option("folds", "Parts of the training rows, without a time", "whole", 5, low=2, high=50),
        Option("seed", "Decides the parts", "whole", 0, low=0),
    )

    def __init__(
        self, how: How = "mean", days: float | None = None, folds: int = 5, seed: int = 0
    ) -> None:
        self.how = how
        self.days = days
        self.folds = folds
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> np.ndarray:  # type: ignore[override]
        codes, keys = pd.factorize(pd.Series(X.iloc[:, 0].to_numpy()).replace("", None))
        values = X.iloc[:, 1].to_numpy(np.float64)
        centre = _centre(codes, values, len(keys))
        moments = _moments(values - np.r_[centre, 0.0][codes])
        if X.shape[1] > 2:  # the date's first part counts days
            days = X.iloc[:, 2].to_numpy(np.float64)
            made, last = _before(codes, moments, days, self._span, len(keys))
        else:
            fold = np.random.default_rng(self.seed).integers(0, self.folds, len(X))
            made, last = _elsewhere(codes, moments, fold, self.folds, len(keys))
        self.keys_ = json.dumps([str(key) for key in keys])
        self.known_ = one(_said(last, centre, self.how)).ravel()
        return one(_said(made, np.r_[centre, 0.0][codes], self.how))

    @property
    def _span(self) -> float:
        return np.inf if self.days is None else self.days

    @property
    def keys(self) -> list[str]:
        """The keys that training knew, in the order of ``known_``."""
        return json.loads(self.keys_)  # type: ignore[no-any-return]

    @property
    def unknown(self) -> np.float32:
        """What is said of a key that training did not know."""
        return np.float32(0 if self.how == "count" else np.nan)

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        places = pd.Index(self.keys, dtype=object).get_indexer(X.iloc[:, 0].to_numpy())
        return one(np.where(places < 0, self.unknown, self.known_[places]))


def _centre(codes: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """The mean of each key, from which its values are told: sums of what is near 0 are exact."""
    known = ~np.isnan(values) & (codes >= 0)
    rows = np.bincount(codes[known], minlength=count)
    return np.bincount(codes[known], values[known], minlength=count) / np.maximum(rows, 1)


def _moments(values: np.ndarray) -> np.ndarray:
    """Per row what is added up: rows, filled rows, x and x²; zeros where missing."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    return np.stack([np.ones(len(values)), known.astype(np.float64), filled, filled**2])


def _before(
    codes: np.ndarray, moments: np.ndarray, days: np.ndarray, span: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Moments of the strictly earlier rows of each row's key, and of each key at the end.

    A row without a date or a key has no past and is nobody's.
    """
    made, final = np.zeros_like(moments), np.zeros((len(moments), count))
    dated = np.flatnonzero(~np.isnan(days) & (codes >= 0))
    if not len(dated):
        return made, final
    order = dated[np.lexsort((days[dated], codes[dated]))]
    since_first = days[order] - days[dated].min()
    last = since_first.max()
    # one number for key and day, keys so far apart that no look back reaches the key before
    width = 2 * np.ceil(last + 1)
    place = codes[order] * width + since_first
    reach = min(span, width / 2 - 0.5)
    # key by key: a sum over all of them would drown small values in another key's large ones
    sums = pd.DataFrame(moments[:, order].T).groupby(codes[order]).cumsum().to_numpy().T
    begins = np.searchsorted(codes[order], np.arange(count))

    def upto(places: np.ndarray, keys: np.ndarray) -> np.ndarray:
        return np.where(places > begins[keys], sums[:, places - 1], 0.0)

    def between(keys: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return upto(high, keys) - upto(np.searchsorted(place, low - reach), keys)

    made[:, order] = between(codes[order], place, np.searchsorted(place, place))
    keys = np.arange(count)
    ends = keys * width + last
    final[:] = between(keys, ends, np.searchsorted(place, ends, side="right"))
    return made, final


def _elsewhere(
    codes: np.ndarray, moments: np.ndarray, fold: np.ndarray, folds: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Moments of each row's key in the other folds, and of each key in all."""
    keyed = codes >= 0
    places = (codes * folds + fold)[keyed]
    cells = [np.bincount(places, m[keyed], minlength=count * folds) for m in moments]
    whole = np.stack(cells).reshape(len(moments), count, folds)
    made = np.zeros_like(moments)
    made[:, keyed] = (whole.sum(axis=2)[:, codes] - whole[:, codes, fold])[:, keyed]
    return made, whole.sum(axis=2)


def _said(moments: np.ndarray, centre: np.ndarray, how: str) -> np.ndarray:
    rows, number, total, squares = moments
    rows, number = np.round(rows), np.round(number)
    if how == "count":
        return rows
    with np.errstate(all="ignore"):
        mean = total / number
        said = {
            "sum": total + number * centre,
            "mean": mean + centre,
            "spread": np.sqrt(np.maximum(0.0, squares / number - mean**2)),
        }[how]
    return np.where(number == 0, np.nan, said)

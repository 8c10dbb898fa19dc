"""The preparation steps that pipelines are made of.

They are plain scikit-learn transformers whose state is numbers, arrays and JSON text, so that skops
can keep them and :mod:`workbench.packaging` can draw each as a few exact ONNX nodes. Each has
``origins_``: the number of the input column that an output column came from.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from workbench.core.recipe import Preparation
from workbench.core.signature import Signature
from workbench.core.wire import dumps, load
from workbench.encoding import encode
from workbench.training.family import Steps

FARTHEST = 1e6  # standard deviations: beyond, sums of weights would become infinite


class Encode(TransformerMixin, BaseEstimator):
    """A user's frame to the float32 and string columns of :func:`workbench.encoding.inputs`.

    The signature is kept as JSON text: it travels with the pipeline and needs no trust to load.
    """

    def __init__(self, signature: str) -> None:
        self.signature = signature

    @classmethod
    def of(cls, signature: Signature) -> Self:
        return cls(dumps(signature))

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        """Raises ``InvalidValue`` naming column and row when a value does not fit its column."""
        signature = load(Signature, json.loads(self.signature))
        names = [n for n in signature.names if n in X.columns]
        arrays = encode({n: _values(X[n]) for n in names}, signature)
        return pd.DataFrame(
            {
                name: pd.Series(values, dtype=object) if values.dtype == object else values
                for name, values in arrays.items()
            },
            index=pd.RangeIndex(len(X)),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Numbers(TransformerMixin, BaseEstimator):
    """Missing numbers take the median, and a flag column where training had missing values.

    ``scale`` brings each column to mean 0 and standard deviation 1; constant columns become 0 and
    nothing lies farther out than ``FARTHEST``.
    """

    def __init__(self, scale: bool = True) -> None:
        self.scale = scale

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        values = matrix(X)
        self.fill_ = medians(values)
        self.farthest_ = FARTHEST
        filled = np.where(np.isnan(values), self.fill_, values).astype(np.float64)
        self.shift_ = np.zeros(values.shape[1], np.float32)
        self.factor_ = np.ones(values.shape[1], np.float32)
        if self.scale:
            spread = filled.std(axis=0)
            # below this a column is constant but for rounding: dividing would blow noise up
            flat = spread <= 1e-7 * np.maximum(np.abs(filled).max(axis=0), 1e-30)
            self.shift_ = filled.mean(axis=0).astype(np.float32)
            self.factor_ = np.where(flat, 0.0, _inverse(np.where(flat, 1.0, spread)))
            self.factor_ = self.factor_.astype(np.float32)
        self.flagged_ = np.flatnonzero(np.isnan(values).any(axis=0))
        self.origins_ = np.concatenate([np.arange(values.shape[1]), self.flagged_])
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = matrix(X)
        missing = np.isnan(values)
        filled = np.where(missing, self.fill_, values)
        if self.scale:
            with np.errstate(over="ignore"):
                scaled = (filled - self.shift_) * self.factor_
            filled = np.clip(scaled, -self.farthest_, self.farthest_)
        return np.hstack([filled, missing[:, self.flagged_].astype(np.float32)])


class Piecewise(TransformerMixin, BaseEstimator):
    """Piecewise-linear encoding of numbers: how far each lies through each quantile bin.

    Networks learn from it what trees learn from thresholds, and no outlier can leave [0, 1].
    Missing numbers are 0 in all bins and 1 in a flag column (Gorishniy et al. 2022).
    """

    def __init__(self, bins: int = 16) -> None:
        self.bins = bins

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        values = matrix(X)
        origins: list[int] = []
        left: list[np.float32] = []
        factor: list[np.float32] = []
        for column in range(values.shape[1]):
            edges = _edges(values[:, column], self.bins)
            origins += [column] * (len(edges) - 1)
            left += list(edges[:-1])
            factor += list(_inverse(edges[1:].astype(np.float64) - edges[:-1]))
        self.column_ = np.asarray(origins, np.int64)
        self.left_ = np.asarray(left, np.float32)
        self.factor_ = np.asarray(factor, np.float32)
        self.flagged_ = np.flatnonzero(np.isnan(values).any(axis=0))
        self.origins_ = np.concatenate([self.column_, self.flagged_])
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = matrix(X)
        missing = np.isnan(values)
        with np.errstate(over="ignore"):  # infinitely far through a bin is through it
            through = (values[:, self.column_] - self.left_) * self.factor_
        through = np.where(missing[:, self.column_], np.float32(0), np.clip(through, 0, 1))
        return np.hstack([through, missing[:, self.flagged_].astype(np.float32)])


class Codes(TransformerMixin, BaseEstimator):
    """Categories to whole numbers from 1; 0 is shared by rare and unknown ones.

    Parameters
    ----------
    rare
        A category seen in fewer training rows than this is rare.
    order
        ``frequency``: commonest first. ``target``: by the mean of the target, which lets a tree
        part the categories with few splits (for more than two classes: by frequency).
    limit
        The most categories of a column that get a number of their own.
    """

    def __init__(
        self,
        rare: int = 10,
        order: Literal["frequency", "target"] = "frequency",
        limit: int = 2000,
    ) -> None:
        self.rare = rare
        self.order = order
        self.limit = limit

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        rare = min(self.rare, max(1, len(X) // 50))  # a small table has no common categories else
        kept = [self._kept(X[name].to_numpy(), y, rare) for name in X.columns]
        self.categories_ = json.dumps(kept)
        self.origins_ = np.arange(X.shape[1])
        return self

    @property
    def categories(self) -> list[list[str]]:
        """Per column the categories with a number of their own, that of the first being 1."""
        return json.loads(self.categories_)  # type: ignore[no-any-return]

    @property
    def levels(self) -> tuple[int, ...]:
        """Per column how many different numbers there are, 0 included."""
        return tuple(len(c) + 1 for c in self.categories)

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        codes = np.empty(X.shape, np.float32)
        for number, (name, kept) in enumerate(zip(X.columns, self.categories, strict=True)):
            codes[:, number] = pd.Index(kept, dtype=object).get_indexer(X[name].to_numpy()) + 1
        return codes

    def _kept(self, values: np.ndarray, y: Any, rare: int) -> list[str]:
        codes, found = pd.factorize(values, use_na_sentinel=False)
        counts = np.bincount(codes, minlength=len(found))
        order = [int(i) for i in np.lexsort((np.arange(len(found)), -counts)) if counts[i] >= rare]
        order = order[: self.limit]
        if self.order == "target" and y is not None and _ordered(y):
            means = np.bincount(codes, weights=np.asarray(y, float), minlength=len(found)) / counts
            order.sort(key=lambda i: float(means[i]))
        return [str(found[i]) for i in order]


class Indicators(Codes):
    """Categories to one 0/1 column each, and one that rare and unknown ones share."""

    def __init__(
        self,
        rare: int = 10,
        order: Literal["frequency", "target"] = "frequency",
        limit: int = 100,
    ) -> None:
        super().__init__(rare, order, limit)

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        super().fit(X, y)
        self.origins_ = np.repeat(np.arange(X.shape[1]), self.levels)
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        codes = super().transform(X)
        blocks = [
            codes[:, [number]] == np.arange(level, dtype=np.float32)
            for number, level in enumerate(self.levels)
        ]
        return np.hstack(blocks).astype(np.float32)


def tree_steps(preparation: Preparation) -> Steps:
    """How trees want their columns: raw numbers, and codes in the order of the target's mean.

    Never a scaler before trees: it moves values over thresholds by their last bit.
    """
    numbers = Numbers(scale=False) if preparation.missing == "impute" else "passthrough"
    return Steps(numbers, Codes(preparation.rare, order="target"))


def on_one_scale(frame: pd.DataFrame, signature: Signature) -> np.ndarray:
    """The inputs of a signature as numbers that can be compared: ``(n, m)`` float32.

    Standardised numbers, and categories as columns of 0 and 1.
    """
    encoded = Encode.of(signature).transform(frame)
    strings = [c for c in encoded if encoded[c].dtype == object]
    numbers = [c for c in encoded if c not in strings]
    parts = [Numbers().fit_transform(encoded[numbers])] if numbers else []
    if strings:
        parts.append(Indicators().fit_transform(encoded[strings]) / np.float32(np.sqrt(2)))
    return np.hstack(parts)


def matrix(frame: Any) -> np.ndarray:
    """A frame's columns as one float32 matrix."""
    values: np.ndarray = np.asarray(frame, dtype=np.float32)
    return values


def medians(values: np.ndarray) -> np.ndarray:
    """Per column the median of what is there; 0 for a column without any value."""
    empty = np.isnan(values).all(axis=0)
    safe = np.where(empty, np.float32(0), values)
    return np.nanmedian(safe, axis=0).astype(np.float32)


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Distinct quantiles; at least two, so that every column has a bin."""
    there = values[~np.isnan(values)]
    if not len(there):
        return np.array([0, 1], np.float32)
    quantiles = np.quantile(there.astype(np.float64), np.linspace(0, 1, bins + 1))
    edges = np.unique(quantiles.astype(np.float32))
    # a spike at one value (most people have no capital gain) swallows quantiles: cut its rest anew
    if len(edges) < bins // 2:
        distinct = np.unique(there)
        picks = np.linspace(0, len(distinct) - 1, min(bins + 1, len(distinct))).astype(int)
        edges = np.unique(np.concatenate([edges, distinct[picks]]))
    return edges if len(edges) > 1 else np.array([edges[0], edges[0] + 1], np.float32)


def _inverse(widths: np.ndarray) -> np.ndarray:
    """1 / width, kept within what float32 can say."""
    return 1.0 / np.maximum(widths, 1e-37)


def _ordered(y: Any) -> bool:
    """Whether the mean of ``y`` means something: values, or two classes."""
    array = np.asarray(y)
    return array.dtype.kind == "f" or int(array.max(initial=0)) <= 1


def _values(series: pd.Series) -> np.ndarray:
    """A column as numpy values; time zones become UTC at once, not row by row."""
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return series.to_numpy()

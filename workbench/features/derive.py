"""Derive: the features of a recipe as one step of the pipeline, between encoding and preparation.

Its state is text, numbers and the fitted steps, so that skops can keep it and ``packaging`` can
draw it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from workbench.core.errors import NotFound, UsageError
from workbench.core.feature import Feature
from workbench.core.wire import dumps, load
from workbench.encoding import Input
from workbench.features.step import WORDS, Taken, made


@dataclass(frozen=True)
class Source:
    """A column on the way to the model: the arrays that hold it, and the user's columns behind.

    ``hidden`` ones serve features only.
    """

    name: str
    arrays: tuple[str, ...]
    kind: str  # float, string, date
    origins: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True)
class Layout:
    """What a fitted step takes, by the names of arrays, and what it makes."""

    takes: tuple[str, ...]
    decides: tuple[str, ...]  # those of them that decide a prediction
    makes: tuple[str, ...]
    kind: str
    origins: tuple[str, ...]


class Derive(TransformerMixin, BaseEstimator):
    """Makes the features one after another, and hands on what a model may see.

    Parameters
    ----------
    features, arrays, used
        As JSON text: the features, the encoded arrays that come in, and the columns that models
        see themselves; others are there for the features alone.
    """

    def __init__(self, features: str, arrays: str, used: str) -> None:
        self.features = features
        self.arrays = arrays
        self.used = used

    @classmethod
    def of(
        cls, features: Sequence[Feature], arrays: Sequence[Input], used: Collection[str]
    ) -> Self:
        """A step that makes ``features``.

        Raises
        ------
        NotFound, UsageError
            A feature names an unknown step, column or parameter, or a column of a wrong kind.
        """
        found = cls(dumps(list(features)), dumps(list(arrays)), dumps(sorted(used)))
        found.planned()
        return found

    def planned(self) -> dict[str, Source]:
        """All columns there are at the end, told without a row.

        Raises
        ------
        NotFound, UsageError
            A feature cannot be made.
        """
        columns = self._columns()
        for number, feature in enumerate(self._features()):
            step, taken = _taken(feature, columns)
            _enter(columns, feature, step, _layout(number, feature, step, taken, 1))
        return columns

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> pd.DataFrame:  # type: ignore[override]
        columns = self._columns()
        values = dict(X.items())
        self.steps_: list[Any] = []
        layouts: list[Layout] = []
        for number, feature in enumerate(self._features()):
            step, taken = _taken(feature, columns)
            takes = tuple(a for source in taken for a in source.arrays)
            found = step.fit_transform(_frame(values, takes), y)
            layout = _layout(number, feature, step, taken, found.shape[1])
            values |= _named(found, layout)
            _enter(columns, feature, step, layout)
            self.steps_.append(step)
            layouts.append(layout)
        self.layouts_ = dumps(layouts)
        self.passed_ = dumps([c for c in columns.values() if not c.hidden])
        return self._passed_on(values)

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        values = dict(X.items())
        for step, layout in zip(self.steps_, self.layouts, strict=True):
            found = step.transform(_frame(values, layout.takes))
            values |= _named(found, layout)
        return self._passed_on(values)

    @property
    def layouts(self) -> list[Layout]:
        """What each fitted step takes and makes."""
        return [load(Layout, layout) for layout in json.loads(self.layouts_)]

    @property
    def passed(self) -> list[Source]:
        """What goes on to the model: the user's columns that are left, and the features."""
        return [load(Source, source) for source in json.loads(self.passed_)]

    @property
    def arrays_(self) -> list[Input]:
        """The arrays that go on, in order."""
        return [
            Input(array, source.name, "string" if source.kind == "string" else "float")
            for source in self.passed
            for array in source.arrays
        ]

    @property
    def origins(self) -> dict[str, tuple[str, ...]]:
        """The user's columns behind each array that goes on."""
        return {array: source.origins for source in self.passed for array in source.arrays}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "passed_")

    def _passed_on(self, values: Mapping[str, Any]) -> pd.DataFrame:
        return _frame(values, [item.name for item in self.arrays_])

    def _features(self) -> list[Feature]:
        return [load(Feature, feature) for feature in json.loads(self.features)]

    def _columns(self) -> dict[str, Source]:
        """The user's columns by name, as they come in."""
        used = set(json.loads(self.used))
        grouped: dict[str, list[Input]] = {}
        for item in json.loads(self.arrays):
            grouped.setdefault(item["column"], []).append(load(Input, item))
        return {
            name: Source(
                name,
                tuple(a.name for a in arrays),
                "date" if arrays[0].part else arrays[0].kind,
                (name,),
                name not in used,
            )
            for name, arrays in grouped.items()
        }


def _frame(values: Mapping[str, Any], names: Sequence[str]) -> pd.DataFrame:
    """Arrays as a frame; texts stay Python's, which pandas would make its own of."""
    return pd.DataFrame(
        {
            n: pd.Series(v, dtype=object) if v.dtype == object else v
            for n in names
            for v in [values[n]]
        }
    )


def _taken(feature: Feature, columns: Mapping[str, Source]) -> tuple[Any, list[Source]]:
    """The unfitted step of a feature, and the columns that it is made from."""
    step = made(feature)
    found = []
    for name, wanted in zip(feature.columns, step.takes, strict=False):
        if name not in columns:
            raise NotFound.among("column", name, columns)
        found.append(_fitting(columns[name], wanted, feature))
    return step, found


def _fitting(source: Source, wanted: Taken, feature: Feature) -> Source:
    """The source as a step takes it: of a date that is an amount, its days alone."""
    takes = {"number": "float", "text": "string", "date": "date"}.get(wanted)
    date = source.kind == "date"
    fits = not date if wanted == "any" else wanted == "amount" and source.kind != "string"
    if source.kind != takes and not fits:
        kind = {"float": "number", "string": "text"}.get(source.kind, "date")
        raise UsageError(
            f"{feature.called} needs {WORDS[wanted]}, and {source.name!r} is a {kind}.",
            "Choose another column or another step.",
        )
    return _part(source) if date and wanted == "amount" else source


def _part(source: Source) -> Source:
    return Source(source.name, source.arrays[:1], "float", source.origins, source.hidden)


def _layout(
    number: int, feature: Feature, step: Any, taken: Sequence[Source], width: int
) -> Layout:
    stem = f"d{number}_{re.sub(r'[^A-Za-z0-9]+', '_', feature.called).strip('_')[:40]}"
    deciding = taken[: step.decides]
    return Layout(
        tuple(a for source in taken for a in source.arrays),
        tuple(a for source in deciding for a in source.arrays),
        tuple(f"{stem}_{k}" for k in range(width)),
        taken[0].kind if step.gives == "same" else step.gives,
        tuple(dict.fromkeys(o for source in deciding for o in source.origins)),
    )


def _enter(columns: dict[str, Source], feature: Feature, step: Any, layout: Layout) -> None:
    """Put what a step makes among the columns, and hide what it stands for."""
    keep = step.keeps if feature.keep is None else feature.keep
    if not keep:
        for name in feature.columns:
            hidden = columns[name]
            columns[name] = Source(name, hidden.arrays, hidden.kind, hidden.origins, True)
    columns[feature.called] = Source(feature.called, layout.makes, layout.kind, layout.origins)


def _named(found: np.ndarray, layout: Layout) -> dict[str, np.ndarray]:
    return {name: found[:, place] for place, name in enumerate(layout.makes)}

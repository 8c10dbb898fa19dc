"""The data sets that scikit-learn carries with it: no network needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from sklearn import datasets

from workbench.core.errors import NotFound
from workbench.core.progress import Progress
from workbench.data.reader import Reading, check_options

LOADERS: dict[str, tuple[Callable[..., Any], str]] = {
    "breast_cancer": (datasets.load_breast_cancer, "diagnosis"),
    "diabetes": (datasets.load_diabetes, "progression"),
    "digits": (datasets.load_digits, "digit"),
    "iris": (datasets.load_iris, "species"),
    "wine": (datasets.load_wine, "cultivar"),
}


class BundledReader:
    """Reads by name."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, str) and source in LOADERS

    def read(self, source: str, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, (), "A bundled data set")
        if source not in LOADERS:
            raise NotFound.among("bundled data set", source, LOADERS)
        load, target = LOADERS[source]
        # diabetes comes scaled to unit length; people want to read ages
        bunch = load(scaled=False) if source == "diabetes" else load()
        names = [str(name) for name in bunch.feature_names]
        columns = {name: pa.array(bunch.data[:, i]) for i, name in enumerate(names)}
        columns[target] = _target(source, bunch)
        return Reading(pa.table(columns))


BUNDLED = BundledReader()


def _target(source: str, bunch: Any) -> pa.Array:
    """Classes by their names; digits and measured values as they are."""
    if source in ("diabetes", "digits"):
        return pa.array(bunch.target)
    return pa.array([str(bunch.target_names[code]) for code in bunch.target])

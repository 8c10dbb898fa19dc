"""How encoded columns become the one float32 matrix that a model eats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.compose import ColumnTransformer

from workbench.core.recipe import Preparation
from workbench.encoding import Input
from workbench.training.family import Family


def prepare(family: Family, preparation: Preparation, arrays: Sequence[Input]) -> ColumnTransformer:
    """The unfitted preparation that a family wants: floats first, categories after."""
    floats = [i.name for i in arrays if i.kind == "float"]
    strings = [i.name for i in arrays if i.kind == "string"]
    steps = family.steps(preparation, len(floats))
    parts: list[tuple[str, Any, list[str]]] = []
    if floats:
        parts.append(("numbers", steps.numbers, floats))
    if strings:
        parts.append(("categories", steps.categories, strings))
    return ColumnTransformer(parts, sparse_threshold=0, verbose_feature_names_out=False)


def sources(
    prepared: ColumnTransformer, origins: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """The user's columns behind each column of the prepared matrix.

    Told by the fitted steps, never by splitting names: ``a_b`` may be a column or a category.

    Parameters
    ----------
    origins
        The user's columns behind each array that is prepared: one, or those of a feature.
    """
    found: list[tuple[str, ...]] = []
    for _, step, names in prepared.transformers_:
        if isinstance(step, str):  # "drop"
            continue
        places = getattr(step, "origins_", range(len(names)))
        found += [origins[names[int(place)]] for place in places]
    return found


def levels(prepared: ColumnTransformer) -> tuple[int, ...]:
    """How many codes each category column has, when the family asked for codes."""
    for name, step, _ in prepared.transformers_:
        if name == "categories" and len(step.origins_) == len(step.levels):
            return tuple(step.levels)
    return ()

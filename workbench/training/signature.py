"""The signature of a model before it is fitted: which columns go in and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.dataset import Column, Schema
from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.feature import Feature
from workbench.core.recipe import Recipe
from workbench.core.report import Finding
from workbench.core.signature import Field, Kind, Signature
from workbench.core.split import TRAIN
from workbench.encoding import MISSING, text
from workbench.training.target import classes_of, task_of

SAMPLE = 200  # characters of an example
SHOWN = 1000  # categories that a signature lists; the steps keep all that matter
USABLE: dict[str, Kind] = {
    "number": "number",
    "boolean": "boolean",
    "category": "category",
    "datetime": "datetime",
}


@dataclass(frozen=True)
class Signed:
    """A signature, and what there is to know about how it came about."""

    signature: Signature
    notes: tuple[Finding, ...]
    used: tuple[str, ...]  # inputs that the model sees; the others are there for features
    features: tuple[Feature, ...] = ()
    by: tuple[Field, ...] = ()  # the columns that form the groups of a mitigation


def sign(recipe: Recipe, frame: pd.DataFrame, schema: Schema, parts: np.ndarray) -> Signed:
    """The signature that a recipe asks for, with what the training rows hold.

    Raises
    ------
    UsageError
        The recipe names no target or an unknown column.
    DataError
        No column is left to learn from, or the target does not suit the task.
    """
    target = _target(recipe, schema)
    if recipe.task is None:
        task, notes = task_of(frame[target.name], target)
    else:
        task, notes = recipe.task, ()
    chosen, left_out = _chosen(recipe, schema, target)
    features, sources, more = _features(recipe, schema, target)
    used = tuple(c.name for c in chosen)
    grouped = _grouped(recipe, schema, target)
    if recipe.mitigation is not None and recipe.mitigation.asks:
        sources = [*sources, *grouped]
        more += _asked([c.name for c in grouped if c.name not in used])
    chosen = [*chosen, *(c for c in dict.fromkeys(sources) if c.name not in used)]
    if not used and not features:
        raise DataError(
            "No column is left to learn from.",
            "Give at least one column of numbers, categories, booleans or dates the role feature.",
        )
    train = frame.loc[np.asarray(parts) == TRAIN]
    veiled = _veiled(features)
    fields = tuple(
        Field(c.name, "text") if c.name in veiled else _field(c, train[c.name]) for c in chosen
    )
    empty = [f.name for f, c in zip(fields, chosen, strict=True) if train[c.name].isna().all()]
    signature = Signature(
        inputs=fields,
        target=target.name,
        task=task,
        classes=() if task == "regression" else classes_of(frame[target.name], target),
        target_dtype=target.dtype,
        sensitive=tuple(c.name for c in schema.having("sensitive")),
    )
    found = notes + left_out + more + tuple(_empty(name) for name in empty)
    by = tuple(_field(c, train[c.name]) for c in grouped)
    return Signed(signature, found, used, features, by)


def bound(
    kinds: Mapping[str, Kind], recipe: Recipe, frame: pd.DataFrame, schema: Schema
) -> tuple[Signature, tuple[Finding, ...]]:
    """The signature of a model that was made elsewhere, on the columns that it takes.

    Parameters
    ----------
    kinds
        What the model takes of each column, in its own order.
    recipe
        Names the target, and the task where it is not the one that the target asks for.
    """
    target = _target(recipe, schema)
    notes: tuple[Finding, ...] = ()
    task = recipe.task
    if task is None:
        task, notes = task_of(frame[target.name], target)
    signature = Signature(
        inputs=tuple(_as(kind, schema[name], frame[name]) for name, kind in kinds.items()),
        target=target.name,
        task=task,
        classes=() if task == "regression" else classes_of(frame[target.name], target),
        target_dtype=target.dtype,
        sensitive=tuple(c.name for c in schema.having("sensitive")),
    )
    return signature, notes


def _as(kind: Kind, column: Column, values: pd.Series) -> Field:
    """A field of a given kind, whatever the schema takes the column for."""
    basis = {"category": "category", "number": "number", "boolean": "boolean"}[kind]
    return _field(replace(column, semantic=basis), values)


def _target(recipe: Recipe, schema: Schema) -> Column:
    if recipe.target is not None:
        return schema[recipe.target]
    if schema.target is None:
        raise UsageError("No target is set.", "Name the column to predict: target=...")
    return schema.target


def _chosen(
    recipe: Recipe, schema: Schema, target: Column
) -> tuple[list[Column], tuple[Finding, ...]]:
    if recipe.columns is not None:
        unknown = [n for n in recipe.columns if n not in schema]
        if unknown:
            raise NotFound.among("column", unknown[0], schema.names)
        asked = [schema[name] for name in dict.fromkeys(recipe.columns)]
    else:
        asked = list(schema.having("feature", "sensitive"))
    asked = [c for c in asked if c.name != target.name]
    if recipe.sensitive == "drop":
        asked = [c for c in asked if c.role != "sensitive"]
    chosen = [c for c in asked if c.basis in USABLE]
    sources = {name for feature in recipe.features or () for name in feature.columns}
    spare = [c for c in asked if c.basis not in USABLE and c.name not in sources]
    return chosen, tuple(_left_out(c) for c in spare)


def _features(
    recipe: Recipe, schema: Schema, target: Column
) -> tuple[tuple[Feature, ...], list[Column], tuple[Finding, ...]]:
    """The features that may be made, the columns they need, and why others may not."""
    made: dict[str, Feature] = {}
    gone: dict[str, str] = {}  # a feature that is left out, and the sensitive column behind it
    sources: dict[str, Column] = {}
    for feature in recipe.features or ():
        if target.name in feature.columns and target.name not in made:
            raise UsageError(
                f"{feature.called} is made from the target {target.name!r}.",
                "The target is not known when a prediction is made: choose another column.",
            )
        hidden = [_behind(name, schema, gone) for name in feature.columns]
        if recipe.sensitive == "drop" and any(hidden):
            gone[feature.called] = next(filter(None, hidden))
            continue
        sources |= {n: schema[n] for n in feature.columns if n in schema and n not in made}
        made[feature.called] = feature
    left_out = tuple(_hidden(name, column) for name, column in gone.items())
    return tuple(made.values()), list(sources.values()), left_out


def _grouped(recipe: Recipe, schema: Schema, target: Column) -> list[Column]:
    """The columns that form the groups of the recipe's mitigation."""
    found = [schema[name] for name in (recipe.mitigation.by if recipe.mitigation else ())]
    for column in found:
        if column.name == target.name or column.basis not in ("category", "boolean", "number"):
            why = "the target" if column.name == target.name else column.semantic
            raise UsageError(
                f"Column {column.name!r} forms no groups: it is {why}.",
                "Name a column of categories, booleans or numbers.",
            )
    return found


def _asked(names: Sequence[str]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "group-asked",
            "warning",
            f"The model does not learn from {name!r}, but asks for it: what is done depends on it.",
            subject=name,
        )
        for name in names
    )


def _veiled(features: Sequence[Feature]) -> set[str]:
    """Columns that models see by their hash alone: no value of theirs leaves with the model."""
    hashed = {f.columns[0] for f in features if f.step == "hash" and not f.keep}
    return hashed - {name for f in features if f.step != "hash" for name in f.columns}


def _behind(name: str, schema: Schema, gone: Mapping[str, str]) -> str:
    """The sensitive column behind a column or feature, or an empty text."""
    if name in gone:
        return gone[name]
    return name if name in schema and schema[name].role == "sensitive" else ""


def _hidden(feature: str, column: str) -> Finding:
    sentence = f"{feature} is not made: {column!r} is sensitive, and such columns are left out."
    return Finding("feature-left-out", "info", sentence, {"column": column}, feature)


def _left_out(column: Column) -> Finding:
    return Finding(
        "input-left-out",
        "info",
        f"Column {column.name!r} ({column.semantic}) is not used: models take numbers, "
        "categories, booleans and dates.",
        subject=column.name,
    )


def _empty(name: str) -> Finding:
    return Finding(
        "input-empty",
        "warning",
        f"Column {name!r} has no value in the training rows.",
        {},
        name,
    )


def _field(column: Column, values: pd.Series) -> Field:
    kind = kind_of(column)
    found = values.dropna()
    if kind == "category":
        names = _categories(found)
        return Field(column.name, kind, categories=names, example=names[0] if names else None)
    if found.empty or kind == "text":
        example = text(found.iloc[0])[:SAMPLE] if len(found) else None
        return Field(column.name, kind, example=example)
    if kind == "number":
        numbers = pd.to_numeric(found, errors="coerce").dropna().astype(float)
        return Field(
            column.name,
            kind,
            low=_finite(numbers.min()),
            high=_finite(numbers.max()),
            example=_middle(numbers, column.dtype),
        )
    return Field(column.name, kind, example=_example(found.iloc[len(found) // 2], kind))


def kind_of(column: Column) -> Kind:
    """What the model takes; columns that serve features alone may be texts and identifiers."""
    if column.basis in USABLE:
        return USABLE[column.basis]
    return "text" if column.dtype == "string" else "number"


def _categories(found: pd.Series) -> tuple[str, ...]:
    """Categories as text, commonest first, equal counts by alphabet."""
    counts = found.astype(object).map(text).value_counts()
    order = sorted(counts.index, key=lambda name: (-int(counts[name]), name))
    return tuple(name for name in order if name != MISSING)[:SHOWN]


def _middle(numbers: pd.Series, dtype: str) -> float | int | None:
    if numbers.empty:
        return None
    middle = float(numbers.quantile(0.5, interpolation="nearest"))
    if not np.isfinite(middle):
        return None
    return int(middle) if "int" in dtype and middle.is_integer() else middle


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _example(value: Any, kind: Kind) -> str | bool:
    if kind == "boolean":
        return text(value).strip().lower() in ("true", "1", "yes", "y", "t")
    return pd.Timestamp(value).isoformat()

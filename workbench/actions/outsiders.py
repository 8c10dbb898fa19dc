"""How a model that was made elsewhere is held against a data set: columns, labels, answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from workbench.core import wire
from workbench.core.dataset import Column, Schema
from workbench.core.errors import DataError, UsageError
from workbench.core.recipe import Recipe
from workbench.core.signature import Kind, Signature
from workbench.encoding import inputs, text
from workbench.measures.words import counted, listed, number
from workbench.packaging.adopting import head as heads
from workbench.packaging.adopting import onnxfile
from workbench.packaging.adopting.onnxfile import Entry, OnnxFile
from workbench.torchgraph import to_onnx
from workbench.training.adopted import (
    ForeignClassifier,
    ForeignRegressor,
    OnnxClassifier,
    OnnxRegressor,
    answers,
    pipeline,
)
from workbench.training.persist import load, strangers
from workbench.training.signature import bound
from workbench.training.steps import Encode

LOOK = 2_000  # rows that the model is asked about before it is judged
NUMERIC = ("int", "uint", "float", "double", "halffloat", "decimal")
APART = 1e-6  # a difference that is worth a note


@dataclass(frozen=True)
class Outsider:
    """A model from outside that fits a data set."""

    pipeline: Pipeline
    signature: Signature
    columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()  # types that were vouched for
    facts: Mapping[str, str] = field(default_factory=dict)


def opened(
    kind: str,
    content: bytes,
    recipe: Recipe,
    frame: pd.DataFrame,
    schema: Schema,
    classes: Sequence[str] | None,
    trust: Sequence[str],
) -> Outsider:
    """A model file, held against a data set.

    Raises
    ------
    UsageError, DataError
        It does not fit; the sentence says where.
    """
    if kind == "skops":
        return _sklearn(content, recipe, frame, schema, classes, trust)
    file = onnxfile.look(to_onnx(content) if kind == "torch" else content)
    return _onnx(file, recipe, frame, schema, classes)


# ONNX ----------------------------------------------------------------------------------------


def _onnx(
    file: OnnxFile,
    recipe: Recipe,
    frame: pd.DataFrame,
    schema: Schema,
    classes: Sequence[str] | None,
) -> Outsider:
    names, notes = _names(file.names, recipe, schema, sum(e.width or 0 for e in file.entries))
    layout = _layout(file.entries, names)
    kinds = {name: _kind(schema[name], entry.kind) for entry, members in layout for name in members}
    _whole(layout, frame)
    signature, more = bound(kinds, recipe, frame, schema)
    arrays = inputs(signature)
    named = {i.column: i.name for i in arrays}
    plan = [(entry, [named[n] for n in members]) for entry, members in layout]
    rows = _some(frame, signature)
    said = onnxfile.run(file, plan, _arrays(signature, rows))
    output = _output(file, said, signature)
    labels = _labels(file, said, output, signature, classes)
    head, told = heads.settle(said[output], output, signature, labels)
    graph = onnxfile.adapt(file, plan, [(i.name, i.kind) for i in arrays], head)
    kind = OnnxRegressor if signature.task == "regression" else OnnxClassifier
    made = pipeline(
        signature, frame, lambda *given: kind(*given).adopt(graph, len(signature.classes))
    )
    return Outsider(
        made,
        signature,
        tuple(kinds),
        (*notes, *(n.sentence for n in more), *told),
        facts={"opset": str(max(o.version for o in file.model.opset_import if not o.domain))},
    )


def _layout(entries: Sequence[Entry], names: Sequence[str]) -> list[tuple[Entry, list[str]]]:
    """Which columns each input takes, in order."""
    if len(entries) == 1 and entries[0].width is None:
        return [(entries[0], list(names))]
    if any(entry.width is None for entry in entries):
        raise DataError(
            "The ONNX model has several inputs, and one does not say how many columns it takes.",
            "Export it with the number of columns in its shapes.",
        )
    layout, at = [], 0
    for entry in entries:
        layout.append((entry, list(names[at : at + (entry.width or 0)])))
        at += entry.width or 0
    return layout


def _whole(layout: Sequence[tuple[Entry, Sequence[str]]], frame: pd.DataFrame) -> None:
    for entry, names in layout:
        gap = next((n for n in names if frame[n].isna().any()), None)
        if gap is not None and entry.element in onnxfile.WHOLE:
            raise DataError(
                f"Column {gap!r} has missing values, and the model takes whole numbers there.",
                "Use a data set without them, or export the model with floats.",
            )


def _arrays(signature: Signature, rows: pd.DataFrame) -> dict[str, np.ndarray]:
    encoded = Encode.of(signature).transform(rows)
    return {name: encoded[name].to_numpy() for name in encoded.columns}


def _output(file: OnnxFile, said: Mapping[str, np.ndarray], signature: Signature) -> str:
    """The output that looks like scores: the first whose width fits."""
    widths = (1,) if signature.task == "regression" else (len(signature.classes), 1)
    for width in widths:
        for name in file.outputs:
            shape = said[name].shape
            if (shape[1] if len(shape) == 2 else 1) == width:
                return name
    return file.outputs[0]


def _labels(
    file: OnnxFile,
    said: Mapping[str, np.ndarray],
    output: str,
    signature: Signature,
    classes: Sequence[str] | None,
) -> Sequence[str]:
    if signature.task == "regression":
        return ()
    if classes:
        return [str(c) for c in classes]
    if file.labels or not file.label_output:
        return file.labels
    return heads.observed(said[output], said[file.label_output], len(signature.classes))


# scikit-learn --------------------------------------------------------------------------------


def _sklearn(
    content: bytes,
    recipe: Recipe,
    frame: pd.DataFrame,
    schema: Schema,
    classes: Sequence[str] | None,
    trust: Sequence[str],
) -> Outsider:
    unknown = strangers(content)
    spare = [name for name in unknown if name not in trust]
    if spare:
        raise UsageError(
            f"The skops file holds types that nobody vouched for: {listed(spare, 8)}.",
            f"If you know where it comes from, say: trust={spare!r}.",
        )
    model = load(content, unknown)
    if isinstance(getattr(model, "steps", [("", None)])[0][1], Encode):
        return _ours(model, recipe, frame, schema, unknown)
    _estimator(model)
    told = tuple(str(n) for n in getattr(model, "feature_names_in_", ()))
    width = int(getattr(model, "n_features_in_", 0) or 0)
    names, notes = _names(told, recipe, schema, width)
    kinds = {name: _kind(schema[name], None) for name in names}
    as_frame = bool(told) or "category" in kinds.values()
    if recipe.task is None:
        recipe = _with_task(recipe, model, schema)
    signature, more = bound(kinds, recipe, frame, schema)
    order, assumed = _order(model, signature, classes)
    kind = ForeignRegressor if signature.task == "regression" else ForeignClassifier
    made = pipeline(
        signature, frame, lambda *given: kind(*given).adopt(model, order, names, as_frame)
    )
    apart = _apart(made, model, order, _some(frame, signature), names, as_frame)
    if apart > APART:
        assumed.append(
            f"Its columns are rounded to seven digits here (float32), as they will be served:"
            f" its answers move by up to {number(apart)}."
        )
    facts = {"estimator": _spoken(model)}
    sentences = (*notes, *(n.sentence for n in more), *assumed)
    return Outsider(made, signature, tuple(names), sentences, tuple(unknown), facts)


def _ours(
    model: Pipeline, recipe: Recipe, frame: pd.DataFrame, schema: Schema, trust: Sequence[str]
) -> Outsider:
    """A pipeline of another workspace: it knows its own columns and classes."""
    told = wire.load(Signature, json.loads(model.steps[0][1].signature))
    names = _checked(list(told.names), schema, replace(recipe, columns=None), 0)
    kinds = {name: _kind(schema[name], None) for name in names}
    here, _ = bound(kinds, replace(recipe, task=told.task), frame, schema)
    if here.classes != told.classes:
        raise UsageError(
            f"The model's classes are {listed(told.classes)}; those of {here.target!r} are"
            f" {listed(here.classes)}.",
            "Choose the target that the model was made for.",
        )
    signature = replace(
        told, target=here.target, target_dtype=here.target_dtype, sensitive=here.sensitive
    )
    facts = {"estimator": _spoken(model)}
    return Outsider(model, signature, tuple(names), (), tuple(trust), facts)


def _estimator(model: Any) -> None:
    if not (is_classifier(model) or is_regressor(model)):
        raise UsageError(
            f"The skops file holds {type(model).__name__}, which is no classifier or regressor.",
            "Save the fitted estimator, or the pipeline that ends with it.",
        )
    if is_classifier(model) and not hasattr(model, "predict_proba"):
        raise UsageError(
            f"{_spoken(model)} gives labels but no probabilities.",
            "Wrap it in CalibratedClassifierCV, fit that, and save it.",
        )


def _with_task(recipe: Recipe, model: Any, schema: Schema) -> Recipe:
    """The task that the model was made for, where the target could be read in two ways."""
    if is_regressor(model):
        return replace(recipe, task="regression")
    return replace(recipe, task="binary" if len(model.classes_) == 2 else "multiclass")


def _order(
    model: Any, signature: Signature, classes: Sequence[str] | None
) -> tuple[tuple[int, ...], list[str]]:
    if signature.task == "regression":
        return (), []
    labels = [text(label) for label in model.classes_]
    if classes and len(classes) != len(labels):
        raise UsageError(
            f"The model has {len(labels)} classes, not {len(classes)}.",
            f"They are, in its order: {listed(labels)}.",
        )
    return heads.order_of([str(c) for c in classes] if classes else labels, signature)


def _apart(
    made: Pipeline,
    model: Any,
    order: Sequence[int],
    rows: pd.DataFrame,
    names: Sequence[str],
    as_frame: bool,
) -> float:
    """How far its answers on encoded columns are from those on the columns as they are."""
    ours = made.named_steps["model"].scores_on(made.named_steps["encode"].transform(rows))
    raw = rows[list(names)]
    try:
        theirs = answers(model, raw if as_frame else raw.to_numpy(dtype=float), order)
    except (ValueError, TypeError):  # it was fitted on other types of the same columns
        return 0.0
    return float(np.abs(ours - theirs).max(initial=0.0))


def _spoken(model: Any) -> str:
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return type(last).__name__


# both ----------------------------------------------------------------------------------------


def _names(
    told: Sequence[str], recipe: Recipe, schema: Schema, width: int
) -> tuple[list[str], list[str]]:
    """The columns that the model takes, in its order, and what had to be assumed about them."""
    if recipe.columns:
        return _checked(list(recipe.columns), schema, recipe, width), []
    if told:
        return _checked([_known(name, schema) for name in told], schema, recipe, width), []
    usable = [c.name for c in schema.having("feature", "sensitive") if c.name != recipe.target]
    if width and width != len(usable):
        raise UsageError(
            f"The model takes {counted(width, 'column')} and does not name them; the data set has"
            f" {len(usable)} that could be meant.",
            "Name them in the model's order: columns=[...].",
        )
    note = f"The file does not name its columns: they are taken in this order: {listed(usable, 8)}."
    return _checked(usable, schema, recipe, width), [note]


def _known(name: str, schema: Schema) -> str:
    """The data set's column of a name that an export may have made safe (``capital_gain``)."""
    if name in schema:
        return name
    alike = [n for n in schema.names if _plain(n) == _plain(name)]
    return alike[0] if len(alike) == 1 else name


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name).lower()


def _checked(names: list[str], schema: Schema, recipe: Recipe, width: int) -> list[str]:
    missing = [n for n in names if n not in schema]
    if missing:
        raise UsageError(
            f"The model takes columns that {recipe.dataset} does not have: {listed(missing, 8)}.",
            "Rename the columns of the data set, or name its own in the model's order: columns=...",
        )
    if width and len(names) != width:
        raise UsageError(
            f"The model takes {counted(width, 'column')}, not {len(names)}.",
            "Name them in the model's order: columns=[...].",
        )
    if recipe.target in names:
        raise UsageError(
            f"The model takes {recipe.target!r}, which is what it is to predict.",
            "Name another target, or other columns.",
        )
    twice = [n for n in names if names.count(n) > 1]
    if twice:
        raise UsageError(f"Column {twice[0]!r} is named twice.", "Name each column once.")
    return names


def _kind(column: Column, wanted: Kind | None) -> Kind:
    """What a model is given of a column: by its type, and by what the model takes."""
    if column.dtype == "bool":
        own: Kind = "boolean"
    elif column.dtype.startswith(NUMERIC):
        own = "number"
    elif column.dtype in ("string", "large_string") or column.dtype.startswith("dictionary"):
        own = "category"
    else:
        raise DataError(
            f"Column {column.name!r} holds {column.dtype}; a model from outside takes numbers,"
            " booleans and texts.",
            "Make a column of numbers of it in the data set.",
        )
    if wanted == "number" and own == "category":
        raise DataError(
            f"Column {column.name!r} holds texts, and the model takes numbers there.",
            "Adopt it together with what turns texts into numbers, or give other columns.",
        )
    return "category" if wanted == "category" else own


def _some(frame: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Rows to ask the model about, evenly spread."""
    at = np.unique(np.linspace(0, len(frame) - 1, min(LOOK, len(frame))).astype(int))
    return frame.iloc[at]

"""A scikit-learn pipeline that was made elsewhere: over columns of numbers and texts by name.

Pipelines and column transformers are walked step by step. What works on texts (imputing, one-hot
and ordinal encoding) is drawn here, since skl2onnx knows no missing texts; the rest goes to the
converter of its class. The parity gate has the last word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.core.errors import UsageError
from workbench.onnxgraph import Graph

HINT = "Export it to ONNX where it was made, and adopt that file."


@dataclass(frozen=True)
class Table:
    """Values beside each other: (rows, 1) each, with a name and whether it holds texts.

    A matrix is one value without a name.
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    texts: tuple[bool, ...]

    @classmethod
    def matrix(cls, value: str) -> Table:
        return cls(("",), (value,), (False,))

    def joined(self, graph: Graph) -> str:
        """One matrix of numbers."""
        if any(self.texts):
            raise UsageError("The pipeline hands texts to a step that takes numbers.", HINT)
        return graph.join(list(self.values))

    def picked(self, graph: Graph, chosen: Any, width: int) -> Table:
        """Some of the columns, by name, place, mask or slice."""
        places = _places(chosen, self.names, width)
        if self.names == ("",):
            at = graph.constant(places, np.int64)
            return Table.matrix(graph.add("Gather", [self.values[0], at], axis=1))
        found = [(self.names[i], self.values[i], self.texts[i]) for i in places]
        return Table(*(tuple(part) for part in zip(*found, strict=True)))


def draw(model: Any, graph: Graph, values: dict[str, str]) -> str:
    """The scores of an adopted estimator; ``values`` are the encoded columns by array name."""
    told = {column: (name, kind) for name, column, kind in json.loads(model.columns)}
    names = json.loads(model.names_)
    table = Table(
        tuple(names),
        tuple(values[told[n][0]] for n in names),
        tuple(told[n][1] == "string" for n in names),
    )
    scores = _predicted(model.model_, graph, table)
    order = model.order_.tolist()
    if order and order != list(range(len(order))):
        scores = graph.add("Gather", [scores, graph.constant(order, np.int64)], axis=1)
    if not order:  # some converters give (rows,)
        scores = graph.add("Reshape", [scores, graph.constant([-1, 1], np.int64)])
    return scores


def _predicted(estimator: Any, graph: Graph, table: Table) -> str:
    # at the time of the call: the registry knows its converters by address
    from workbench.packaging.converter import converter_of

    if hasattr(estimator, "steps"):
        for _, step in estimator.steps[:-1]:
            table = _transformed(step, graph, table)
        return _predicted(estimator.steps[-1][1], graph, table)
    return converter_of(estimator)(estimator, graph, table.joined(graph))


def _transformed(step: Any, graph: Graph, table: Table) -> Table:
    from workbench.packaging.converter import converter_of

    if step is None or step == "passthrough":
        return table
    own = _OWN.get(type(step).__name__)
    if own is not None and (any(table.texts) or type(step).__name__ in _ALWAYS):
        return own(step, graph, table)
    return Table.matrix(converter_of(step)(step, graph, table.joined(graph)))


def _pipeline(step: Any, graph: Graph, table: Table) -> Table:
    for _, inner in step.steps:
        table = _transformed(inner, graph, table)
    return table


def _columns(step: Any, graph: Graph, table: Table) -> Table:
    """A ColumnTransformer: each of its parts on its own columns, side by side."""
    parts: list[Table] = []
    for _, inner, chosen in step.transformers_:
        if isinstance(inner, str) and inner == "drop":
            continue
        if not len(_places(chosen, table.names, step.n_features_in_)):
            continue
        parts.append(_transformed(inner, graph, table.picked(graph, chosen, step.n_features_in_)))
    return Table.matrix(graph.join([part.joined(graph) for part in parts]))


def _passed(step: Any, graph: Graph, table: Table) -> Table:
    if step.func is not None:
        raise UsageError("A FunctionTransformer with a function cannot be exported to ONNX.", HINT)
    return table


def _imputed(step: Any, graph: Graph, table: Table) -> Table:
    """Missing texts take the step's value; they are ``""`` here."""
    if step.add_indicator or not _missing(step.missing_values):
        raise UsageError("This SimpleImputer of texts cannot be exported to ONNX.", HINT)
    filled = []
    for value, fill in zip(table.values, step.statistics_, strict=True):
        # strings cannot be compared before opset 19
        told = graph.add(
            "LabelEncoder", [value], domain="ai.onnx.ml", keys_strings=[""], values_int64s=[1],
            default_int64=0,
        )  # fmt: skip
        missing = graph.add("Cast", [told], to=TensorProto.BOOL)
        filled.append(graph.add("Where", [missing, graph.text(str(fill)), value]))
    return Table(table.names, tuple(filled), table.texts)


def _one_hot(step: Any, graph: Graph, table: Table) -> Table:
    if getattr(step, "_infrequent_enabled", False) or step.handle_unknown == "warn":
        raise UsageError("A OneHotEncoder with rare categories cannot be exported to ONNX.", HINT)
    blocks = []
    dropped = step.drop_idx_ if step.drop_idx_ is not None else [None] * len(step.categories_)
    for column, known, gone in zip(_each(graph, table), step.categories_, dropped, strict=True):
        kept = [i for i in range(len(known)) if i != gone]
        blocks.append(_same(graph, column, [known[i] for i in kept]))
    return Table.matrix(graph.join(blocks))


def _ordinal(step: Any, graph: Graph, table: Table) -> Table:
    if getattr(step, "_infrequent_enabled", False):
        raise UsageError("An OrdinalEncoder with rare categories cannot be exported to ONNX.", HINT)
    unknown = np.nan if step.unknown_value is None else float(step.unknown_value)
    codes = []
    for (value, texts), known in zip(_each(graph, table), step.categories_, strict=True):
        if not texts:
            raise UsageError("An OrdinalEncoder of numbers cannot be exported to ONNX.", HINT)
        missing = [k for k, name in enumerate(known) if _missing(name)]
        table_of = {_text(name): float(k) for k, name in enumerate(known)}
        if missing:
            table_of[""] = float(step.encoded_missing_value)
        codes.append(
            graph.add(
                "LabelEncoder", [value], domain="ai.onnx.ml", keys_strings=list(table_of),
                values_floats=list(table_of.values()), default_float=unknown,
            )
        )  # fmt: skip
    return Table.matrix(graph.join(codes))


def _same(graph: Graph, column: tuple[str, bool], known: Sequence[Any]) -> str:
    """(rows, categories): 1 where the column holds the category."""
    value, texts = column
    if texts:
        places = {_text(name): float(k) for k, name in enumerate(known)}
        value = graph.add(
            "LabelEncoder", [value], domain="ai.onnx.ml", keys_strings=list(places),
            values_floats=list(places.values()), default_float=-1.0,
        )  # fmt: skip
        known = list(range(len(known)))
    equal = graph.add("Equal", [value, graph.constant(np.asarray(known, np.float32)[None, :])])
    return graph.add("Cast", [equal], to=TensorProto.FLOAT)


def _each(graph: Graph, table: Table) -> list[tuple[str, bool]]:
    if table.names == ("",):
        raise UsageError("A matrix is encoded a second time, which cannot be exported.", HINT)
    return list(zip(table.values, table.texts, strict=True))


def _places(chosen: Any, names: Sequence[str], width: int) -> list[int]:
    if isinstance(chosen, slice):
        return list(range(width))[chosen]
    found = np.asarray(chosen)
    if found.dtype == bool:
        return [int(i) for i in np.flatnonzero(found)]
    if found.dtype.kind in "iu":
        return [int(i) for i in found]
    return [list(names).index(str(name)) for name in found]


def _missing(value: Any) -> bool:
    return value is None or value != value


def _text(value: Any) -> str:
    return "" if _missing(value) else str(value)


_OWN = {
    "Pipeline": _pipeline,
    "ColumnTransformer": _columns,
    "FunctionTransformer": _passed,
    "SimpleImputer": _imputed,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
}
_ALWAYS = ("Pipeline", "ColumnTransformer", "FunctionTransformer", "OneHotEncoder")

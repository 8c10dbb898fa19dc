"""Mitigated models: group columns, thresholds per group, inputs without what tells the group."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.onnxgraph import Graph


def membership(step: Any, graph: Graph, source: str) -> str:
    """A 0/1 column for each group of a column."""
    if step.kind == "texts":
        code = graph.add(
            "LabelEncoder",
            [source],
            domain="ai.onnx.ml",
            keys_strings=step.values or [""],
            values_floats=[float(k) for k in range(len(step.values))] or [-1.0],
            default_float=-1.0,
        )
        hot = graph.add("Equal", [code, graph.constant(np.arange(len(step.values))[None, :])])
    elif step.kind == "numbers":
        hot = graph.add("Equal", [source, graph.constant(np.asarray(step.values)[None, :])])
    else:
        # above each end but not above the next; nothing is above a missing number
        ends = np.r_[-np.inf, np.asarray(step.values)][None, :].astype(np.float32)
        above = graph.add("GreaterOrEqual", [source, graph.constant(ends[:, :1])])
        over = graph.add("Greater", [source, graph.constant(ends[:, 1:])])
        left = graph.join([above, over])
        never = graph.constant(np.zeros((1, 1)), np.bool_)
        right = graph.join([over, graph.add("And", [above, never])])
        hot = graph.add("And", [left, graph.add("Not", [right])])
    return graph.add("Cast", [hot], to=TensorProto.FLOAT)


def thresholds(model: Any, graph: Graph, source: str) -> str:
    """The inner model's scores with the odds of each group's threshold taken from them."""
    inner, hot = _parted(graph, source, model.width)
    said = _inner(model, graph, inner)
    positive = graph.add("Gather", [said, graph.constant([1], np.int64)], axis=1)
    one = graph.constant(1.0)
    members = _crossed(graph, hot, model.cells_)
    moved = graph.add("MatMul", [members, graph.constant((model.thresholds_ - 0.5)[:, None])])
    at = graph.add("Add", [moved, graph.constant(0.5)])
    above = graph.add("Mul", [positive, graph.add("Sub", [one, at])])
    below = graph.add("Mul", [graph.add("Sub", [one, positive]), at])
    share = graph.add("Div", [above, graph.add("Add", [above, below])])
    return graph.join([graph.add("Sub", [one, share]), share])


def decorrelated(model: Any, graph: Graph, source: str) -> str:
    """The inner model on inputs without what is linear in the groups."""
    inner, hot = _parted(graph, source, model.width)
    told = graph.add("MatMul", [_crossed(graph, hot, model.cells_), graph.constant(model.slopes_)])
    apart = graph.add("Sub", [told, graph.constant(model.shift_)])
    return _inner(model, graph, graph.add("Sub", [inner, apart]))


def mixture(model: Any, graph: Graph, source: str) -> str:
    """Weighted mean of probabilities."""
    from workbench.packaging.converter import converter_of

    total = ""
    for member, weight in zip(model.members_, model.weights_, strict=True):
        said = converter_of(member)(member, graph, source)
        weighted = graph.add("Mul", [said, graph.constant(weight)])
        total = graph.add("Add", [total, weighted]) if total else weighted
    return total


def _inner(model: Any, graph: Graph, source: str) -> str:
    # at the time of the call: the registry knows this module
    from workbench.packaging.converter import converter_of

    return converter_of(model.inner_)(model.inner_, graph, source)


def _parted(graph: Graph, source: str, width: int) -> tuple[str, str]:
    """The matrix without its last ``width`` columns, and these."""
    whole = np.iinfo(np.int64).max
    ends = {"inner": (0, -width), "hot": (-width, whole)}
    parts = [
        graph.add("Slice", [source, *(graph.constant([place], np.int64) for place in (a, b, 1))])
        for a, b in ends.values()
    ]
    return parts[0], parts[1]


def _crossed(graph: Graph, hot: str, cells: np.ndarray) -> str:
    found = ""
    for places in cells.T:
        picked = graph.add("Gather", [hot, graph.constant(places, np.int64)], axis=1)
        found = graph.add("Mul", [found, picked]) if found else picked
    return found

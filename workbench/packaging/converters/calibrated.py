"""A calibration map behind the graph of what it calibrates, in double: log-odds amplify."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.onnxgraph import Graph

DOUBLE = np.float64
LEAST = 1e-5  # as training.calibrated has it


def calibrated(model: Any, graph: Graph, source: str) -> str:
    """Calibrated probabilities."""
    # at the time of the call: the registry knows this module
    from workbench.packaging.converter import converter_of

    member = model.members_[0]
    said = graph.add("Cast", [converter_of(member)(member, graph, source)], to=TensorProto.DOUBLE)
    if model.method == "temperature":
        logs = graph.add("Log", [_inside(graph, said)])
        cooled = graph.add("Div", [logs, _of(graph, model.temperature_)])
        return _float(graph, graph.add("Softmax", [cooled], axis=1))
    kinds = [1] if model.classes == 2 else list(range(model.classes))
    parts = []
    for at, k in enumerate(kinds):
        odds = _log_odds(graph, said, k, model.classes)
        one = _sigmoid if model.method == "sigmoid" else _isotonic
        parts.append(one(model, graph, odds, at))
    found = graph.join(parts)
    if len(kinds) == 1:
        other = graph.add("Sub", [_of(graph, 1.0), found])
        return _float(graph, graph.join([other, found]))
    found = graph.add("Add", [found, _of(graph, LEAST)])
    total = graph.add("ReduceSum", [found, graph.constant([1], np.int64)], keepdims=1)
    return _float(graph, graph.add("Div", [found, total]))


def _log_odds(graph: Graph, said: str, k: int, classes: int) -> str:
    """(rows, 1): class ``k`` against the others together."""
    own = graph.add("Gather", [said, graph.constant([k], np.int64)], axis=1)
    rest = [j for j in range(classes) if j != k]
    others = graph.add("Gather", [said, graph.constant(rest, np.int64)], axis=1)
    total = graph.add("ReduceSum", [others, graph.constant([1], np.int64)], keepdims=1)
    logs = [graph.add("Log", [_inside(graph, value)]) for value in (own, total)]
    return graph.add("Sub", logs)


def _sigmoid(model: Any, graph: Graph, odds: str, at: int) -> str:
    scaled = graph.add("Mul", [odds, _of(graph, model.slope_[at])])
    return graph.add("Sigmoid", [graph.add("Add", [scaled, _of(graph, model.offset_[at])])])


def _isotonic(model: Any, graph: Graph, odds: str, at: int) -> str:
    """A start, and how far through each piece the log-odds lie times what the piece rises."""
    x, y = model.knots_[at]
    start = graph.add("Add", [graph.add("Mul", [odds, _of(graph, 0.0)]), _of(graph, y[0])])
    if len(x) == 1:
        return start
    through = graph.add("Sub", [odds, _of(graph, x[:-1][None, :])])
    through = graph.add("Div", [through, _of(graph, np.diff(x)[None, :])])
    through = graph.add("Clip", [through, _of(graph, 0.0), _of(graph, 1.0)])
    risen = graph.add("MatMul", [through, _of(graph, np.diff(y)[:, None])])
    return graph.add("Add", [start, risen])


def _inside(graph: Graph, value: str) -> str:
    return graph.add("Clip", [value, _of(graph, LEAST), _of(graph, 1.0)])


def _of(graph: Graph, values: Any) -> str:
    return graph.constant(values, DOUBLE)


def _float(graph: Graph, value: str) -> str:
    return graph.add("Cast", [value], to=TensorProto.FLOAT)

"""A stack: each member's graph on its own columns, weighed and put together in double."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.onnxgraph import Graph
from workbench.packaging.converters.blend import members

DOUBLE = np.float64
LEAST = 1e-5  # as training.stack has it


def classifier(model: Any, graph: Graph, source: str) -> str:
    """The softmax of weighted log-probabilities."""
    total = graph.constant(model.offset_, DOUBLE)
    for weight, said in members(model, graph, source):
        wide = graph.add("Cast", [said], to=TensorProto.DOUBLE)
        ends = [graph.constant(end, DOUBLE) for end in (LEAST, 1.0)]
        logs = graph.add("Log", [graph.add("Clip", [wide, *ends])])
        total = graph.add("Add", [total, graph.add("Mul", [logs, graph.constant(weight, DOUBLE)])])
    pooled = graph.add("Softmax", [total], axis=1)
    return graph.add("Cast", [pooled], to=TensorProto.FLOAT)


def regressor(model: Any, graph: Graph, source: str) -> str:
    """The weighted sum of values."""
    total = ""
    for weight, said in members(model, graph, source):
        wide = graph.add("Cast", [said], to=TensorProto.DOUBLE)
        weighted = graph.add("Mul", [wide, graph.constant(weight, DOUBLE)])
        total = graph.add("Add", [total, weighted]) if total else weighted
    return graph.add("Cast", [total], to=TensorProto.FLOAT)

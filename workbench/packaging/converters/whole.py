"""Models of ``training.graphmodel``: they are graphs already."""

from __future__ import annotations

from typing import Any

import onnx

from workbench.onnxgraph import Graph


def whole(model: Any, graph: Graph, source: str) -> str:
    """Its outputs."""
    made = onnx.load_model_from_string(bytes(model.onnx_))
    return graph.absorb(made, made.graph.input[0].name, source, made.graph.output[0].name)

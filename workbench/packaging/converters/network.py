"""The network of ``training.perceptron``: embeddings, dense layers, ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.packaging.graph import Graph


def classifier(model: Any, graph: Graph, source: str) -> str:
    """Probabilities."""
    return graph.add("Softmax", [_layers(model, graph, source)], axis=1)


def regressor(model: Any, graph: Graph, source: str) -> str:
    """Values on the target's own scale."""
    scaled = graph.add("Mul", [_layers(model, graph, source), graph.constant(model.scale_)])
    return graph.add("Add", [scaled, graph.constant(model.shift_)])


def _layers(model: Any, graph: Graph, source: str) -> str:
    weights = model.weights_
    numbers = model.n_features_in_ - len(model.levels)
    parts = [_columns(graph, source, range(numbers))] if numbers else []
    for i in range(len(model.levels)):
        column = graph.constant(numbers + i, np.int64)
        code = graph.add("Gather", [source, column], axis=1)
        whole = graph.add("Cast", [code], to=TensorProto.INT64)
        parts.append(graph.add("Gather", [graph.constant(weights[f"embedding.{i}"]), whole]))
    hidden = graph.join(parts)
    for layer in range(model.layers_):
        weight = graph.constant(weights[f"weight.{layer}"])
        hidden = graph.add("Gemm", [hidden, weight, graph.constant(weights[f"bias.{layer}"])])
        if layer + 1 < model.layers_:
            hidden = graph.add("Relu", [hidden])
    return hidden


def _columns(graph: Graph, source: str, columns: range) -> str:
    first, last = (
        graph.constant([0], np.int64),
        graph.constant([len(columns)], np.int64),
    )
    return graph.add("Slice", [source, first, last, graph.constant([1], np.int64)])

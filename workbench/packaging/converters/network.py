"""The network of ``training.perceptron``: embeddings, dense layers, ReLU."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.onnxgraph import Graph


def classifier(model: Any, graph: Graph, source: str) -> str:
    """Probabilities; the mean of its members'."""
    shares = graph.add("Softmax", [_layers(model, graph, source)], axis=-1)
    return _mean(model, graph, shares)


def regressor(model: Any, graph: Graph, source: str) -> str:
    """Values on the target's own scale."""
    values = _mean(model, graph, _layers(model, graph, source))
    scaled = graph.add("Mul", [values, graph.constant(model.scale_)])
    return graph.add("Add", [scaled, graph.constant(model.shift_)])


def _mean(model: Any, graph: Graph, source: str) -> str:
    if "scale" not in model.weights_:
        return source
    return graph.add("ReduceMean", [source, graph.constant([0], np.int64)], keepdims=0)


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
    wide = "scale" in weights
    if wide:  # (n, inputs) * (members, 1, inputs)
        hidden = graph.add("Mul", [hidden, graph.constant(weights["scale"])])
    for layer in range(model.layers_):
        weight, bias = weights[f"weight.{layer}"], weights[f"bias.{layer}"]
        hidden = _dense(graph, hidden, weight, bias, wide)
        if layer + 1 < model.layers_:
            hidden = graph.add("Relu", [hidden])
    return hidden


def _dense(graph: Graph, source: str, weight: np.ndarray, bias: np.ndarray, wide: bool) -> str:
    if not wide:
        return graph.add("Gemm", [source, graph.constant(weight), graph.constant(bias)])
    product = graph.add("MatMul", [source, graph.constant(weight)])
    return graph.add("Add", [product, graph.constant(bias)])


def _columns(graph: Graph, source: str, columns: range) -> str:
    first, last = (
        graph.constant([0], np.int64),
        graph.constant([len(columns)], np.int64),
    )
    return graph.add("Slice", [source, first, last, graph.constant([1], np.int64)])

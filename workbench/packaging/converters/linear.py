"""Linear models."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.onnxgraph import Graph


def logistic(model: Any, graph: Graph, source: str) -> str:
    """Probabilities; two classes are a softmax over (0, margin)."""
    weight, bias = model.coef_, np.broadcast_to(model.intercept_, len(model.coef_))
    if len(weight) == 1:
        weight, bias = np.vstack([0 * weight, weight]), np.concatenate([0 * bias, bias])
    margin = graph.add("Gemm", [source, graph.constant(weight.T), graph.constant(bias)])
    return graph.add("Softmax", [margin], axis=1)


def ridge(model: Any, graph: Graph, source: str) -> str:
    """Values."""
    weight = np.asarray(model.coef_).reshape(-1, 1)
    bias = np.asarray(model.intercept_).reshape(1)
    return graph.add("Gemm", [source, graph.constant(weight), graph.constant(bias)])

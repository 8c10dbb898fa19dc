"""A stack: each member's graph on its own columns, weighed and put together in double."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.linear_model import Ridge

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
    for weight, said in members(_summed(model), graph, source):
        wide = graph.add("Cast", [said], to=TensorProto.DOUBLE)
        weighted = graph.add("Mul", [wide, graph.constant(weight, DOUBLE)])
        total = graph.add("Add", [total, weighted]) if total else weighted
    return graph.add("Cast", [total], to=TensorProto.FLOAT)


def _summed(model: Any) -> Any:
    """The stack with one linear model for all those of the same columns: their weighted sum.

    Far outside the data the fits of the folds may say large values of both signs, whose sum float32
    would not hold.
    """
    held = list(zip(model.slices(), model.members_, model.weights_, strict=True))
    joint: dict[tuple[int, int], Any] = {}
    kept: list[Any] = []
    for columns, member, weight in held:
        if not isinstance(member, Ridge):
            kept.append((columns, member, weight))
        elif columns not in joint:
            joint[columns] = Ridge()
            joint[columns].coef_ = weight * np.ravel(member.coef_)
            joint[columns].intercept_ = weight * np.ravel(member.intercept_)
        else:
            joint[columns].coef_ += weight * np.ravel(member.coef_)
            joint[columns].intercept_ += weight * np.ravel(member.intercept_)
    told = [*kept, *((columns, member, 1.0) for columns, member in joint.items())]
    return SimpleNamespace(
        members_=[m for _, m, _ in told],
        weights_=[w for *_, w in told],
        slices=lambda: [c for c, *_ in told],
    )

"""The preparation steps of ``training.steps``, operation by operation as numpy does them."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.onnxgraph import Graph


def passthrough(step: Any, graph: Graph, source: str) -> str:
    """Columns that go in as they are."""
    if step.func is not None:
        raise TypeError(f"{step.func!r} is no passthrough.")
    return source


def numbers(step: Any, graph: Graph, source: str) -> str:
    """Fill, shift, scale, and flags of what was missing."""
    missing = graph.add("IsNaN", [source])
    filled = graph.add("Where", [missing, graph.constant(step.fill_[None, :]), source])
    if step.scale:
        shifted = graph.add("Sub", [filled, graph.constant(step.shift_)])
        scaled = graph.add("Mul", [shifted, graph.constant(step.factor_)])
        bounds = [graph.constant(-step.farthest_), graph.constant(step.farthest_)]
        filled = graph.add("Clip", [scaled, *bounds])
    return graph.join([filled, *_flags(step, graph, missing)])


def piecewise(step: Any, graph: Graph, source: str) -> str:
    """How far each number lies through each bin."""
    column = graph.constant(step.column_, np.int64)
    spread = graph.add("Gather", [source, column], axis=1)
    shifted = graph.add("Sub", [spread, graph.constant(step.left_)])
    scaled = graph.add("Mul", [shifted, graph.constant(step.factor_)])
    clipped = graph.add("Clip", [scaled, graph.constant(0.0), graph.constant(1.0)])
    zero = graph.constant(0.0)
    through = graph.add("Where", [graph.add("IsNaN", [spread]), zero, clipped])
    return graph.join([through, *_flags(step, graph, graph.add("IsNaN", [source]))])


def codes(step: Any, graph: Graph, source: str) -> str:
    """One lookup per column; what it does not know is 0."""
    return graph.join(_lookups(step, graph, source))


def indicators(step: Any, graph: Graph, source: str) -> str:
    """One lookup per column, compared with every code."""
    blocks = []
    for code, level in zip(_lookups(step, graph, source), step.levels, strict=True):
        same = graph.add("Equal", [code, graph.constant(np.arange(level)[None, :])])
        blocks.append(graph.add("Cast", [same], to=TensorProto.FLOAT))
    return graph.join(blocks)


def _lookups(step: Any, graph: Graph, source: str) -> list[str]:
    found = []
    for number, kept in enumerate(step.categories):
        column = graph.add("Gather", [source, graph.constant([number], np.int64)], axis=1)
        found.append(
            graph.add(
                "LabelEncoder",
                [column],
                domain="ai.onnx.ml",
                # an empty table is refused: one entry that says what unknown says
                keys_strings=kept or [""],
                values_floats=[float(i + 1) for i in range(len(kept))] or [0.0],
                default_float=0.0,
            )
        )
    return found


def _flags(step: Any, graph: Graph, missing: str) -> list[str]:
    if not len(step.flagged_):
        return []
    picked = graph.add("Gather", [missing, graph.constant(step.flagged_, np.int64)], axis=1)
    return [graph.add("Cast", [picked], to=TensorProto.FLOAT)]

"""A blend: each member's graph on its own columns, their answers averaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.onnxgraph import Graph


def blend(model: Any, graph: Graph, source: str) -> str:
    """Weighted mean of probabilities or values."""
    total = ""
    for weight, said in members(model, graph, source):
        weighted = graph.add("Mul", [said, graph.constant(weight)])
        total = graph.add("Add", [total, weighted]) if total else weighted
    return total


def members(model: Any, graph: Graph, source: str) -> Iterator[tuple[float, str]]:
    """Weight and output of each member that has a weight."""
    # at the time of the call: the registry knows this module
    from workbench.packaging.converter import converter_of

    for member, weight, (a, b) in zip(model.members_, model.weights_, model.slices(), strict=True):
        if member is not None:
            yield float(weight), converter_of(member)(member, graph, columns(graph, source, a, b))


def columns(graph: Graph, source: str, start: int, stop: int) -> str:
    """Some columns of a matrix."""
    ends = [graph.constant([place], np.int64) for place in (start, stop, 1)]
    return graph.add("Slice", [source, *ends])

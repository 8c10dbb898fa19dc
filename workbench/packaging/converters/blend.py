"""A blend: each member's graph on its own columns, their answers averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.onnxgraph import Graph


def blend(model: Any, graph: Graph, source: str) -> str:
    """Weighted mean of probabilities or values."""
    # at the time of the call: the registry knows this module
    from workbench.packaging.converter import converter_of

    starts = (0, *model.stops[:-1])
    total = ""
    for member, weight, a, b in zip(
        model.members_, model.weights_, starts, model.stops, strict=True
    ):
        if member is None:
            continue
        ends = [graph.constant([place], np.int64) for place in (a, b, 1)]
        said = converter_of(member)(member, graph, graph.add("Slice", [source, *ends]))
        weighted = graph.add("Mul", [said, graph.constant(weight)])
        total = graph.add("Add", [total, weighted]) if total else weighted
    return total

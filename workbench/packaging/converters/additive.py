"""Tables of an explainable boosting machine, as trees: each finds its bin by halving.

``TreeEnsembleRegressor`` is the quickest lookup that ONNX has, and compares float32 with float32 as
the tables do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from workbench.onnxgraph import Graph
from workbench.packaging.converters.trees import both, ensemble
from workbench.trees import Tree

LARGEST = np.float32(np.finfo(np.float32).max)  # what is not below it is missing


def classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the sum."""
    margin = _sum(model, graph, source)
    if len(model.base_) == 1:
        return both(graph, graph.add("Sigmoid", [margin]))
    return graph.add("Softmax", [margin], axis=1)


def regressor(model: Any, graph: Graph, source: str) -> str:
    """The sum."""
    return _sum(model, graph, source)


def _sum(model: Any, graph: Graph, source: str) -> str:
    trees = [
        _tree(term, cuts, scores)
        for term, cuts, scores in zip(model.terms_, model.cuts_, model.scores_, strict=True)
    ]
    base = graph.constant(model.base_)
    return graph.add("Add", [ensemble(graph, source, trees, len(model.base_)), base])


class _Node(NamedTuple):
    feature: int
    threshold: float
    left: int
    right: int
    value: Any


def _tree(term: tuple[int, ...], cuts: list[np.ndarray], scores: np.ndarray) -> Tree:
    """One term: missing or not, then which bin, column after column."""
    nodes: list[_Node] = []
    none = np.zeros(scores.shape[-1])

    def inner(feature: int, threshold: float, left: Any, right: Any) -> int:
        place = len(nodes)
        nodes.append(_Node(feature, threshold, -1, -1, none))
        nodes[place] = _Node(feature, threshold, left(), right(), none)
        return place

    def leaf(table: np.ndarray) -> int:
        nodes.append(_Node(0, 0.0, -1, -1, table))
        return len(nodes) - 1

    def column(depth: int, table: np.ndarray) -> int:
        """The tree of the columns from ``depth`` on, within what is left of the table."""
        if depth == len(term):
            return leaf(table)
        own = cuts[depth]

        def between(low: int, high: int) -> int:
            """Bins ``low`` to ``high``; cut ``k`` parts bins ``k + 1`` and ``k + 2``."""
            if low == high:
                return column(depth + 1, table[low])
            middle = (low + high) // 2
            below = float(np.nextafter(own[middle - 1], np.float32(-np.inf)))
            return inner(
                term[depth],
                below,
                lambda: between(low, middle),
                lambda: between(middle + 1, high),
            )

        return inner(
            term[depth],
            float(LARGEST),
            lambda: between(1, len(own) + 1),
            lambda: column(depth + 1, table[0]),
        )

    column(0, scores)
    return Tree(
        feature=np.array([n.feature for n in nodes]),
        threshold=np.array([n.threshold for n in nodes], np.float64),
        left=np.array([n.left for n in nodes]),
        right=np.array([n.right for n in nodes]),
        missing_left=np.zeros(len(nodes), bool),
        value=np.array([n.value for n in nodes]),
        cover=np.ones(len(nodes)),
    )

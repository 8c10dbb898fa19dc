"""Small models of many roots: the baseline, naive Bayes, nearest neighbours, support vectors.

All but the baseline reckon in double: distances and log-likelihoods are differences of large
numbers, and with seven digits neighbours change places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.core.errors import UsageError
from workbench.onnxgraph import Graph

DOUBLE = np.float64


def dummy_classifier(model: Any, graph: Graph, source: str) -> str:
    """The same shares for every row."""
    if model.strategy != "prior":
        raise UsageError(
            f"A baseline with the strategy {model.strategy!r} draws its answers; ONNX cannot.",
            "Use strategy='prior'.",
        )
    return _same(graph, source, model.class_prior_)


def dummy_regressor(model: Any, graph: Graph, source: str) -> str:
    """The same value for every row."""
    return _same(graph, source, np.ravel(model.constant_))


def bayes(model: Any, graph: Graph, source: str) -> str:
    """Log prior and likelihoods, added up and normalised."""
    width = model.n_features_in_ - len(model.levels)
    parts = []
    if width:
        parts.append(_gaussian(model, graph, _double(graph, _slice(graph, source, width))))
    for place, table in enumerate(model.tables_):
        column = graph.constant(width + place, np.int64)
        code = graph.add("Gather", [source, column], axis=1)
        whole = graph.add("Cast", [code], to=TensorProto.INT64)
        parts.append(graph.add("Gather", [graph.constant(table, DOUBLE), whole]))
    evidence = graph.constant(model.constant_, DOUBLE)
    for part in parts:
        evidence = graph.add("Add", [part, evidence])
    return _float(graph, graph.add("Softmax", [evidence], axis=1))


def _gaussian(model: Any, graph: Graph, numbers: str) -> str:
    """(rows, classes): half the squared distances from each class's mean, negated."""
    columns = []
    for mean, variance in zip(model.mean_, model.variance_, strict=True):
        apart = graph.add("Sub", [numbers, graph.constant(mean, DOUBLE)])
        squared = graph.add("Mul", [apart, apart])
        factor = graph.constant((-0.5 / variance)[:, None], DOUBLE)
        columns.append(graph.add("MatMul", [squared, factor]))
    return graph.join(columns)


def nearest(model: Any, graph: Graph, source: str) -> str:
    """Mean of the nearest rows' values; of equally near ones TopK, too, takes the earlier."""
    rows = _double(graph, source)
    product = graph.add("MatMul", [rows, graph.constant(model.rows_.T, DOUBLE)])
    twice = graph.add("Mul", [product, graph.constant(2.0, DOUBLE)])
    far = graph.add("Sub", [graph.constant(model.lengths_, DOUBLE), twice])
    count = min(model.neighbors, len(model.rows_))
    picked = graph.smallest(far, count)
    values = graph.add("Gather", [graph.constant(model.values_, DOUBLE), picked])
    mean = graph.add("ReduceMean", [values, graph.constant([1], np.int64)], keepdims=0)
    return _float(graph, mean)


def vector_classifier(model: Any, graph: Graph, source: str) -> str:
    """Margins through sigmoids, shares summed to 1."""
    scaled = graph.add("Mul", [_margins(model, graph, source), _of(graph, model.slope_)])
    share = graph.add("Sigmoid", [graph.add("Add", [scaled, _of(graph, model.offset_)])])
    if len(model.intercept_) == 1:
        other = graph.add("Sub", [_of(graph, 1.0), share])
        return _float(graph, graph.join([other, share]))
    share = graph.add("Add", [share, _of(graph, 1e-12)])
    total = graph.add("ReduceSum", [share, graph.constant([1], np.int64)], keepdims=1)
    return _float(graph, graph.add("Div", [share, total]))


def vector_regressor(model: Any, graph: Graph, source: str) -> str:
    """The margin on the target's own scale."""
    scaled = graph.add("Mul", [_margins(model, graph, source), _of(graph, model.scale_)])
    return _float(graph, graph.add("Add", [scaled, _of(graph, model.shift_)]))


def _margins(model: Any, graph: Graph, source: str) -> str:
    rows, vectors = _double(graph, source), model.vectors_
    squares = graph.add("Mul", [rows, rows])
    own = graph.add("ReduceSum", [squares, graph.constant([1], np.int64)], keepdims=1)
    product = graph.add("MatMul", [rows, _of(graph, vectors.T)])
    far = graph.add("Sub", [own, graph.add("Mul", [product, _of(graph, 2.0)])])
    far = graph.add("Add", [far, _of(graph, np.einsum("ij,ij->i", vectors, vectors))])
    far = graph.add("Max", [far, _of(graph, 0.0)])
    kernel = graph.add("Exp", [graph.add("Mul", [far, _of(graph, -model.gamma)])])
    margin = graph.add("MatMul", [kernel, _of(graph, model.coef_)])
    return graph.add("Add", [margin, _of(graph, model.intercept_)])


def _same(graph: Graph, source: str, values: Any) -> str:
    """``values`` for each row of ``source``, whatever is in it."""
    shape = graph.add("Shape", [source])
    rows = graph.add("Gather", [shape, graph.constant([0], np.int64)])
    wide = graph.add("Concat", [rows, graph.constant([np.size(values)], np.int64)], axis=0)
    return graph.add("Expand", [graph.constant(np.reshape(values, (1, -1))), wide])


def _slice(graph: Graph, source: str, width: int) -> str:
    ends = [graph.constant([place], np.int64) for place in (0, width, 1)]
    return graph.add("Slice", [source, *ends])


def _of(graph: Graph, values: Any) -> str:
    return graph.constant(values, DOUBLE)


def _double(graph: Graph, value: str) -> str:
    return graph.add("Cast", [value], to=TensorProto.DOUBLE)


def _float(graph: Graph, value: str) -> str:
    return graph.add("Cast", [value], to=TensorProto.FLOAT)

"""A stack: each member's graph on its own columns, weighed and put together in double."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge

from workbench.onnxgraph import Graph
from workbench.packaging.converters.blend import columns

DOUBLE = np.float64
LEAST, GRID = 1e-5, 2.0**20  # as training.stack has them


def classifier(model: Any, graph: Graph, source: str) -> str:
    """The softmax of weighted log-probabilities."""
    total = graph.constant(model.offset_, DOUBLE)
    for weight, answers in _answers(model, graph, source):
        for said in answers:
            ends = [graph.constant(end, DOUBLE) for end in (LEAST, 1.0)]
            logs = graph.add("Log", [graph.add("Clip", [said, *ends])])
            weighted = graph.add("Mul", [logs, graph.constant(weight, DOUBLE)])
            total = graph.add("Add", [total, weighted])
    pooled = graph.add("Softmax", [total], axis=1)
    return graph.add("Cast", [pooled], to=TensorProto.FLOAT)


def regressor(model: Any, graph: Graph, source: str) -> str:
    """The weighted sum of values."""
    total = ""
    for weight, answers in _answers(model, graph, source):
        for said in answers:
            weighted = graph.add("Mul", [said, graph.constant(weight, DOUBLE)])
            total = graph.add("Add", [total, weighted]) if total else weighted
    if model.middle_:
        total = graph.add("Add", [total, graph.constant(model.middle_, DOUBLE)])
    return graph.add("Cast", [total], to=TensorProto.FLOAT)


def _answers(model: Any, graph: Graph, source: str) -> Iterator[tuple[float, list[str]]]:
    """Of each member with a weight what its fits say, in double, and the weight of each of them."""
    # at the time of the call: the registry knows this module
    from workbench.packaging.converter import converter_of

    told = ""
    for number, layer in enumerate(model.layered(), start=1):
        means = []
        for start in range(0, len(layer), model.fits):
            group = layer[start : start + model.fits]
            fits = _joint([member for member, *_ in group])
            _, weight, place = group[0]
            part = columns(graph, source, *place) if fits else ""
            if fits and told:
                part = graph.add("Concat", [told, part], axis=1)
            said = [converter_of(one)(one, graph, part) for one in fits]
            wide = [graph.add("Cast", [one], to=TensorProto.DOUBLE) for one in said]
            if fits and weight > 0:
                yield float(weight) * len(group) / len(fits), wide
            if number < model.layers:
                means.append(_mean(graph, wide))
        if number < model.layers:
            told = _told(model, graph, means)


def _mean(graph: Graph, said: Sequence[str]) -> str:
    total = said[0]
    for one in said[1:]:
        total = graph.add("Add", [total, one])
    return graph.add("Div", [total, graph.constant(float(len(said)), DOUBLE)])


def _told(model: Any, graph: Graph, means: Sequence[str]) -> str:
    """As the stack's ``told``: columns for the next layer."""
    if isinstance(model, RegressorMixin):
        low, high, spread = (
            graph.constant(float(v), DOUBLE) for v in (*model.ends_, model.spread_)
        )
        clipped = [graph.add("Clip", [mean, low, high]) for mean in means]
        heard = [graph.add("Div", [one, spread]) for one in clipped]
    elif len(model.offset_) == 2:
        heard = [columns(graph, mean, 1, 2) for mean in means]
    else:
        heard = list(means)
    steps = graph.constant(GRID, DOUBLE)
    scaled = graph.add("Mul", [graph.add("Concat", heard, axis=1), steps])
    told = graph.add("Div", [graph.add("Round", [scaled]), steps])
    return graph.add("Cast", [told], to=TensorProto.FLOAT)


def _joint(fits: Sequence[Any]) -> list[Any]:
    """The fits of a member that were kept; of linear ones of values the mean of them.

    Far outside the data the fits of the folds may say large values of both signs, whose sum float32
    would not hold.
    """
    kept = [one for one in fits if one is not None]
    if not kept or not all(isinstance(one, Ridge) for one in kept):
        return kept
    mean = Ridge()
    mean.coef_ = np.mean([np.ravel(one.coef_) for one in kept], axis=0)
    mean.intercept_ = np.mean([np.ravel(one.intercept_) for one in kept], axis=0)
    return [mean]

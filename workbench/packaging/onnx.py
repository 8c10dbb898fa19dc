"""A whole pipeline, preparation included, as one ONNX graph."""

from __future__ import annotations

import onnx
from sklearn.pipeline import Pipeline

from workbench.core.signature import Signature
from workbench.encoding import inputs
from workbench.packaging.converter import converter_of
from workbench.packaging.graph import Graph


def to_onnx(pipeline: Pipeline, signature: Signature) -> bytes:
    """The ONNX form of a fitted pipeline, from encoded columns to scores.

    Its inputs are those of :func:`workbench.encoding.inputs`, each (rows, 1); its only output
    ``scores`` holds probabilities (rows, classes) or values (rows, 1). Labels are left to
    :func:`workbench.encoding.decide`. That it converts is no proof that it is right: see
    :func:`workbench.packaging.parity.parity`.

    Raises
    ------
    UsageError
        A part of the pipeline cannot be converted; it is named.
    """
    graph = Graph("pipeline")
    for item in inputs(signature):
        graph.input(item.name, item.kind)
    prepared = graph.join(
        [
            converter_of(step)(step, graph, graph.join(names))
            for _, step, names in pipeline.named_steps["prepare"].transformers_
            if names and not isinstance(step, str)
        ]
    )
    model = pipeline.named_steps["model"]
    scores = converter_of(model)(model, graph, prepared)
    width = len(signature.classes) if signature.task != "regression" else 1
    made = graph.finish(scores, width)
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString())

"""A whole pipeline, preparation included, as one ONNX graph."""

from __future__ import annotations

from typing import Any

import onnx
from onnx.checker import ValidationError
from sklearn.pipeline import Pipeline

from workbench.core.errors import UsageError
from workbench.core.signature import Signature
from workbench.encoding import inputs
from workbench.onnxgraph import Graph
from workbench.packaging.converter import converter_of
from workbench.packaging.converters import foreign


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
    model = pipeline.named_steps["model"]
    if hasattr(model, "graph_"):  # an ONNX file that was adopted: the very bytes that the run asks
        return bytes(model.graph_)
    graph = Graph("pipeline")
    values = {item.name: graph.input(item.name, item.kind) for item in inputs(signature)}
    if hasattr(model, "model_"):  # a scikit-learn pipeline that was adopted, on columns by name
        scores = foreign.draw(model, graph, values)
    else:
        scores = converter_of(model)(model, graph, _prepared(pipeline, graph, values))
    width = len(signature.classes) if signature.task != "regression" else 1
    made = graph.finish(scores, width)
    try:
        onnx.checker.check_model(made)
    except ValidationError as error:
        raise UsageError(
            f"{type(model).__name__} cannot be exported to ONNX: its graph is not valid.",
            "Train another family.",
        ) from error
    return bytes(made.SerializeToString())


def _prepared(pipeline: Pipeline, graph: Graph, values: dict[str, str]) -> str:
    """The matrix that the model takes."""
    derive = pipeline.named_steps.get("derive")
    if derive is not None:
        _features(derive, graph, values)
    return graph.join(
        [
            converter_of(step)(step, graph, graph.join([values[name] for name in names]))
            for _, step, names in pipeline.named_steps["prepare"].transformers_
            if names and not isinstance(step, str)
        ]
    )


def _features(derive: Any, graph: Graph, values: dict[str, str]) -> None:
    """Draw the features one after another; each may be made from those before it."""
    for step, layout in zip(derive.steps_, derive.layouts, strict=True):
        if not step.exact:
            raise UsageError(
                f"The feature step {type(step).__name__} has no ONNX form.",
                "Train without it to export, or serve the model with MLflow.",
            )
        source = graph.join([values[name] for name in layout.decides])
        if layout.makes:
            drawn = converter_of(step)(step, graph, source)
            values |= zip(layout.makes, graph.part(drawn, len(layout.makes)), strict=True)

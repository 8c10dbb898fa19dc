"""Any other scikit-learn estimator, through skl2onnx.

skl2onnx converts many things, some of them wrongly and without a word (native categories, say): it
is the parity gate that tells. Its one fault that is mended here is an attribute that protobuf 7
refuses: histogram boosting says where missing values go by a boolean, not by a whole number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import skl2onnx.common.tree_ensemble as trees
import skl2onnx.operator_converters.gradient_boosting as boosting
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier

from workbench.core.errors import UsageError
from workbench.packaging.graph import OPSETS, Graph

TRACKS = "nodes_missing_value_tracks_true"


def convert(fitted: Any, graph: Graph, source: str) -> str:
    """Probabilities of a classifier, values of a regressor, the output of a step."""
    shape = FloatTensorType([None, int(fitted.n_features_in_)])
    options = {id(fitted): {"zipmap": False}} if is_classifier(fitted) else None
    try:
        with _whole_numbers():
            made = to_onnx(
                fitted, initial_types=[("source", shape)], options=options, target_opset=OPSETS
            )
    except (MissingConverter, MissingShapeCalculator, NotImplementedError) as error:
        raise UsageError(
            f"{type(fitted).__name__} cannot be exported to ONNX.",
            "Train another family, or register a converter for it (workbench.converter).",
        ) from error
    output = made.graph.output[-1].name
    return graph.absorb(made, "source", source, output)


@contextlib.contextmanager
def _whole_numbers() -> Iterator[None]:
    """Histogram boosting's booleans as whole numbers, for the time of one conversion."""
    original = trees.add_node

    def add_node(*arguments: Any, **named: Any) -> Any:
        if TRACKS in named:
            named[TRACKS] = int(bool(named[TRACKS]))
        return original(*arguments, **named)

    holders = [m for m in (trees, boosting) if getattr(m, "add_node", None) is original]
    for module in holders:
        module.add_node = add_node
    try:
        yield
    finally:
        for module in holders:
            module.add_node = original

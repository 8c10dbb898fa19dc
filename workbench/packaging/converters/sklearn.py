"""Any other scikit-learn estimator, through skl2onnx.

skl2onnx converts many things, some of them wrongly and without a word (native categories, say): it
is the parity gate that tells. Two faults of its trees are mended here: thresholds of histogram
boosting are rounded to nearest (rows on them flip), and where missing values go is said by a
boolean, which protobuf 7 refuses.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import skl2onnx.common.tree_ensemble as trees
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator
from sklearn.base import is_classifier

from workbench.core.errors import UsageError
from workbench.onnxgraph import OPSETS, Graph
from workbench.packaging.converters.trees import floor32

MODE, THRESHOLD = 6, 7  # places among the arguments of skl2onnx's add_node
TRACKS = "nodes_missing_value_tracks_true"


def convert(fitted: Any, graph: Graph, source: str) -> str:
    """Probabilities of a classifier, values of a regressor, the output of a step."""
    shape = FloatTensorType([None, int(fitted.n_features_in_)])
    options = {id(fitted): {"zipmap": False}} if is_classifier(fitted) else None
    try:
        with _mended():
            made = to_onnx(
                fitted,
                initial_types=[("source", shape)],
                options=options,
                target_opset=OPSETS,
            )
    except (MissingConverter, MissingShapeCalculator, NotImplementedError) as error:
        raise UsageError(
            f"{type(fitted).__name__} cannot be exported to ONNX.",
            "Train another family, or register a converter for it (workbench.converter).",
        ) from error
    output = made.graph.output[-1].name
    return graph.absorb(made, "source", source, output)


@contextlib.contextmanager
def _mended() -> Iterator[None]:
    """skl2onnx's trees with thresholds rounded down and missing values told by whole numbers."""
    original = trees.add_node

    def add_node(*arguments: Any, **named: Any) -> Any:
        given = list(arguments)
        if given[MODE] == "BRANCH_LEQ":
            given[THRESHOLD] = float(floor32(given[THRESHOLD]))
        if TRACKS in named:
            named[TRACKS] = int(bool(named[TRACKS]))
        return original(*given, **named)

    trees.add_node = add_node
    try:
        yield
    finally:
        trees.add_node = original

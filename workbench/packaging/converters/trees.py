"""Tree ensembles: forests and histogram boosting of scikit-learn, LightGBM, XGBoost.

Most compare a float32 value with a double threshold, while ONNX keeps thresholds as float32. So
they are rounded *down*: for any float32 ``x``, ``x <= t`` says the same as ``x <= floor32(t)``.
Rounding to nearest flips the rows that lie on a threshold. What each library asks is read in
:mod:`workbench.trees`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.onnxgraph import Graph
from workbench.trees import (
    Tree,
    catboost,
    floor32,
    forest,
    histograms,
    lightgbm,
    read,
    readable,
    xgboost,
)

CONVERTIBLE = {
    "binary",
    "multiclass",
    "regression",
    "regression_l1",
    "huber",
    "quantile",
}


def forest_classifier(model: Any, graph: Graph, source: str) -> str:
    """Mean of the trees' class shares."""
    if len(model.classes_) == 2:  # the second share says the first: half the numbers
        share = ensemble(graph, source, forest(model, slice(1, 2)).trees, 1)
        return both(graph, share)
    return ensemble(graph, source, forest(model).trees, len(model.classes_))


def forest_regressor(model: Any, graph: Graph, source: str) -> str:
    """Mean of the trees."""
    return ensemble(graph, source, forest(model).trees, 1)


def lightgbm_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the sum of the trees."""
    trees, objective = _boosted(model)
    if objective[0] == "binary":
        margin = ensemble(graph, source, trees, 1)
        steepness = next((float(o[8:]) for o in objective if o.startswith("sigmoid:")), 1.0)
        if steepness != 1.0:
            margin = graph.add("Mul", [margin, graph.constant(steepness)])
        return both(graph, graph.add("Sigmoid", [margin]))
    margin = ensemble(graph, source, trees, int(model.n_classes_))
    return graph.add("Softmax", [margin], axis=1)


def lightgbm_regressor(model: Any, graph: Graph, source: str) -> str:
    """Sum of the trees."""
    return ensemble(graph, source, _boosted(model)[0], 1)


def histogram_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the baseline and the sum of the trees."""
    trees, base, *_ = histograms(model)
    margin = ensemble(graph, source, trees, len(base))
    margin = graph.add("Add", [margin, graph.constant(base)])
    if len(base) == 1:
        return both(graph, graph.add("Sigmoid", [margin]))
    return graph.add("Softmax", [margin], axis=1)


def histogram_regressor(model: Any, graph: Graph, source: str) -> str:
    """The baseline and the sum of the trees."""
    if model.loss not in ("squared_error", "absolute_error", "quantile"):
        raise UsageError(
            f"Histogram boosting with the loss {model.loss!r} cannot be exported.",
            "Use squared_error, absolute_error or quantile.",
        )
    trees, base, *_ = histograms(model)
    return graph.add("Add", [ensemble(graph, source, trees, 1), graph.constant(base)])


def xgboost_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the sum of the trees."""
    trees, base, *_ = xgboost(model)
    margin = ensemble(graph, source, trees, len(base))
    margin = graph.add("Add", [margin, graph.constant(base)])
    if len(base) == 1:
        return both(graph, graph.add("Sigmoid", [margin]))
    return graph.add("Softmax", [margin], axis=1)


def xgboost_regressor(model: Any, graph: Graph, source: str) -> str:
    """Sum of the trees."""
    trees, base, _, objective = xgboost(model)
    if objective not in ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"):
        raise UsageError(
            f"XGBoost with the objective {objective!r} cannot be exported.",
            "Use reg:squarederror.",
        )
    return graph.add("Add", [ensemble(graph, source, trees, 1), graph.constant(base)])


def catboost_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the bias and the sum of the trees."""
    trees, base, *_ = catboost(model)
    margin = ensemble(graph, source, trees, len(base))
    margin = graph.add("Add", [margin, graph.constant(base)])
    if len(base) == 1:
        return both(graph, graph.add("Sigmoid", [margin]))
    return graph.add("Softmax", [margin], axis=1)


def catboost_regressor(model: Any, graph: Graph, source: str) -> str:
    """The bias and the sum of the trees."""
    trees, base, *_ = catboost(model)
    return graph.add("Add", [ensemble(graph, source, trees, 1), graph.constant(base)])


def thresholds(model: Any) -> dict[int, np.ndarray]:
    """Per input column of a tree model the thresholds that it asks for; empty for other models."""
    found: dict[int, list[np.ndarray]] = {}
    for start, told, member in _members(model):
        for column, asked in _asked(member):
            if column >= told:
                found.setdefault(start + column - told, []).append(asked)
    return {column: np.unique(np.concatenate(parts)) for column, parts in found.items()}


def _asked(model: Any) -> Iterator[tuple[int, np.ndarray]]:
    """The thresholds of a model that holds no others, column by column."""
    yield from _table_cuts(model)
    for tree in read(model).trees if readable(model) else ():
        inner = tree.left >= 0
        for column in np.unique(tree.feature[inner]):
            yield int(column), tree.threshold[inner & (tree.feature == column)]


def _table_cuts(model: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Of an explainable boosting machine the largest number below each cut, column by column."""
    for term, cuts in zip(getattr(model, "terms_", ()), getattr(model, "cuts_", ()), strict=True):
        for column, own in zip(term, cuts, strict=True):
            yield column, np.nextafter(own, np.float32(-np.inf)).astype(np.float64)


def _members(model: Any) -> list[tuple[int, int, Any]]:
    """The model or those that it holds.

    Each with the first of its columns, and how many others it was told before these.
    """
    if not hasattr(model, "members_"):
        return [(0, 0, model)]
    if not hasattr(model, "slices"):
        return [(0, 0, m) for m in model.members_]
    if hasattr(model, "layered"):
        layers = enumerate(model.layered())
        held = [(a, model.width if k else 0, m) for k, layer in layers for m, _, (a, _) in layer]
    else:
        held = [(a, 0, m) for (a, _), m in zip(model.slices(), model.members_, strict=True)]
    return [one for one in held if one[2] is not None]


def ensemble(graph: Graph, source: str, trees: Sequence[Tree], width: int) -> str:
    """One node that sums what the trees say, (rows, width)."""
    sizes = [len(t.feature) for t in trees]
    owner = np.repeat(np.arange(len(trees)), sizes)
    node = np.concatenate([np.arange(n) for n in sizes])
    left = np.concatenate([t.left for t in trees])
    leaf = left < 0
    modes = np.where(leaf, b"LEAF", b"BRANCH_LEQ")
    feature = np.where(leaf, 0, np.concatenate([t.feature for t in trees]))
    threshold = np.where(leaf, 0, floor32(np.concatenate([t.threshold for t in trees])))
    right = np.concatenate([t.right for t in trees])
    missing = np.concatenate([t.missing_left for t in trees]) & ~leaf
    each = trees[0].value.shape[1]
    first = np.repeat([t.target for t in trees], sizes)[leaf]
    value = np.concatenate([t.value for t in trees])[leaf].astype(np.float32)
    return graph.add(
        "TreeEnsembleRegressor",
        [source],
        domain="ai.onnx.ml",
        n_targets=width,
        nodes_treeids=owner.tolist(),
        nodes_nodeids=node.tolist(),
        nodes_featureids=feature.tolist(),
        nodes_modes=modes.tolist(),
        nodes_values=threshold.astype(np.float32).tolist(),
        nodes_truenodeids=np.where(leaf, 0, left).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, right).tolist(),
        nodes_missing_value_tracks_true=missing.astype(int).tolist(),
        target_treeids=np.repeat(owner[leaf], each).tolist(),
        target_nodeids=np.repeat(node[leaf], each).tolist(),
        target_ids=(first[:, None] + np.arange(each)).ravel().tolist(),
        target_weights=value.ravel().tolist(),
    )


def _boosted(model: Any) -> tuple[list[Tree], list[str]]:
    """The trees of a LightGBM model, and the words of its objective."""
    found = lightgbm(model)
    objective = found.objective.split()
    if objective[0] not in CONVERTIBLE:
        raise UsageError(
            f"LightGBM with the objective {found.objective!r} cannot be exported.",
            f"These can: {', '.join(sorted(CONVERTIBLE))}.",
        )
    return found.trees, objective


def both(graph: Graph, second: str) -> str:
    """Probabilities of two classes from that of the second."""
    first = graph.add("Sub", [graph.constant(1.0), second])
    return graph.join([first, second])

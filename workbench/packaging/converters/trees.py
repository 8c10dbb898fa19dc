"""Tree ensembles: forests and histogram boosting of scikit-learn, LightGBM, XGBoost.

Most compare a float32 value with a double threshold, while ONNX keeps thresholds as float32. So
they are rounded *down*: for any float32 ``x``, ``x <= t`` says the same as ``x <= floor32(t)``.
Rounding to nearest flips the rows that lie on a threshold. XGBoost asks ``x < t`` in float32, which
is ``x <=`` the number before ``t``. Where missing values go is part of each node, and differs
between the libraries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.packaging.graph import Graph

CONVERTIBLE = {
    "binary",
    "multiclass",
    "regression",
    "regression_l1",
    "huber",
    "quantile",
}


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes; ``left < 0`` marks a leaf."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray  # (nodes, targets): what a leaf adds to each target
    target: int = 0  # number of the first of those targets


ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold


def floor32(values: np.ndarray) -> np.ndarray:
    """The largest float32 numbers that are not above ``values``."""
    wide = np.asarray(values, np.float64)
    with np.errstate(over="ignore"):  # LightGBM parts missing from present values at 1e308
        narrow = wide.astype(np.float32)
    return np.where(narrow > wide, np.nextafter(narrow, np.float32(-np.inf)), narrow)


def forest_classifier(model: Any, graph: Graph, source: str) -> str:
    """Mean of the trees' class shares."""
    if len(model.classes_) == 2:  # the second share says the first: half the numbers
        share = ensemble(graph, source, _forest(model, slice(1, 2)), 1)
        return both(graph, share)
    return ensemble(graph, source, _forest(model, slice(None)), len(model.classes_))


def forest_regressor(model: Any, graph: Graph, source: str) -> str:
    """Mean of the trees."""
    return ensemble(graph, source, _forest(model, slice(None)), 1)


def lightgbm_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the sum of the trees."""
    trees, objective = boosted(model)
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
    return ensemble(graph, source, boosted(model)[0], 1)


def histogram_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the baseline and the sum of the trees."""
    base = np.ravel(model._baseline_prediction)  # noqa: SLF001
    margin = ensemble(graph, source, histograms(model), len(base))
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
    margin = ensemble(graph, source, histograms(model), 1)
    base = np.ravel(model._baseline_prediction)  # noqa: SLF001
    return graph.add("Add", [margin, graph.constant(base)])


def xgboost_classifier(model: Any, graph: Graph, source: str) -> str:
    """Sigmoid or softmax of the sum of the trees."""
    trees, base, _ = xgboosted(model)
    margin = ensemble(graph, source, trees, len(base))
    margin = graph.add("Add", [margin, graph.constant(base)])
    if len(base) == 1:
        return both(graph, graph.add("Sigmoid", [margin]))
    return graph.add("Softmax", [margin], axis=1)


def xgboost_regressor(model: Any, graph: Graph, source: str) -> str:
    """Sum of the trees."""
    trees, base, objective = xgboosted(model)
    if objective not in ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"):
        raise UsageError(
            f"XGBoost with the objective {objective!r} cannot be exported.",
            "Use reg:squarederror.",
        )
    return graph.add("Add", [ensemble(graph, source, trees, 1), graph.constant(base)])


def thresholds(model: Any) -> dict[int, np.ndarray]:
    """Per input column of a tree model the thresholds that it asks for; empty for other models."""
    readers: dict[str, Callable[[Any], Iterable[Tree]]] = {
        "RandomForest": lambda m: _forest(m, slice(None)),
        "ExtraTrees": lambda m: _forest(m, slice(None)),
        "HistGradientBoosting": histograms,
        "LGBM": lambda m: boosted(m)[0],
        "XGB": lambda m: xgboosted(m)[0],
    }
    found: dict[int, list[np.ndarray]] = {}
    for start, member in _members(model):
        reader = next((r for n, r in readers.items() if type(member).__name__.startswith(n)), None)
        for tree in reader(member) if reader else ():
            inner = tree.left >= 0
            for column in np.unique(tree.feature[inner]):
                asked = tree.threshold[inner & (tree.feature == column)]
                found.setdefault(start + int(column), []).append(asked)
    return {column: np.unique(np.concatenate(parts)) for column, parts in found.items()}


def _members(model: Any) -> list[tuple[int, Any]]:
    """The model, or the members of a blend, each with the first of its columns."""
    if not hasattr(model, "members_"):
        return [(0, model)]
    starts = (0, *model.stops[:-1])
    return [(a, m) for a, m in zip(starts, model.members_, strict=True) if m is not None]


def ensemble(graph: Graph, source: str, trees: Sequence[Tree] | Iterator[Tree], width: int) -> str:
    """One node that sums what the trees say, (rows, width)."""
    kept = list(trees)
    sizes = [len(t.feature) for t in kept]
    owner = np.repeat(np.arange(len(kept)), sizes)
    node = np.concatenate([np.arange(n) for n in sizes])
    left = np.concatenate([t.left for t in kept])
    leaf = left < 0
    modes = np.where(leaf, b"LEAF", b"BRANCH_LEQ")
    feature = np.where(leaf, 0, np.concatenate([t.feature for t in kept]))
    threshold = np.where(leaf, 0, floor32(np.concatenate([t.threshold for t in kept])))
    right = np.concatenate([t.right for t in kept])
    missing = np.concatenate([t.missing_left for t in kept]) & ~leaf
    each = kept[0].value.shape[1]
    first = np.repeat([t.target for t in kept], sizes)[leaf]
    value = np.concatenate([t.value for t in kept])[leaf].astype(np.float32)
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


def boosted(model: Any) -> tuple[list[Tree], list[str]]:
    """The trees of a LightGBM model up to its best round, and the words of its objective."""
    booster = model.booster_
    best = model.best_iteration_ or booster.current_iteration()
    dumped = booster.dump_model(num_iteration=best)
    objective = dumped["objective"].split()
    if objective[0] not in CONVERTIBLE or dumped.get("average_output"):
        raise UsageError(
            f"LightGBM with the objective {dumped['objective']!r} cannot be exported.",
            f"These can: {', '.join(sorted(CONVERTIBLE))}.",
        )
    per_round = dumped["num_tree_per_iteration"]
    trees = [
        _boosted_tree(info["tree_structure"], number % per_round)
        for number, info in enumerate(dumped["tree_info"])
    ]
    return trees, objective


def histograms(model: Any) -> Iterator[Tree]:
    """The trees of a model of histogram boosting, as its prediction on raw numbers walks them."""
    for round_ in model._predictors:  # noqa: SLF001
        for target, predictor in enumerate(round_):
            nodes = predictor.nodes
            if nodes["is_categorical"].any():
                raise UsageError(
                    "This model splits on native categories, which ONNX does not know.",
                    "Train it without categorical_features.",
                )
            leaf = nodes["is_leaf"].astype(bool)
            yield Tree(
                feature=nodes["feature_idx"].astype(np.int64),
                threshold=nodes["num_threshold"],
                left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                missing_left=nodes["missing_go_to_left"].astype(bool),
                value=nodes["value"][:, None],
                target=target,
            )


def xgboosted(model: Any) -> tuple[list[Tree], np.ndarray, str]:
    """The trees of an XGBoost model, what each margin starts from, and the objective."""
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    booster = learner["gradient_booster"]["model"]
    trees = [
        _xgboost_tree(tree, target)
        for tree, target in zip(booster["trees"], booster["tree_info"], strict=True)
    ]
    objective = str(learner["objective"]["name"])
    told = learner["learner_model_param"]["base_score"]
    base = np.atleast_1d(np.asarray(json.loads(told), dtype=np.float64))
    if objective == "binary:logistic":
        base = np.log(base / (1 - base))
    width = max(booster["tree_info"], default=0) + 1
    return trees, np.broadcast_to(base, width).copy(), objective


def _xgboost_tree(tree: dict[str, Any], target: int) -> Tree:
    if any(tree["split_type"]):
        raise UsageError(
            "This XGBoost model splits on native categories, which ONNX does not know.",
            "Train it without enable_categorical.",
        )
    left = np.asarray(tree["left_children"], np.int64)
    told = np.asarray(tree["split_conditions"], np.float32)
    return Tree(
        feature=np.asarray(tree["split_indices"], np.int64),
        threshold=np.where(left < 0, 0, np.nextafter(told, np.float32(-np.inf))),
        left=left,
        right=np.asarray(tree["right_children"], np.int64),
        missing_left=np.asarray(tree["default_left"], bool),
        value=told[:, None].astype(np.float64),  # a leaf keeps its weight in the same place
        target=target,
    )


def _forest(model: Any, targets: slice) -> Iterator[Tree]:
    count = len(model.estimators_)
    for estimator in model.estimators_:
        tree = estimator.tree_
        value = tree.value[:, 0, :]
        if hasattr(model, "classes_"):
            value = value / value.sum(axis=1, keepdims=True)
        yield Tree(
            feature=tree.feature,
            threshold=tree.threshold,
            left=tree.children_left,
            right=tree.children_right,
            missing_left=tree.missing_go_to_left.astype(bool),
            value=value[:, targets] / count,
        )


def _boosted_tree(root: dict[str, Any], target: int) -> Tree:
    """A tree from LightGBM's nested form, nodes numbered in the order they are met."""
    nodes: list[tuple[int, float, bool, float]] = []
    waiting: list[tuple[dict[str, Any], int, bool]] = [(root, -1, False)]
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    while waiting:
        node, parent, is_left = waiting.pop()
        number = len(nodes)
        (left if is_left else right)[parent] = number
        if "split_feature" not in node:
            nodes.append((0, 0.0, False, float(node["leaf_value"])))
            continue
        threshold = float(_numeric(node))
        nodes.append((node["split_feature"], threshold, _missing_left(node, threshold), 0.0))
        waiting.append((node["right_child"], number, False))
        waiting.append((node["left_child"], number, True))
    return Tree(
        feature=np.array([n[0] for n in nodes]),
        threshold=np.array([n[1] for n in nodes]),
        left=np.array([left.get(i, -1) for i in range(len(nodes))]),
        right=np.array([right.get(i, -1) for i in range(len(nodes))]),
        missing_left=np.array([n[2] for n in nodes]),
        value=np.array([[n[3]] for n in nodes]),
        target=target,
    )


def _numeric(node: dict[str, Any]) -> float:
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero" or "leaf_const" in node:
        raise UsageError(
            "This LightGBM model splits in a way that ONNX does not know.",
            "Train it without native categories, zero_as_missing and linear_tree.",
        )
    threshold: float = node["threshold"]
    if abs(threshold) > ZERO:
        return threshold
    # LightGBM reads every number this small as 0, also one that lies beyond a threshold as small
    return ZERO if threshold >= 0 else float(np.nextafter(np.float32(-ZERO), np.float32(-np.inf)))


def _missing_left(node: dict[str, Any], threshold: float) -> bool:
    """Where LightGBM sends NaN: a column that had none in training reads it as 0."""
    if node["missing_type"] == "None":
        return threshold >= 0.0
    return bool(node["default_left"])


def both(graph: Graph, second: str) -> str:
    """Probabilities of two classes from that of the second."""
    first = graph.add("Sub", [graph.constant(1.0), second])
    return graph.join([first, second])

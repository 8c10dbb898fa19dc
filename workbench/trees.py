"""The trees of an ensemble as arrays, read from scikit-learn, LightGBM, XGBoost and CatBoost.

Exporting and explaining follow the same trees, so they are read here, once. No library is imported:
a model is asked for what it holds. A row goes left where ``x <= threshold``, and where it is
missing and ``missing_left`` says so. Thresholds are doubles as the library compares them: with a
float64 for LightGBM and histogram boosting, with a value rounded to float32 for forests,
XGBoost and CatBoost. XGBoost asks ``x < t`` in float32, which is ``x <=`` the number before ``t``.
Where missing values go is part of each node, and differs between the libraries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from workbench.core.errors import UsageError

ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes, the root first; ``left < 0`` marks a leaf."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    value: np.ndarray  # (nodes, targets): what a leaf adds to each target
    cover: np.ndarray  # how many training rows came by, weighted as the library does
    target: int = 0  # number of the first of those targets


class Ensemble(NamedTuple):
    """Trees whose leaves, and ``base``, add up to the model's raw output."""

    trees: list[Tree]
    base: np.ndarray  # (outputs,): what is said before any tree
    single: bool = False  # whether numbers are rounded to float32 before they are compared
    objective: str = ""  # what a booster was trained for, in its own words


def read(model: Any) -> Ensemble:
    """The trees of a fitted estimator of one of the six families.

    Raises
    ------
    UsageError
        The model is no tree ensemble, or splits in a way that is not known here.
    """
    reader = next(
        (r for name, r in _READERS.items() if type(model).__name__.startswith(name)), None
    )
    if reader is None:
        raise UsageError(
            f"{type(model).__name__} is no tree ensemble that can be read.",
            "These can: forests and histogram boosting, LightGBM, XGBoost, CatBoost.",
        )
    return reader(model)


def readable(model: Any) -> bool:
    """Whether there is a reader for this kind of model."""
    return any(type(model).__name__.startswith(name) for name in _READERS)


def forest(model: Any, targets: slice = slice(None)) -> Ensemble:
    """A forest: the mean of its trees' class shares, or of their values."""
    count = len(model.estimators_)
    trees = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        value = tree.value[:, 0, :]
        if hasattr(model, "classes_"):
            value = value / value.sum(axis=1, keepdims=True)
        trees.append(
            Tree(
                feature=tree.feature,
                threshold=tree.threshold,
                left=tree.children_left,
                right=tree.children_right,
                missing_left=tree.missing_go_to_left.astype(bool),
                value=value[:, targets] / count,
                cover=tree.weighted_n_node_samples,
            )
        )
    return Ensemble(trees, np.zeros(trees[0].value.shape[1]), single=True)


def histograms(model: Any) -> Ensemble:
    """Histogram boosting, as its prediction on raw numbers walks the trees."""
    trees = []
    for round_ in model._predictors:  # noqa: SLF001
        for target, predictor in enumerate(round_):
            nodes = predictor.nodes
            if nodes["is_categorical"].any():
                raise UsageError(
                    "This model splits on native categories, which cannot be read.",
                    "Train it without categorical_features.",
                )
            leaf = nodes["is_leaf"].astype(bool)
            trees.append(
                Tree(
                    feature=nodes["feature_idx"].astype(np.int64),
                    threshold=nodes["num_threshold"],
                    left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                    right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                    missing_left=nodes["missing_go_to_left"].astype(bool),
                    value=nodes["value"][:, None],
                    cover=nodes["count"].astype(np.float64),
                    target=target,
                )
            )
    return Ensemble(trees, np.ravel(model._baseline_prediction))  # noqa: SLF001


def lightgbm(model: Any) -> Ensemble:
    """LightGBM's trees up to the best round."""
    booster = model.booster_
    dumped = booster.dump_model(num_iteration=model.best_iteration_ or booster.current_iteration())
    if dumped.get("average_output"):
        raise UsageError(
            "This LightGBM model averages its trees, which cannot be read.",
            "Train it with boosting_type gbdt.",
        )
    per_round = dumped["num_tree_per_iteration"]
    trees = [
        _nested(info["tree_structure"], number % per_round)
        for number, info in enumerate(dumped["tree_info"])
    ]
    return Ensemble(trees, np.zeros(per_round), objective=dumped["objective"])


def xgboost(model: Any) -> Ensemble:
    """XGBoost's trees, and what each margin starts from."""
    learner = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    booster = learner["gradient_booster"]
    if booster["name"] != "gbtree":
        raise UsageError(
            f"XGBoost with the booster {booster['name']!r} cannot be read.", "Use gbtree."
        )
    targets = booster["model"]["tree_info"]
    trees = [
        _flat(tree, target) for tree, target in zip(booster["model"]["trees"], targets, strict=True)
    ]
    told = learner["learner_model_param"]["base_score"]
    base = np.atleast_1d(np.asarray(json.loads(told), dtype=np.float64))
    objective = str(learner["objective"]["name"])
    link = _LINKS.get(objective)
    if link is None:
        raise UsageError(
            f"XGBoost with the objective {objective!r} cannot be read.",
            f"These can: {', '.join(sorted(_LINKS))}.",
        )
    width = max(targets, default=0) + 1
    return Ensemble(trees, np.broadcast_to(link(base), width).copy(), True, objective)


def floor32(values: np.ndarray) -> np.ndarray:
    """The largest float32 numbers that are not above ``values``."""
    wide = np.asarray(values, np.float64)
    with np.errstate(over="ignore"):  # LightGBM parts missing from present values at 1e308
        narrow = wide.astype(np.float32)
    return np.where(narrow > wide, np.nextafter(narrow, np.float32(-np.inf)), narrow)


def ceil32(values: np.ndarray) -> np.ndarray:
    """The smallest float32 numbers that are not below ``values``."""
    found: np.ndarray = -floor32(-np.asarray(values, np.float64))
    return found


def catboost(model: Any) -> Ensemble:
    """CatBoost's symmetric trees: one question a level, a missing value answering no to most."""
    told = model.described()
    if "oblivious_trees" not in told or told["features_info"].get("categorical_features"):
        raise UsageError(
            "This CatBoost model has trees that cannot be read.",
            "Train it with grow_policy SymmetricTree and without categorical features.",
        )
    columns = told["features_info"]["float_features"]
    scale, bias = told["scale_and_bias"]
    width = len(bias)
    trees = [_symmetric(tree, columns, float(scale), width) for tree in told["oblivious_trees"]]
    return Ensemble(trees, np.asarray(bias, dtype=np.float64), single=True)


def _symmetric(
    told: Mapping[str, Any], columns: Sequence[Mapping[str, Any]], scale: float, width: int
) -> Tree:
    """A tree with its nodes in the order of a heap; the last question splits the root."""
    splits = list(reversed(told["splits"]))
    inner, leaves = 2 ** len(splits) - 1, 2 ** len(splits)
    each = [columns[s["float_feature_index"]] for s in splits]
    level = np.repeat(np.arange(len(splits)), 2 ** np.arange(len(splits)))
    spare = np.zeros(leaves)
    cover = np.concatenate([np.zeros(inner), np.asarray(told["leaf_weights"], np.float64)])
    for node in range(inner - 1, -1, -1):
        cover[node] = cover[2 * node + 1] + cover[2 * node + 2]
    values = np.zeros((inner + leaves, width))
    values[inner:] = scale * np.asarray(told["leaf_values"], np.float64).reshape(leaves, width)
    own = np.arange(inner)
    no = np.full(leaves, -1)
    feature = np.array([c["flat_feature_index"] for c in each], np.int64)
    border = np.array([s["border"] for s in splits], np.float64)
    yes = np.array([c["nan_value_treatment"] == "AsTrue" for c in each], bool)
    return Tree(
        feature=np.concatenate([feature[level], spare.astype(np.int64)]),
        threshold=np.concatenate([border[level], spare]),
        left=np.concatenate([2 * own + 1, no]),
        right=np.concatenate([2 * own + 2, no]),
        missing_left=np.concatenate([~yes[level], spare.astype(bool)]),
        value=values,
        cover=cover,
    )


def _logit(share: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.log(share / (1 - share))
    return found


# how XGBoost turns base_score into a margin
_LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "binary:logistic": _logit,
    "reg:logistic": _logit,
    **dict.fromkeys(("count:poisson", "reg:gamma", "reg:tweedie"), np.log),
    **dict.fromkeys(
        (
            "multi:softprob",
            "multi:softmax",
            "reg:squarederror",
            "reg:absoluteerror",
            "reg:pseudohubererror",
            "reg:quantileerror",
        ),
        np.asarray,
    ),
}

_READERS: dict[str, Callable[[Any], Ensemble]] = {
    "RandomForest": forest,
    "ExtraTrees": forest,
    "HistGradientBoosting": histograms,
    "LGBM": lightgbm,
    "XGB": xgboost,
    "Cat": catboost,
}


def _flat(tree: dict[str, Any], target: int) -> Tree:
    """A tree from XGBoost's form."""
    if any(tree["split_type"]):
        raise UsageError(
            "This XGBoost model splits on native categories, which cannot be read.",
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
        cover=np.asarray(tree["sum_hessian"], np.float64),
        target=target,
    )


class _Node(NamedTuple):
    """A node of LightGBM."""

    feature: int
    threshold: float
    missing_left: bool
    value: float
    cover: float


def _nested(root: dict[str, Any], target: int) -> Tree:
    """A tree from LightGBM's nested form, nodes numbered in the order they are met."""
    nodes: list[_Node] = []
    waiting: list[tuple[dict[str, Any], int, bool]] = [(root, -1, False)]
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    while waiting:
        node, parent, is_left = waiting.pop()
        number = len(nodes)
        (left if is_left else right)[parent] = number
        if "split_feature" in node:
            nodes.append(_inner(node))
            waiting.append((node["right_child"], number, False))
            waiting.append((node["left_child"], number, True))
        else:
            if "leaf_const" in node:
                raise UsageError(*_UNKNOWN_SPLIT)
            cover = float(node.get("leaf_count", 0))
            nodes.append(_Node(0, 0.0, False, float(node["leaf_value"]), cover))
    return Tree(
        feature=np.array([n.feature for n in nodes]),
        threshold=np.array([n.threshold for n in nodes]),
        left=np.array([left.get(i, -1) for i in range(len(nodes))]),
        right=np.array([right.get(i, -1) for i in range(len(nodes))]),
        missing_left=np.array([n.missing_left for n in nodes]),
        value=np.array([[n.value] for n in nodes]),
        cover=np.array([n.cover for n in nodes]),
        target=target,
    )


_UNKNOWN_SPLIT = (
    "This LightGBM model splits in a way that cannot be read.",
    "Train it without native categories, zero_as_missing and linear_tree.",
)


def _inner(node: dict[str, Any]) -> _Node:
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise UsageError(*_UNKNOWN_SPLIT)
    threshold = float(node["threshold"])
    if abs(threshold) <= ZERO:
        # LightGBM reads every number this small as 0, also one beyond a threshold as small
        threshold = (
            ZERO if threshold >= 0 else float(np.nextafter(np.float32(-ZERO), np.float32(-np.inf)))
        )
    # a column that had no NaN in training reads it as 0
    missing_left = threshold >= 0.0 if node["missing_type"] == "None" else node["default_left"]
    return _Node(
        node["split_feature"], threshold, bool(missing_left), 0.0, float(node["internal_count"])
    )

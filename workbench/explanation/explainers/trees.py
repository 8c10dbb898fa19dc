"""Tree models: path-dependent TreeSHAP, LightGBM's own, XGBoost's own, or shap's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shap

from workbench.core.progress import Progress, silent
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    Places,
    fold,
    outputs,
    some,
)

CHUNK = 50  # rows between two calls of progress
WORK = 40_000_000_000  # leaves x depth² x rows: about a quarter of a minute of shap
FEWEST = 20


def explain(
    predictor: Explainable,
    frame: Any,
    background: Any,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Attribution:
    """Contributions along the paths of the trees; the background is the trees' own row counts.

    Boosted trees are explained in log-odds (or value), a forest in probability (or value). Fewer
    rows are explained where the trees are many and deep.
    """
    estimator = predictor.estimator
    if hasattr(estimator, "booster_"):
        return _boosted(predictor, _LightGBM(estimator), predictor.prepared(frame), progress)
    if hasattr(estimator, "get_booster"):
        return _boosted(predictor, _XGBoost(estimator), predictor.prepared(frame), progress)
    rows = some(len(frame), affordable(estimator))
    return _forest(predictor, rows, predictor.prepared(frame.iloc[rows]), progress)


class _LightGBM:
    """LightGBM's contributions and margins."""

    name = "LightGBM"

    def __init__(self, model: Any) -> None:
        self.booster = model.booster_

    def contributions(self, prepared: np.ndarray) -> Floats:
        """(rows, outputs, columns and the base last)."""
        found = np.asarray(self.booster.predict(prepared, pred_contrib=True), dtype=np.float64)
        return found.reshape(len(prepared), -1, prepared.shape[1] + 1)

    def margins(self, prepared: np.ndarray) -> Floats:
        return np.asarray(self.booster.predict(prepared, raw_score=True), dtype=np.float64)


class _XGBoost:
    """XGBoost's contributions and margins, both in float32."""

    name = "XGBoost"

    def __init__(self, model: Any) -> None:
        self.booster = model.get_booster()

    def contributions(self, prepared: np.ndarray) -> Floats:
        found = self._ask(prepared, pred_contribs=True, strict_shape=True)
        return found.reshape(len(prepared), -1, prepared.shape[1] + 1)

    def margins(self, prepared: np.ndarray) -> Floats:
        return self._ask(prepared, output_margin=True)

    def _ask(self, prepared: np.ndarray, **what: bool) -> Floats:
        import xgboost

        answer = self.booster.predict(xgboost.DMatrix(prepared), **what)
        return np.asarray(answer, dtype=np.float64)


def affordable(forest: Any) -> int:
    """How many rows can be explained within the work allowed, never under twenty."""
    cost = sum(leaves * max(1, depth) ** 2 for leaves, depth in _sizes(forest))
    return max(FEWEST, WORK // max(1, cost))


def _sizes(forest: Any) -> Iterator[tuple[int, int]]:
    """Leaves and depth of each tree."""
    for tree in np.ravel(getattr(forest, "estimators_", [])):
        yield int(tree.tree_.n_leaves), int(tree.tree_.max_depth)
    for round_ in getattr(forest, "_predictors", []):
        for tree in round_:
            yield int(tree.get_n_leaf_nodes()), int(tree.get_max_depth())


def _boosted(
    predictor: Explainable,
    booster: _LightGBM | _XGBoost,
    prepared: np.ndarray,
    progress: Progress,
) -> Attribution:
    parts = []
    for start in range(0, len(prepared), CHUNK):
        parts.append(booster.contributions(prepared[start : start + CHUNK]))
        progress(min(1.0, (start + CHUNK) / len(prepared)), "following the trees")
    found = np.concatenate(parts).transpose(0, 2, 1)
    output = booster.margins(prepared)
    regression = predictor.signature.task == "regression"
    return Attribution(
        np.arange(len(prepared)),
        fold(found[:, :-1, :], predictor),
        found[0, -1, :],
        output.reshape(len(prepared), -1),
        "value" if regression else "log-odds",
        f"exact TreeSHAP of {booster.name}, path-dependent",
    )


def _forest(
    predictor: Explainable, rows: Places, prepared: np.ndarray, progress: Progress
) -> Attribution:
    explainer = shap.TreeExplainer(predictor.estimator, feature_perturbation="tree_path_dependent")
    parts = []
    for start in range(0, len(prepared), CHUNK):
        part = explainer.shap_values(prepared[start : start + CHUNK], check_additivity=False)
        parts.append(np.asarray(part, dtype=np.float64))
        progress(min(1.0, (start + CHUNK) / len(prepared)), "following the trees")
    binary = predictor.signature.task == "binary"
    found, base = _stacked(parts, binary), np.atleast_1d(explainer.expected_value)
    output, space = _explained(predictor, prepared)
    return Attribution(
        rows,
        fold(found, predictor),
        np.asarray(base[1:] if binary and len(base) == 2 else base, dtype=np.float64),
        output,
        space,
        "exact TreeSHAP of shap, path-dependent",
    )


def _explained(predictor: Explainable, prepared: np.ndarray) -> tuple[Floats, str]:
    """What the trees add up to, (rows, outputs), and what it is called."""
    if predictor.signature.task == "regression":
        return outputs(predictor, prepared), "value"
    decide = getattr(predictor.estimator, "decision_function", None)
    if decide is None:  # the trees of a forest hold shares
        return outputs(predictor, prepared), "probability"
    return np.asarray(decide(prepared), dtype=np.float64).reshape(len(prepared), -1), "log-odds"


def _stacked(parts: list[Floats], binary: bool) -> Floats:
    """Values of shape (rows, prepared columns, outputs), the positive class alone when binary."""
    found = np.concatenate(parts)
    if found.ndim == 2:
        return found[:, :, None]
    return found[:, :, 1:] if binary else found

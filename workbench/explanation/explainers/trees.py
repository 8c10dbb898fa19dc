"""Tree models: path-dependent TreeSHAP, LightGBM's own or shap's."""

from __future__ import annotations

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

    LightGBM is explained in log-odds (or value), a forest in probability (or value). Fewer rows
    are explained where the trees are many and deep.
    """
    booster = getattr(predictor.estimator, "booster_", None)
    if booster is not None:
        return _boosted(predictor, booster, predictor.prepared(frame), progress)
    rows = some(len(frame), affordable(predictor.estimator))
    return _forest(predictor, rows, predictor.prepared(frame.iloc[rows]), progress)


def affordable(forest: Any) -> int:
    """How many rows can be explained within the work allowed, never under twenty."""
    trees = [t.tree_ for t in np.ravel(getattr(forest, "estimators_", []))]
    cost = int(sum(t.n_leaves * max(1, t.max_depth) ** 2 for t in trees))
    return max(FEWEST, WORK // max(1, cost))


def _boosted(
    predictor: Explainable, booster: Any, prepared: np.ndarray, progress: Progress
) -> Attribution:
    width = prepared.shape[1] + 1
    parts = []
    for start in range(0, len(prepared), CHUNK):
        parts.append(booster.predict(prepared[start : start + CHUNK], pred_contrib=True))
        progress(min(1.0, (start + CHUNK) / len(prepared)), "following the trees")
    found = np.concatenate(parts).reshape(len(prepared), -1, width).transpose(0, 2, 1)
    output = np.asarray(booster.predict(prepared, raw_score=True), dtype=np.float64)
    regression = predictor.signature.task == "regression"
    return Attribution(
        np.arange(len(prepared)),
        fold(found[:, :-1, :], predictor),
        found[0, -1, :],
        output.reshape(len(prepared), -1),
        "value" if regression else "log-odds",
        "exact TreeSHAP of LightGBM, path-dependent",
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
    return Attribution(
        rows,
        fold(found, predictor),
        np.asarray(base[1:] if binary and len(base) == 2 else base, dtype=np.float64),
        outputs(predictor, prepared),
        "value" if predictor.signature.task == "regression" else "probability",
        "exact TreeSHAP of shap, path-dependent",
    )


def _stacked(parts: list[Floats], binary: bool) -> Floats:
    """Values of shape (rows, prepared columns, outputs), the positive class alone when binary."""
    found = np.concatenate(parts)
    if found.ndim == 2:
        return found[:, :, None]
    return found[:, :, 1:] if binary else found

"""Tree models: exact path-dependent TreeSHAP of our own, for every family of trees."""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    fold,
    outputs,
    players,
    shared,
    some,
)
from workbench.explanation.treepairs import cost as pairs_cost
from workbench.explanation.treepairs import interactions as paired
from workbench.explanation.treeshap import Plan, contributions, plan
from workbench.trees import forest, read

WORK = 40_000_000_000  # splits x points x rows: about half a minute of one core
FEWEST = 20
CELLS = 40_000_000  # interaction values in hand
CHUNK = 50  # rows between two calls of progress where a library explains its own model


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
    rows are explained where the trees are very many and deep. Splits that cannot be read (native
    categories, say) are left to LightGBM and XGBoost themselves.
    """
    model = predictor.estimator
    own = _library(model)
    try:
        trees = _planned(predictor, len(predictor.sources))
    except UsageError:
        if own is None:
            raise
        return _by_library(predictor, own, predictor.prepared(frame), progress)
    rows = some(len(frame), affordable(trees))
    prepared = predictor.prepared(frame.iloc[rows])
    found = contributions(trees, prepared, _cores(), within(progress, 0.0, 0.95))
    output, space = _explained(predictor, own, prepared)
    return Attribution(
        rows, fold(found, predictor), trees.base, output, space, "exact TreeSHAP, path-dependent"
    )


def interactions(
    predictor: Explainable, frame: Any, *, progress: Progress = silent
) -> tuple[Attribution, Floats]:
    """The contributions, and what every two of the user's columns do together.

    Returns
    -------
    tuple
        The attribution, and SHAP interaction values ``(rows, columns, columns, outputs)``: the
        sums over the second axis are the contributions, exactly; a pair's value is halved between
        its two places. Columns that a feature is made from share what it does.

    Raises
    ------
    UsageError
        The model has no trees, or some that cannot be read.
    """
    model = predictor.estimator
    trees = _planned(predictor, len(predictor.sources))
    groups, sources = players(predictor)
    many = len(groups)
    most = min(WORK // max(1, pairs_cost(trees)), CELLS // max(1, many**2 * len(trees.base)))
    rows = some(len(frame), max(FEWEST, most))
    prepared = predictor.prepared(frame.iloc[rows])
    own = contributions(trees, prepared, _cores(), within(progress, 0.0, 0.1))
    found = paired(trees, prepared, sources, _cores(), within(progress, 0.1, 0.95))
    alone = np.zeros((len(rows), many, len(trees.base)))
    np.add.at(alone, (slice(None), sources), own)
    place = np.arange(many)
    found[:, place, place] = alone - found.sum(axis=2)
    output, space = _explained(predictor, _library(model), prepared)
    told = Attribution(
        rows, fold(own, predictor), trees.base, output, space, "exact TreeSHAP interaction values"
    )
    shares = shared(np.eye(many)[..., None], groups, predictor.signature)[..., 0]
    return told, np.einsum("ga,rghk,hb->rabk", shares, found, shares, optimize=True)


def affordable(trees: Plan) -> int:
    """How many rows can be explained within the work allowed, never under twenty."""
    return max(FEWEST, WORK // max(1, trees.cost))


_PLANS: WeakKeyDictionary[Any, Plan] = WeakKeyDictionary()  # fitted trees do not change


def _planned(predictor: Explainable, columns: int) -> Plan:
    """The trees, read once for each model: a row that is tried out must not wait for it."""
    model = predictor.estimator
    if model not in _PLANS:
        _PLANS[model] = _read(predictor, columns)
    return _PLANS[model]


def _read(predictor: Explainable, columns: int) -> Plan:
    """The trees, of a forest for two classes those of the second."""
    model, binary = predictor.estimator, predictor.signature.task == "binary"
    if binary and hasattr(model, "estimators_"):
        return plan(forest(model, slice(1, 2)), columns)
    return plan(read(model), columns)


def _explained(
    predictor: Explainable, own: _LightGBM | _XGBoost | None, prepared: np.ndarray
) -> tuple[Floats, str]:
    """What the trees add up to as the model's library says it, (rows, outputs), and its name."""
    regression = predictor.signature.task == "regression"
    if own is not None:
        margins = own.margins(prepared).reshape(len(prepared), -1)
        return margins, "value" if regression else "log-odds"
    decide = getattr(predictor.estimator, "decision_function", None)
    if regression or decide is None:  # the trees of a forest hold shares
        return outputs(predictor, prepared), "value" if regression else "probability"
    return np.asarray(decide(prepared), dtype=np.float64).reshape(len(prepared), -1), "log-odds"


def _cores() -> int:
    """Threads to use: what a job was allowed, or what this process may run on."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    return min(cores, int(allowed)) if allowed.isdigit() and int(allowed) else cores


def _library(model: Any) -> _LightGBM | _XGBoost | None:
    if hasattr(model, "booster_"):
        return _LightGBM(model)
    return _XGBoost(model) if hasattr(model, "get_booster") else None


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


def _by_library(
    predictor: Explainable,
    booster: _LightGBM | _XGBoost,
    prepared: np.ndarray,
    progress: Progress,
) -> Attribution:
    """What LightGBM or XGBoost says of its own trees."""
    parts = []
    for start in range(0, len(prepared), CHUNK):
        parts.append(booster.contributions(prepared[start : start + CHUNK]))
        progress(min(1.0, (start + CHUNK) / len(prepared)), "following the trees")
    found = np.concatenate(parts).transpose(0, 2, 1)
    output, space = _explained(predictor, booster, prepared)
    return Attribution(
        np.arange(len(prepared)),
        fold(found[:, :-1, :], predictor),
        found[0, -1, :],
        output,
        space,
        f"exact TreeSHAP of {booster.name}, path-dependent",
    )

"""SHAP interaction values beside the definition and shap's own."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import shap
import xgboost as xgb
from hypothesis import given, settings
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from tests.explanation.conftest import make
from tests.explanation.test_treeshap import _expected, tree_and_rows
from workbench.core.errors import Cancelled, DataError, UsageError
from workbench.explanation import treepairs
from workbench.explanation.explainers import trees
from workbench.explanation.interactions import interactions
from workbench.explanation.treeshap import contributions, plan
from workbench.trees import Ensemble, Tree, read


def _pair(tree: Tree, row: np.ndarray, a: int, b: int) -> np.ndarray:
    """Half the Shapley interaction index, over all sets of the other columns."""
    columns = len(row)
    rest = [k for k in range(columns) if k not in (a, b)]
    found = np.zeros(tree.value.shape[1])
    for size in range(len(rest) + 1):
        weight = factorial(size) * factorial(columns - size - 2) / factorial(columns - 1) / 2
        for chosen in combinations(rest, size):
            known = set(chosen)
            both = _expected(tree, row, {*known, a, b}) + _expected(tree, row, known)
            found += weight * (
                both - _expected(tree, row, {*known, a}) - _expected(tree, row, {*known, b})
            )
    return found


@settings(deadline=None, max_examples=60)
@given(tree_and_rows())
def test_the_definition_is_met_by_any_tree(made: tuple[Tree, np.ndarray]) -> None:
    tree, rows = made
    columns = rows.shape[1]
    prepared = plan(Ensemble([tree], np.zeros(2)), columns)
    found = treepairs.interactions(prepared, rows, np.arange(columns), threads=1)
    for row, values in zip(rows[:3], found, strict=False):
        for a, b in combinations(range(columns), 2):
            np.testing.assert_allclose(values[a, b], _pair(tree, row, a, b), atol=1e-11)
            np.testing.assert_array_equal(values[a, b], values[b, a])


@pytest.mark.parametrize(
    ("load", "model"),
    [
        (load_breast_cancer, lgb.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1)),
        (load_wine, lgb.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1)),
        (load_breast_cancer, RandomForestClassifier(6, random_state=0)),
        (load_wine, ExtraTreesClassifier(5, max_depth=6, random_state=0)),
        (load_diabetes, RandomForestRegressor(3, max_depth=7, random_state=0)),
        (load_diabetes, HistGradientBoostingRegressor(max_iter=15)),
    ],
    ids=["lightgbm-2", "lightgbm-3", "forest-2", "extratrees-3", "forest", "histboost"],
)
def test_shap_says_the_same(load: Any, model: Any) -> None:
    x, y = load(return_X_y=True)
    x = x.astype(np.float32)
    model.fit(x, y)
    rows = x[::40]
    found = _whole(model, rows)
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    theirs = np.asarray(explainer.shap_interaction_values(rows))
    theirs = theirs if theirs.ndim == 4 else theirs[..., None]
    np.testing.assert_allclose(found, theirs, atol=1e-9 * max(1.0, np.abs(theirs).max()))


def _whole(model: Any, rows: np.ndarray) -> np.ndarray:
    prepared, place = plan(read(model), rows.shape[1]), np.arange(rows.shape[1])
    found = treepairs.interactions(prepared, rows, place, threads=2)
    found[:, place, place] = contributions(prepared, rows, 1) - found.sum(axis=2)
    return found


def test_xgboost_says_the_same_within_float32() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x[::7, 3] = np.nan
    model = xgb.XGBClassifier(n_estimators=12, max_depth=5, n_jobs=1).fit(x, y)
    rows = x[::30]
    theirs = model.get_booster().predict(xgb.DMatrix(rows), pred_interactions=True)
    found = _whole(model, rows)[..., 0]
    np.testing.assert_allclose(found, theirs[:, :-1, :-1], atol=2e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("family", ["lightgbm", "forest"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_rows_sum_to_the_contributions_in_the_users_columns(
    penguins: pd.DataFrame, family: str, task: str
) -> None:
    """One-hot parts are known together; the matrix is symmetric and adds up."""
    case = make(penguins, family, task)
    told, values = trees.interactions(case.predictor, case.frame)
    own = trees.explain(case.predictor, case.frame, case.background)
    np.testing.assert_allclose(values.sum(axis=2), own.values, atol=1e-10)
    np.testing.assert_allclose(values, values.swapaxes(1, 2), atol=1e-12)
    np.testing.assert_allclose(told.values, own.values, atol=1e-12)


def test_columns_that_only_matter_together_are_found_and_told(penguins: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    frame = penguins.dropna().sample(2000, replace=True, random_state=0).reset_index(drop=True)
    frame["bill_depth_mm"] = rng.normal(size=2000)
    frame["flipper_length_mm"] = rng.normal(size=2000)
    frame["body_mass_g"] = np.sign(frame["bill_depth_mm"]) * np.sign(frame["flipper_length_mm"])
    case = make(frame, "lightgbm", "regression")
    report = interactions(case.predictor, case.frame, "run")
    best = next(report["pairs"].records())
    assert {best["column"], best["other"]} == {"bill_depth_mm", "flipper_length_mm"}
    assert report.facts["together"] > 0.5
    assert [f.code for f in report.findings] == ["mostly-together"]
    assert report.sentence.startswith("bill_depth_mm and flipper_length_mm act together most")
    points = [r for r in report["points"].records() if r["column"] == best["column"]][:200]
    signs = [np.sign(r["value"]) * np.sign(r["other_value"]) for r in points]
    assert np.corrcoef(signs, [r["effect"] for r in points])[0, 1] > 0.9
    assert report.facts["additivity_error"] < 1e-9


def test_a_model_that_adds_up_has_no_pairs() -> None:
    x, y = load_diabetes(return_X_y=True)
    stumps = lgb.LGBMRegressor(n_estimators=20, num_leaves=2, verbose=-1, n_jobs=1).fit(x, y)
    found = treepairs.interactions(plan(read(stumps), 10), x[:70], np.arange(10), 1)
    assert found.shape == (70, 10, 10, 1)
    assert not found.any()


def test_stopping_is_heard_between_blocks(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "binary")

    def stop(*_: object) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        interactions(case.predictor, case.frame, "run", progress=stop)


def test_wrong_questions_have_a_sentence(penguins: pd.DataFrame) -> None:
    case = make(penguins, "forest", "binary")
    with pytest.raises(DataError, match="no rows"):
        interactions(case.predictor, case.frame[:0], "run")
    case = make(penguins, "logistic", "binary")
    with pytest.raises(UsageError, match="no tree ensemble"):
        interactions(case.predictor, case.frame, "run")

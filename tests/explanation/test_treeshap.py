"""Our own TreeSHAP beside the definition, LightGBM, XGBoost and shap."""

from __future__ import annotations

import threading
import warnings
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
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from tests.explanation.conftest import make
from workbench.core.errors import Cancelled
from workbench.explanation import treeshap
from workbench.explanation.explainers import trees
from workbench.explanation.treeshap import LANES, contributions, plan
from workbench.trees import Ensemble, Tree, read

LOAD = {"binary": load_breast_cancer, "multiclass": load_wine, "regression": load_diabetes}


def _data(task: str, holes: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    x, y = LOAD[task](return_X_y=True)
    x = x.astype(np.float32)
    x[np.random.default_rng(0).random(x.shape) < holes] = np.nan
    return x, y


@st.composite
def tree_and_rows(draw: st.DrawFn) -> tuple[Tree, np.ndarray]:
    """A tree that asks for few columns, again and again, some nodes without cover; and rows."""
    columns = draw(st.integers(1, 4))
    nodes: list[list[float]] = []  # feature, threshold, left, right, missing, cover, value

    def grow(depth: int) -> int:
        number = len(nodes)
        nodes.append([0, 0, -1, -1, 0, draw(st.integers(0, 5)), draw(st.floats(-9, 9))])
        if depth < 5 and draw(st.integers(0, 3)):
            asked = draw(st.integers(0, columns - 1)), draw(st.integers(-2, 2))
            nodes[number][:2] = asked
            nodes[number][4] = draw(st.integers(0, 1))
            nodes[number][2] = grow(depth + 1)
            nodes[number][3] = grow(depth + 1)
        return number

    grow(0)
    found = np.array(nodes)
    whole = found[:, :6].astype(np.int64)
    number = st.sampled_from([-3.0, -2.0, -1.5, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, np.nan])
    rows = draw(st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=1))
    tree = Tree(
        whole[:, 0],
        found[:, 1],
        whole[:, 2],
        whole[:, 3],
        whole[:, 4].astype(bool),
        np.stack([found[:, 6], found[:, 6] ** 2], axis=1),
        found[:, 5],
    )
    return tree, np.array(rows)


def _expected(tree: Tree, row: np.ndarray, known: set[int], node: int = 0) -> np.ndarray:
    """What a tree says on average where only some columns are known."""
    left, right = int(tree.left[node]), int(tree.right[node])
    if left < 0:
        return tree.value[node]
    column = int(tree.feature[node])
    if column in known:
        x = row[column]
        goes_left = tree.missing_left[node] if np.isnan(x) else x <= tree.threshold[node]
        return _expected(tree, row, known, left if goes_left else right)
    cover = tree.cover[left] + tree.cover[right]
    share = tree.cover[left] / cover if cover else 0.5
    below = (_expected(tree, row, known, side) for side in (left, right))
    return share * next(below) + (1 - share) * next(below)


def _shapley(tree: Tree, row: np.ndarray) -> np.ndarray:
    columns = len(row)
    found = np.zeros((columns, tree.value.shape[1]))
    for c in range(columns):
        rest = [k for k in range(columns) if k != c]
        for size in range(columns):
            weight = factorial(size) * factorial(columns - size - 1) / factorial(columns)
            for chosen in combinations(rest, size):
                with_it = _expected(tree, row, {*chosen, c})
                found[c] += weight * (with_it - _expected(tree, row, set(chosen)))
    return found


@settings(deadline=None, max_examples=60)
@given(tree_and_rows())
def test_the_definition_is_met_by_any_tree(made: tuple[Tree, np.ndarray]) -> None:
    tree, rows = made
    prepared = plan(Ensemble([tree], np.zeros(2)), rows.shape[1])
    np.testing.assert_allclose(prepared.base, _expected(tree, rows[0], set()), atol=1e-12)
    found = contributions(prepared, rows, threads=1)
    for row, values in zip(rows[:4], found, strict=False):
        np.testing.assert_allclose(values, _shapley(tree, row), atol=1e-11)


@pytest.mark.parametrize("failing", [0, 1, 7])
def test_sixty_columns_on_a_path_are_still_exact(failing: int) -> None:
    """All of sixty conditions must hold: those that do share one value, the others another."""
    columns, inner = 60, np.arange(60)
    feature = np.r_[inner, np.zeros(61, np.int64)]
    left = np.r_[inner + 60, np.full(61, -1)]  # a leaf, unless the next condition is asked
    right = np.r_[inner[1:], 120, np.full(61, -1)]
    value = np.zeros((121, 1))
    value[120] = 1.0
    share = 0.9  # of the cover holds each condition
    cover = np.r_[share**inner, share**inner * (1 - share), share**columns]
    tree = Tree(feature, np.zeros(121), left, right, np.zeros(121, bool), value, cover)
    row = np.r_[np.full(failing, -1.0), np.full(columns - failing, 1.0)][None]
    found = contributions(plan(Ensemble([tree], np.zeros(1)), columns), row, threads=1)[0, :, 0]
    # in a column that fails: what the others hold without it, by the sum over coalitions' sizes
    size = np.arange(columns)
    if not failing:
        wanted = np.full(columns, (1 - share**columns) / columns)
    else:
        point, weight = np.polynomial.legendre.leggauss(200)
        x, w = (point + 1) / 2, weight / 2
        lost, held = (1 - x) * share, x + (1 - x) * share
        fails = -share * (w * lost ** (failing - 1) * held ** (columns - failing)).sum()
        holds = (1 - share) * (w * lost**failing * held ** (columns - failing - 1)).sum()
        wanted = np.where(size < failing, fails, holds)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-15)
    total = (failing == 0) - share**columns
    assert found.sum() == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("task", LOAD)
def test_lightgbm_says_the_same(task: str) -> None:
    x, y = _data(task, holes=0.1)
    kind = lgb.LGBMRegressor if task == "regression" else lgb.LGBMClassifier
    options = {"n_estimators": 30, "subsample": 0.7, "subsample_freq": 1, "min_child_samples": 3}
    model = kind(**options, verbose=-1, n_jobs=1).fit(x, y)
    prepared = plan(read(model), x.shape[1])
    theirs = model.booster_.predict(x, pred_contrib=True).reshape(len(x), -1, x.shape[1] + 1)
    found = contributions(prepared, x, threads=2)
    np.testing.assert_allclose(found, theirs[:, :, :-1].transpose(0, 2, 1), atol=1e-11)
    np.testing.assert_allclose(prepared.base, theirs[0, :, -1], atol=1e-11)


@pytest.mark.parametrize("task", LOAD)
@pytest.mark.parametrize(
    ("classifier", "regressor"),
    [
        (RandomForestClassifier, RandomForestRegressor),
        (ExtraTreesClassifier, ExtraTreesRegressor),
        (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    ],
)
def test_shap_says_the_same_of_scikit_learn(task: str, classifier: Any, regressor: Any) -> None:
    x, y = _data(task)
    boosting = classifier is HistGradientBoostingClassifier
    size = {"max_iter": 20} if boosting else {"n_estimators": 8, "n_jobs": 1}
    model = (regressor if task == "regression" else classifier)(**size, random_state=0).fit(x, y)
    rows = x[::25]
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    theirs = np.asarray(explainer.shap_values(rows, check_additivity=False))
    found = contributions(plan(read(model), x.shape[1]), rows, threads=1)
    wanted = theirs if theirs.ndim == 3 else theirs[:, :, None]
    np.testing.assert_allclose(found, wanted, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("task", LOAD)
def test_xgboost_says_the_same_within_float32(task: str) -> None:
    x, y = _data(task, holes=0.1)
    kind = xgb.XGBRegressor if task == "regression" else xgb.XGBClassifier
    model = kind(n_estimators=30, max_depth=5, subsample=0.8, n_jobs=1).fit(x, y)
    theirs = model.get_booster().predict(xgb.DMatrix(x), pred_contribs=True, strict_shape=True)
    theirs = theirs.reshape(len(x), -1, x.shape[1] + 1).transpose(0, 2, 1)
    prepared = plan(read(model), x.shape[1])
    found, scale = contributions(prepared, x, threads=1), np.abs(theirs[:, :-1]).max()
    np.testing.assert_allclose(found, theirs[:, :-1], atol=3e-6 * scale)
    np.testing.assert_allclose(prepared.base, theirs[0, -1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("task", LOAD)
def test_missing_numbers_and_numbers_on_thresholds_go_where_the_model_sends_them(task: str) -> None:
    x, y = _data(task, holes=0.15)
    regression = task == "regression"
    models = [
        (lgb.LGBMRegressor if regression else lgb.LGBMClassifier)(n_estimators=20, verbose=-1),
        (HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier)(
            max_iter=20
        ),
        (RandomForestRegressor if regression else RandomForestClassifier)(8, random_state=0),
        (xgb.XGBRegressor if regression else xgb.XGBClassifier)(n_estimators=20),
    ]
    ensembles = [(model, read(model.fit(x, y))) for model in models]
    # LightGBM reads NaN as 0 in columns that had none in training, and tiny numbers always
    signs = np.where(np.isnan(x), 0, x - np.nanmedian(x, axis=0)).astype(np.float32)
    whole = (lgb.LGBMRegressor if regression else lgb.LGBMClassifier)(n_estimators=20, verbose=-1)
    ensembles.append((whole, read(whole.fit(signs, y))))
    for model, ensemble in ensembles:
        rows = x[:200].astype(np.float32)
        place = 0
        for tree in ensemble.trees[:10]:
            inner = tree.left >= 0
            for column, cut in zip(tree.feature[inner], tree.threshold[inner], strict=True):
                on = np.float32(np.clip(cut, -1e30, 1e30))
                for number in (on, np.nextafter(on, np.float32(9)), np.nextafter(on, -on)):
                    rows[place % len(rows), column] = number
                    place += 1
        prepared = plan(ensemble, x.shape[1])
        total = prepared.base + contributions(prepared, rows, threads=1).sum(axis=1)
        wanted = _raw(model, rows)
        digits = 2e-6 if hasattr(model, "get_booster") else 1e-9  # float32
        np.testing.assert_allclose(total, wanted, rtol=digits, atol=digits * np.abs(wanted).max())


def _raw(model: Any, rows: np.ndarray) -> np.ndarray:
    if hasattr(model, "booster_"):
        found = model.booster_.predict(rows, raw_score=True)
    elif hasattr(model, "get_booster"):
        found = model.predict(rows, output_margin=True)
    elif hasattr(model, "decision_function"):
        found = model.decision_function(rows)
    else:
        found = model.predict_proba(rows) if hasattr(model, "classes_") else model.predict(rows)
    return found.reshape(len(rows), -1)


def test_many_rows_in_many_threads_are_as_one_by_one() -> None:
    x, y = _data("binary")
    model = lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(x, y)
    prepared, many = plan(read(model), x.shape[1]), np.tile(x, (5, 1))
    assert len(many) > treeshap.TASK and len(many) % LANES
    found = contributions(prepared, many, threads=3)
    np.testing.assert_array_equal(found[-len(x) :], found[: len(x)])
    np.testing.assert_array_equal(found[7], contributions(prepared, many[7:8], threads=1)[0])


def test_it_stops_within_a_tree_when_asked() -> None:
    x, y = _data("binary")
    forest = RandomForestClassifier(300, random_state=0, n_jobs=2).fit(x, y)
    prepared, rows = plan(read(forest), x.shape[1]), np.tile(x, (200, 1))
    told: list[float] = []

    def stop(fraction: float, *_: object) -> None:
        told.append(fraction)
        if len(told) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        contributions(prepared, rows, threads=2, progress=stop)
    assert told == sorted(told) and told[-1] < 1
    assert not [t for t in threading.enumerate() if t.name.startswith("treeshap")]


def test_native_categories_are_left_to_the_library(penguins: pd.DataFrame) -> None:
    case = make(penguins, "lightgbm", "binary")
    x = case.predictor.prepared(penguins)
    truth = (penguins["species"] == "Adelie").astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = lgb.LGBMClassifier(
            n_estimators=20, max_cat_to_onehot=1, min_data_per_group=1, cat_smooth=1, verbose=-1
        ).fit(np.abs(x).round(), truth, categorical_feature=[0, 1])
    case.predictor.estimator = model
    found = trees.explain(case.predictor, penguins[:20], penguins[:50])
    assert found.method == "exact TreeSHAP of LightGBM, path-dependent"
    assert found.error < 1e-9


def test_a_model_without_a_split_says_its_base() -> None:
    model = lgb.LGBMRegressor(n_estimators=3, verbose=-1).fit(np.zeros((30, 2)), np.arange(30))
    prepared = plan(read(model), 2)
    assert not contributions(prepared, np.ones((3, 2)), threads=1).any()
    assert prepared.base == pytest.approx(model.predict(np.ones((1, 2))))
    nothing = plan(Ensemble([], np.array([1.0, 2.0])), 2)
    assert not contributions(nothing, np.ones((3, 2)), threads=1).any()
    assert nothing.base.tolist() == [1.0, 2.0]

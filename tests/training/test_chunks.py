"""Boosting in chunks: what is interrupted goes on to the same trees, and chunks differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from workbench.core.errors import Cancelled
from workbench.core.progress import silent
from workbench.store.checkpoints import FileCheckpoint
from workbench.training.chunks import CHUNK, Chunks, seeds
from workbench.training.family import Fitted, Problem, families, settled
from workbench.training.persist import dump, strangers
from workbench.training.predictor import scores

LOADERS = {"binary": load_breast_cancer, "multiclass": load_wine, "regression": load_diabetes}


def problem(name: str, task: str, **params: Any) -> Problem:
    x, y = LOADERS[task](return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order].astype(np.float32), y[order]
    x[::9, 1] = np.nan
    cut = len(x) * 3 // 4
    return Problem(
        task=task,  # type: ignore[arg-type]
        classes=0 if task == "regression" else len(np.unique(y)),
        x=x[:cut], y=y[:cut], x_valid=x[cut:], y_valid=y[cut:], levels=(),
        params=settled(families.get(name), task, params),  # type: ignore[arg-type]
        seed=4,
    )  # fmt: skip


def said(fitted: Fitted, asked: Problem) -> np.ndarray:
    assert asked.x_valid is not None
    return scores(fitted.estimator, asked.task, asked.x_valid)


def cut_short(name: str, asked: Problem, place: Path, after: int) -> FileCheckpoint:
    """What a fit leaves that is stopped ``after`` so many rounds."""

    def stop(_: float, __: str, metrics: Mapping[str, float] | None = None, /) -> None:
        if (metrics or {}).get("iteration", 0) >= after:
            raise Cancelled

    kept = FileCheckpoint(place, period=0)
    with pytest.raises(Cancelled):
        families.get(name).fit(replace(asked, checkpoint=kept), stop)
    return kept


def goes_on(
    name: str, asked: Problem, place: Path, after: int, first: str = "going on after round"
) -> None:
    """Asserts that a fit cut short ``after`` so many rounds ends as one that was not."""
    family = families.get(name)
    straight = family.fit(asked, silent)
    kept = cut_short(name, asked, place, after)
    assert kept.last() is not None
    heard: list[str] = []
    again = family.fit(replace(asked, checkpoint=kept), lambda _, text, __=None: heard.append(text))
    assert heard[0].startswith(first)
    np.testing.assert_array_equal(said(straight, asked), said(again, asked))
    assert list(straight.history["valid_loss"]) == list(again.history["valid_loss"])
    assert straight.facts == again.facts
    assert straight.estimator.get_params() == again.estimator.get_params()
    assert not strangers(dump(again.estimator))


LONG = {"n_estimators": 180, "early_stopping": 0}
LIGHTGBM = [
    ("binary", LONG),
    ("multiclass", LONG),
    ("regression", LONG),
    ("binary", {**LONG, "subsample": 0.4}),
    ("binary", {**LONG, "subsample": 1.0, "colsample_bytree": 1.0}),
    ("binary", {**LONG, "subsample_freq": 7}),
    ("binary", {**LONG, "subsample_freq": 0}),
    ("binary", {**LONG, "extra_trees": True, "class_weight": "balanced"}),
    ("regression", {"early_stopping": 60, "learning_rate": 0.03}),
]


@pytest.mark.parametrize(("task", "params"), LIGHTGBM)
def test_lightgbm_goes_on_bit_for_bit(task: str, params: dict[str, Any], tmp_path: Path) -> None:
    goes_on("lightgbm", problem("lightgbm", task, **params), tmp_path, 105)


XGB = [
    ("binary", LONG),
    ("multiclass", LONG),
    ("regression", LONG),
    ("binary", {**LONG, "subsample": 1.0, "colsample_bytree": 1.0}),
    ("binary", {**LONG, "colsample_bynode": 0.5, "grow_policy": "lossguide", "max_leaves": 12}),
    ("regression", {"early_stopping": 60, "learning_rate": 0.02, "max_depth": 3}),
]


@pytest.mark.parametrize(("task", "params"), XGB)
def test_xgboost_goes_on_bit_for_bit(task: str, params: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    goes_on("xgboost", problem("xgboost", task, **params), tmp_path, 105)


@pytest.mark.parametrize("task", list(LOADERS))
def test_catboost_goes_on_bit_for_bit(task: str, tmp_path: Path) -> None:
    pytest.importorskip("catboost")
    asked = problem("catboost", task, iterations=70, early_stopping=50)
    goes_on("catboost", asked, tmp_path, 40, "round 4")


@pytest.mark.parametrize("task", list(LOADERS))
def test_histogram_boosting_goes_on_bit_for_bit(task: str, tmp_path: Path) -> None:
    asked = problem("histboost", task, max_iter=100, early_stopping=60)
    goes_on("histboost", asked, tmp_path, 50)


def test_a_snapshot_of_other_parameters_is_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("catboost")
    family = families.get("catboost")
    kept = cut_short("catboost", problem("catboost", "binary", iterations=60), tmp_path, 30)
    other = problem("catboost", "binary", iterations=60, depth=3)
    fitted = family.fit(replace(other, checkpoint=kept), silent)
    np.testing.assert_array_equal(said(fitted, other), said(family.fit(other, silent), other))


def test_a_checkpoint_of_other_columns_is_left_alone(tmp_path: Path) -> None:
    asked = problem("lightgbm", "binary", **LONG)
    kept = cut_short("lightgbm", asked, tmp_path, 105)
    other = replace(asked, x=asked.x[:, :9], x_valid=asked.x_valid[:, :9])  # type: ignore[index]
    fitted = families.get("lightgbm").fit(replace(other, checkpoint=kept), silent)
    plain = families.get("lightgbm").fit(other, silent)
    np.testing.assert_array_equal(said(fitted, other), said(plain, other))


def test_early_stopping_is_the_librarys(tmp_path: Path) -> None:
    """Its own callback, on the same chunks, stops at the same round."""
    import lightgbm as lgb

    asked = problem("lightgbm", "regression", early_stopping=60)
    ours = families.get("lightgbm").fit(asked, silent)
    params = {k: v for k, v in asked.params.items() if k not in ("early_stopping", "device")}
    stop = lgb.early_stopping(60, verbose=False, min_delta=1e-5 * float(asked.y.var()))
    theirs = lgb.LGBMRegressor(
        **params, random_state=4, n_jobs=1, deterministic=True, force_row_wise=True, verbosity=-1
    ).fit(
        asked.x, asked.y, eval_X=asked.x_valid, eval_y=asked.y_valid, eval_metric="l2",
        callbacks=[Chunks(4, 1), stop],
    )  # fmt: skip
    assert ours.facts["best_iteration"] == theirs.best_iteration_ > CHUNK
    np.testing.assert_array_equal(said(ours, asked), theirs.predict(asked.x_valid))


def test_chunks_draw_rows_and_columns_anew() -> None:
    """Without new draws a chunk would repeat the one before it."""
    drawn = [tuple(seeds(7, chunk)) for chunk in range(200)]
    assert len(set(drawn)) == 200 and all(0 <= s < 2**31 for d in drawn for s in d)
    assert seeds(-1, 3) != seeds(1, 3)
    assert Chunks(0, 7).length == 56 and Chunks(0, 1).length == Chunks(0).length == CHUNK

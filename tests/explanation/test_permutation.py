"""Permutation importance equals scikit-learn's for the same permutations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.pipeline import Pipeline

from tests.explanation.conftest import Case, make
from tests.explanation.predictors import penguin_task
from workbench.core.errors import DataError
from workbench.explanation.permutation import importance

SCORING = {
    "binary": "roc_auc",
    "multiclass": "neg_log_loss",
    "regression": "neg_root_mean_squared_error",
}


def test_importance_equals_scikit_learns(case: Case, penguins: pd.DataFrame) -> None:
    predictor = case.predictor
    task, names = predictor.signature.task, list(predictor.signature.names)
    truth = penguin_task(penguins, task)[0][case.frame.index]
    pipeline = Pipeline([("prepare", predictor.preparation), ("model", predictor.estimator)])
    theirs = permutation_importance(
        pipeline, case.frame[names], truth, scoring=SCORING[task], n_repeats=3, random_state=7
    )
    report = importance(predictor, case.frame, truth, "run", repeats=3, seed=7)
    found = report["importance"].frame().set_index("column").loc[names]
    scale = max(1.0, abs(report.facts["value"]))
    np.testing.assert_allclose(found["value"], theirs.importances_mean, atol=1e-5 * scale)
    np.testing.assert_allclose(found["spread"], theirs.importances_std, atol=1e-5 * scale)


def test_a_column_that_the_model_does_not_use_costs_nothing(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "regression")
    predictor = case.predictor
    place = [name for (name,) in predictor.sources].index("bill_depth_mm")
    predictor.estimator.coef_[place] = 0.0
    truth = penguins["body_mass_g"].to_numpy(float)[case.frame.index]
    report = importance(predictor, case.frame, truth, "run", repeats=2)
    found = {r["column"]: r for r in report["importance"].records()}
    assert found["bill_depth_mm"]["value"] == pytest.approx(0, abs=1e-9)
    assert found["flipper_length_mm"]["low"] > 0
    assert report.sentence.startswith("flipper_length_mm matters most")
    idle = next(f for f in report.findings if f.code == "idle-columns")
    assert "bill_depth_mm" in idle.evidence["columns"]


def test_one_class_alone_is_refused(penguins: pd.DataFrame) -> None:
    case = make(penguins, "logistic", "binary")
    truth = np.zeros(len(case.frame), dtype=int)
    with pytest.raises(DataError, match="one class"):
        importance(case.predictor, case.frame, truth, "run")

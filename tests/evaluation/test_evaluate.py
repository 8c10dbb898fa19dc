"""An evaluation says what a model is worth, or why it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.core.wire import dumps
from workbench.evaluation.evaluate import evaluate

BINARY = Signature((), "benign", "binary", ("no", "yes"))
SPECIES = Signature((), "species", "multiclass", ("setosa", "versicolor", "virginica"))
VALUE = Signature((), "progression", "regression")


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Cross-validated models on three real data sets."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    x, y = load_breast_cancer(return_X_y=True)
    found = {
        "binary": evaluate(y, cross_val_predict(model, x, y, method="predict_proba"), BINARY, "a")
    }
    x, y = load_iris(return_X_y=True)
    found["multiclass"] = evaluate(
        y, cross_val_predict(model, x, y, method="predict_proba"), SPECIES, "b"
    )
    x, y = load_diabetes(return_X_y=True)
    found["regression"] = evaluate(y, cross_val_predict(Ridge(0.1), x, y), VALUE, "c")
    return found


@pytest.mark.parametrize(
    ("task", "tables"),
    [
        ("binary", "metrics roc pr gain calibration confusion thresholds scores"),
        ("multiclass", "metrics confusion classes calibration"),
        ("regression", "metrics residuals errors"),
    ],
)
def test_each_task_has_its_tables(reports: dict[str, Report], task: str, tables: str) -> None:
    assert {t.name for t in reports[task].tables} == set(tables.split())
    assert reports[task].kind == "evaluation"


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_values_lie_in_their_intervals_and_reports_survive_json(
    reports: dict[str, Report], task: str
) -> None:
    report = reports[task]
    for row in report["metrics"].records():
        if row["name"] != "ece":  # resampling can only raise a calibration error
            assert row["low"] <= row["value"] <= row["high"], row
    assert Report.from_dict(report.to_dict()).tables == report.tables
    assert "NaN" not in dumps(report)


def test_the_sentence_gives_the_primary_metric_with_its_interval() -> None:
    random = np.random.default_rng(0)
    scores = random.random(16_281)
    report = evaluate(random.random(16_281) < scores, scores, BINARY, "run", draws=100)
    assert report.sentence.startswith("AUC 0.8")
    assert "(95% interval 0.8" in report.sentence
    assert report.sentence.endswith("on 16,281 test rows.")


def test_the_threshold_of_the_signature_decides() -> None:
    truth, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.3, 0.9])
    strict = evaluate(truth, scores, BINARY, "run", draws=10)
    mild = evaluate(truth, scores, Signature((), "y", "binary", ("n", "p"), 0.3), "run", draws=10)
    assert strict.facts["metrics"]["recall"] == 0.5
    assert mild.facts["metrics"]["recall"] == 1.0
    assert [r["count"] for r in mild["confusion"].records()] == [1, 1, 0, 2]


def test_the_thresholds_table_counts_scores_equal_to_the_threshold() -> None:
    report = evaluate([0, 1, 1], [0.2, 0.29, 0.9], BINARY, "run", draws=10)
    row = next(r for r in report["thresholds"].records() if r["threshold"] == 0.29)
    assert (row["tpr"], row["fpr"], row["selection_rate"]) == (1, 0, pytest.approx(2 / 3))


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_in_the_test_part_is_a_finding_and_no_crash(only: int) -> None:
    report = evaluate(np.full(40, only), np.linspace(0, 1, 40), BINARY, "run")
    finding = next(f for f in report.findings if f.code == "not-applicable")
    assert report.facts["metrics"]["roc_auc"] is None
    assert finding.sentence.startswith("AUC")
    assert f"hold no {('yes', 'no')[only]}." in finding.sentence
    assert report.sentence == "AUC does not apply on 40 test rows."
    assert "roc" not in report


def test_a_class_without_test_rows_is_named() -> None:
    random = np.random.default_rng(0)
    report = evaluate(
        random.integers(0, 2, 200), random.dirichlet(np.ones(3), 200), SPECIES, "run", draws=50
    )
    assert report.facts["metrics"]["roc_auc"] is not None
    assert any("virginica" in f.sentence for f in report.findings)


def test_a_model_no_better_than_the_commonest_answer_is_told() -> None:
    truth = np.r_[np.zeros(150), np.ones(50)]
    report = evaluate(truth, np.full(200, 0.25), BINARY, "run", draws=50)
    codes = {f.code for f in report.findings}
    assert "no-better-than-constant" in codes
    assert report["roc"].rows == ((0.0, 0.0), (1.0, 1.0))


def test_overconfident_probabilities_are_told() -> None:
    random = np.random.default_rng(0)
    scores = random.random(3000)
    truth = random.random(3000) < 0.5 + (scores - 0.5) * 0.3
    report = evaluate(truth, scores, BINARY, "run", draws=50)
    assert any(f.code == "miscalibrated" for f in report.findings)


def test_a_baseline_stands_beside_each_metric(reports: dict[str, Report]) -> None:
    """scikit-learn's dummies, learned from the same rows, say the same."""
    x, y = load_breast_cancer(return_X_y=True)
    known = dict(zip(*map(reports["binary"]["metrics"].column, ("name", "baseline")), strict=True))
    dummy = DummyClassifier(strategy="prior").fit(x, y)
    assert known["log_loss"] == pytest.approx(log_loss(y, dummy.predict_proba(x)))
    assert known["accuracy"] == pytest.approx(dummy.score(x, y)) and known["roc_auc"] == 0.5
    x, y = load_diabetes(return_X_y=True)
    known = dict(
        zip(*map(reports["regression"]["metrics"].column, ("name", "baseline")), strict=True)
    )
    assert known["rmse"] == pytest.approx(y.std()) and known["r2"] == pytest.approx(0)
    learned = (np.array([0, 0, 0, 1]), np.eye(2)[[0, 0, 0, 1]])
    report = evaluate([0, 1], [[0.9, 0.1], [0.2, 0.8]], BINARY, "d", fitted=learned)
    assert report.facts["baseline"]["log_loss"] == pytest.approx(-np.log([0.75, 0.25]).mean())


def test_more_classes_are_calibrated_by_their_likeliest(reports: dict[str, Report]) -> None:
    rows = list(reports["multiclass"]["calibration"].records())
    assert sum(r["count"] for r in rows) == 150
    accuracy = reports["multiclass"].facts["metrics"]["accuracy"]
    assert sum(r["count"] * r["observed"] for r in rows) / 150 == pytest.approx(accuracy)
    assert all(r["predicted"] >= 1 / 3 for r in rows)


def test_long_residuals_are_thinned() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(size=30_000)
    report = evaluate(truth, truth + random.normal(size=30_000), VALUE, "run", draws=20)
    assert len(report["residuals"]) == 2000
    assert len(dumps(report)) < 400_000

"""A comparison names the better model only when the rows tell them apart."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from workbench.core.errors import UsageError
from workbench.core.signature import Signature
from workbench.evaluation.compare import Subject, compare
from workbench.evaluation.evaluate import evaluate
from workbench.measures.blocks import LARGE

BINARY = Signature((), "y", "binary", ("no", "yes"))
ROWS = 4000


@pytest.fixture(scope="module")
def truth_and_scores() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    scores = random.beta(1, 2, ROWS)
    return (random.random(ROWS) < scores).astype(int), scores


def _noisy(scores: np.ndarray, size: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, size, len(scores))
    return np.clip(scores + noise, 0, 1)


def test_a_clearly_better_model_wins_in_points_of_auc(
    truth_and_scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, scores = truth_and_scores
    report = compare(
        [
            Subject("bad", "logistic", truth, _noisy(scores, 0.3, 1)),
            Subject("good", "LightGBM", truth, scores),
        ],
        BINARY,
        draws=200,
    )
    assert report.facts["order"] == ["good", "bad"]
    assert report.sentence.startswith("LightGBM beats logistic by ")
    assert report.sentence.endswith(" points of AUC.")
    row = report["differences"].rows[0]
    assert row[:3] == ("good", "bad", "roc_auc") and row[6] == "good"
    assert 0 < row[4] < row[3] < row[5]


def test_models_that_differ_by_chance_are_not_told_apart(
    truth_and_scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, scores = truth_and_scores
    report = compare(
        [Subject(str(k), f"m{k}", truth, _noisy(scores, 0.1, k)) for k in (1, 2)], BINARY, draws=200
    )
    assert report.sentence.startswith("No evidence of a difference in AUC")


def test_lower_is_better_for_errors() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(0, 10, 500)
    report = compare(
        [
            Subject("far", "far", truth, truth + random.normal(0, 5, 500)),
            Subject("near", "near", truth, truth + random.normal(0, 1, 500)),
        ],
        Signature((), "y", "regression"),
        draws=200,
    )
    assert report.facts["order"][0] == "near"
    assert report.sentence.startswith("near beats far: RMSE is ")
    assert report.sentence.endswith(" lower.")


def test_the_values_are_those_of_the_evaluations(
    truth_and_scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, scores = truth_and_scores
    subjects = [Subject(str(s), str(s), truth, _noisy(scores, s, 1)) for s in (0.1, 0.2, 0.3)]
    report = compare(subjects, BINARY, draws=50)
    for subject in subjects:
        alone = evaluate(truth, subject.scores, BINARY, subject.id, draws=20)
        for row in report["metrics"].records():
            if row["id"] == subject.id:
                assert row["value"] == alone.facts["metrics"][row["metric"]]
    assert len(report["differences"]) == 3 * len(alone.facts["metrics"])
    assert set(report["roc"].column("id")) == {"0.1", "0.2", "0.3"}


def test_very_many_rows_are_compared_as_each_model_is_judged_alone() -> None:
    """Blocks of rows, rankings that are forgotten, two models side by side: the same values."""
    random = np.random.default_rng(0)
    scores = random.beta(1, 2, 2 * LARGE)
    truth = (random.random(2 * LARGE) < scores).astype(int)
    subjects = [Subject(str(s), str(s), truth, _noisy(scores, s, 1)) for s in (0.02, 0.05, 0.2)]
    report = compare(subjects, BINARY, draws=100)
    apart = {(r["a"], r["b"]): r for r in report["differences"].records() if r["metric"] == "f1"}
    for subject in subjects:
        alone = evaluate(truth, subject.scores, BINARY, subject.id, draws=100)
        told = {r["metric"]: r for r in report["metrics"].records() if r["id"] == subject.id}
        for row in alone["metrics"].records():
            mine = told[row["name"]]
            for end in ("value", "low", "high"):
                assert mine[end] == pytest.approx(row[end], rel=1e-9), row["name"]
        assert told["roc_auc"]["value"] == pytest.approx(roc_auc_score(truth, subject.scores))
        assert told["log_loss"]["value"] == pytest.approx(log_loss(truth, subject.scores))
        lines = [r for r in report["roc"].records() if r["id"] == subject.id]
        area = np.trapezoid([r["tpr"] for r in lines], [r["fpr"] for r in lines])
        assert area == pytest.approx(told["roc_auc"]["value"], abs=1e-3)
    assert [apart["0.02", "0.2"]["better"], apart["0.05", "0.2"]["better"]] == ["0.02", "0.05"]


def test_different_rows_one_model_or_the_same_twice_are_refused(
    truth_and_scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, scores = truth_and_scores
    one = Subject("a", "a", truth, scores)
    for subjects in ([one], [one, one], [one, Subject("b", "b", 1 - truth, scores)]):
        with pytest.raises(UsageError):
            compare(subjects, BINARY)


def test_one_class_in_the_test_part_compares_what_applies() -> None:
    truth = np.zeros(50)
    report = compare(
        [Subject("a", "a", truth, np.full(50, 0.1)), Subject("b", "b", truth, np.full(50, 0.3))],
        BINARY,
        draws=20,
    )
    assert report.sentence == "AUC does not apply to both."
    assert "roc" not in report

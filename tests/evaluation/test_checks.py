"""Method checks speak up where numbers mislead, and keep silent elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.evaluation.compare import Subject, compare
from workbench.evaluation.evaluate import evaluate
from workbench.evaluation.significance import Folded

BINARY = Signature((), "y", "binary", ("no", "yes"))
NUMBERS = Signature((), "y", "regression")


def codes(report: Report) -> set[str]:
    return {f.code for f in report.findings}


def honest(rows: int, share: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = np.clip(random.beta(2, 2, rows) * 2 * share, 0, 1)
    return (random.random(rows) < scores).astype(int), scores


def test_a_model_that_knows_its_training_rows_by_heart_is_told() -> None:
    truth, scores = honest(800)
    heart = evaluate(truth, scores, BINARY, "r", draws=50, fitted=(truth, truth * 0.9))
    assert heart.facts["fitted"] == 1.0
    finding = next(f for f in heart.findings if f.code == "overfitting")
    assert finding.evidence["train"] == 1.0 and "on test rows" in finding.sentence
    again = evaluate(truth, scores, BINARY, "r", draws=50, fitted=honest(800, seed=1))
    assert "overfitting" not in codes(again)


def test_errors_of_numbers_may_be_half_as_large_again() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(0, 10, 500)
    said = truth + random.normal(0, 2, 500)
    for size, told in ((1.0, True), (1.8, False)):
        near = (truth, truth + random.normal(0, size, 500))
        assert ("overfitting" in codes(evaluate(truth, said, NUMBERS, "r", fitted=near))) == told


def test_chance_is_told_from_knowledge() -> None:
    truth, scores = honest(600)
    assert "no-better-than-chance" not in codes(evaluate(truth, scores, BINARY, "r"))
    random = np.random.default_rng(3)
    assert "no-better-than-chance" in codes(evaluate(truth, random.random(600), BINARY, "r"))
    values = random.normal(size=300)
    assert "no-better-than-chance" in codes(
        evaluate(values, 0.05 * random.normal(size=300), NUMBERS, "r")
    )
    many = Signature((), "y", "multiclass", ("a", "b", "c"))
    shares = np.full((300, 3), 1 / 3)
    assert "no-better-than-chance" in codes(evaluate(random.integers(0, 3, 300), shares, many, "r"))


def test_accuracy_of_a_rare_class_is_put_into_its_place() -> None:
    truth, scores = honest(2000, share=0.03)
    report = evaluate(truth, scores, BINARY, "r", draws=50)
    finding = next(f for f in report.findings if f.code == "imbalance")
    assert finding.evidence["share"] == pytest.approx(truth.mean())
    assert "average precision" in finding.sentence
    few = evaluate(*honest(400, share=0.03), BINARY, "r", draws=50)
    assert "few-of-a-class" in codes(few)
    assert not {"imbalance", "few-of-a-class"} & codes(evaluate(*honest(400), BINARY, "r"))


def test_a_simple_model_that_does_as_well_is_preferred() -> None:
    truth, scores = honest(500)
    close = np.clip(scores + np.random.default_rng(1).normal(0, 0.01, 500), 0, 1)
    worse = np.random.default_rng(2).random(500)
    for other, told in ((close, True), (worse, False)):
        report = compare(
            [
                Subject("a", "boosting", truth, scores),
                Subject("b", "logistic", truth, other, simple=True),
            ],
            BINARY,
            draws=100,
        )
        best = report.facts["order"][0]
        assert ("simple-as-good" in codes(report)) == (told and best == "a")


def test_restless_folds_are_told_in_a_comparison() -> None:
    truth, scores = honest(300)
    folded = Folded("m", 0.25, {"roc_auc": [0.9, 0.5, 0.7]}, unstable=True)
    report = compare(
        [Subject("a", "a", truth, scores, folded), Subject("b", "b", truth, scores / 2)],
        BINARY,
        draws=50,
    )
    finding = next(f for f in report.findings if f.code == "unstable-folds")
    assert finding.evidence["runs"] == ["a"]

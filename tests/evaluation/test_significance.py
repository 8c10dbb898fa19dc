"""Tests, chances and rows needed in a comparison say what the rows and the folds say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import UsageError
from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.evaluation.compare import Subject, compare
from workbench.evaluation.significance import Folded
from workbench.workspace import Workspace

BINARY = Signature((), "y", "binary", ("no", "yes"))
ROWS = 3000


def judged(
    noise: float, *, rows: int = ROWS, folds: tuple[Folded, ...] = (), **how: object
) -> Report:
    random = np.random.default_rng(0)
    scores = random.beta(1, 2, rows)
    truth = (random.random(rows) < scores).astype(int)
    other = np.clip(scores + random.normal(0, noise, rows), 0, 1)
    mine = folds or (None, None)
    subjects = [
        Subject("a", "alpha", truth, scores, mine[0]),
        Subject("b", "beta", truth, other, mine[1]),
    ]
    return compare(subjects, BINARY, draws=200, **how)  # type: ignore[arg-type]


def folded(*values: float, marks: str = "same") -> Folded:
    return Folded(marks, 0.25, {"roc_auc": values})


def test_each_model_is_judged_by_its_own_threshold() -> None:
    random = np.random.default_rng(1)
    scores = random.beta(1, 2, 500)
    truth = (random.random(500) < scores).astype(int)
    early = replace(BINARY, threshold=0.1)
    for first, second in ((BINARY, early), (early, BINARY)):
        subjects = [
            Subject("a", "a", truth, scores, signature=first),
            Subject("b", "b", truth, scores, signature=second),
        ]
        report = compare(subjects, BINARY, draws=50)
        rows = report["metrics"].records()
        found = {r["id"]: r["value"] for r in rows if r["metric"] == "recall"}
        mild, keen = ("a", "b") if second is early else ("b", "a")
        at = [(truth[scores >= t] == 1).sum() / truth.sum() for t in (0.5, 0.1)]
        assert [found[mild], found[keen]] == pytest.approx(at)


def test_all_tests_name_the_better_model() -> None:
    found = {r["test"]: r for r in judged(0.4)["tests"].records()}
    assert list(found) == ["mcnemar", "delong", "losses"]
    for name in ("delong", "losses"):
        assert found[name]["better"] == "a" and found[name]["p"] < 1e-6
    assert found["delong"]["low"] > 0 and found["losses"]["high"] < 0  # AUC is up, loss is down
    assert found["delong"]["effect"] > 0 > found["losses"]["effect"]


def test_delong_agrees_with_the_bootstrap() -> None:
    report = judged(0.1)
    delong = next(r for r in report["tests"].records() if r["test"] == "delong")
    drawn = next(r for r in report["differences"].records() if r["metric"] == "roc_auc")
    assert delong["difference"] == pytest.approx(drawn["difference"], abs=1e-9)
    wide = delong["high"] - delong["low"]
    assert wide == pytest.approx(drawn["high"] - drawn["low"], rel=0.2)


def test_models_as_good_as_each_other_are_called_so() -> None:
    report = judged(0.01)
    assert "practically equivalent with" in report.sentence
    row = report["practical"].rows[0]
    assert row[3] == "rows" and row[4] == 0.01 and row[6] > 0.95
    tight = judged(0.01, rope=1e-6)
    assert "practically equivalent" not in tight.sentence
    assert tight["practical"].rows[0][4] == 1e-6


def test_folds_are_held_against_each_other_only_if_they_are_the_same() -> None:
    up = (folded(0.80, 0.82, 0.81, 0.83, 0.79), folded(0.70, 0.71, 0.72, 0.72, 0.69))
    report = judged(0.1, folds=up)
    test = next(r for r in report["tests"].records() if r["test"] == "folds")
    assert test["difference"] == pytest.approx(0.102) and test["better"] == "a" and test["p"] < 0.01
    first = next(report["practical"].records())
    assert first["source"] == "folds" and first["a_better"] > 0.99
    other = judged(0.1, folds=(up[0], folded(0.7, 0.7, 0.7, 0.7, 0.7, marks="other")))
    assert "folds" not in other["tests"].column("test")
    assert other["practical"].column("source") == ["rows"]


def test_folds_speak_before_the_rows_about_what_does_not_matter() -> None:
    same = (folded(0.8, 0.82, 0.81, 0.83), folded(0.8001, 0.8199, 0.81, 0.8301))
    assert "practically equivalent with over 99%" in judged(0.1, folds=same).sentence


def test_a_lead_that_few_rows_cannot_show_is_told_with_the_rows_it_would_need() -> None:
    codes = {f.code: f for f in judged(0.15, rows=100).findings}
    found = codes["too-few-rows"]
    assert found.evidence["needed"] > 100 and "would be needed" in found.sentence
    assert "too-few-rows" not in {f.code for f in judged(0.4).findings}


def test_errors_of_numbers_are_compared_with_a_region_of_one_percent() -> None:
    random = np.random.default_rng(0)
    truth = random.normal(0, 10, 800)
    report = compare(
        [
            Subject("far", "far", truth, truth + random.normal(0, 5, 800)),
            Subject("near", "near", truth, truth + random.normal(0, 1, 800)),
        ],
        Signature((), "y", "regression"),
        draws=100,
    )
    tests = list(report["tests"].records())
    assert [t["test"] for t in tests] == ["losses"] and tests[0]["better"] == "near"
    chances = next(report["practical"].records())
    assert chances["rope"] == pytest.approx(0.01 * report["ranking"].column("value")[0])
    assert chances["a_better"] == 1 and "near is better by more than" in chances["sentence"]


@pytest.mark.parametrize("rope", [-1, float("nan"), float("inf"), "wide"])
def test_a_region_of_equivalence_is_a_number_from_0_on(workspace: Workspace, rope: Any) -> None:
    runs = workspace.train(workspace.import_data("german_credit"), ["dummy", "bayes"])
    with pytest.raises(UsageError, match="number from 0 on"):
        workspace.compare(runs, rope=rope)

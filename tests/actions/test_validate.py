"""Cross-validation of a run: the test rows stay out, what is kept is what the folds said."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from workbench.cli import main
from workbench.core.errors import Cancelled, StoreError, UsageError
from workbench.core.report import Report
from workbench.objects import Run
from workbench.workspace import Workspace


def quiet(fraction: float, text: str, metrics: object = None, /) -> None:
    """Nothing on the terminal of the tests."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    ws = Workspace(tmp_path_factory.mktemp("validate"))
    ws.import_data("breast_cancer")
    return ws.train("breast_cancer", ["logistic"], progress=quiet).best


@pytest.fixture(scope="module")
def report(run: Run) -> Report:
    return run.validate(folds=4, repeats=2, curve=(0.2, 1.0), progress=quiet)


def test_the_rows_that_are_not_for_testing_are_held_out(run: Run, report: Report) -> None:
    folds, kept = run.folds(), run.predictions()
    test = set(kept["row"][kept["part"] == "test"])
    for _, mine in folds.groupby("repeat"):
        assert mine["row"].is_unique and len(mine) == 569 - len(test)
        assert not set(mine["row"]) & test
    truth = run.workspace.datasets["breast_cancer"].frame()["diagnosis"]
    classes = run.record.signature.classes  # type: ignore[union-attr]
    np.testing.assert_array_equal(
        truth.iloc[folds["row"]].astype(str).to_numpy(), np.array(classes)[folds["truth"]]
    )
    assert run.report("validation") is not None and report.kind == "validation"


def test_the_scores_are_those_of_what_was_kept(run: Run, report: Report) -> None:
    folds = run.folds()
    values = {
        (r["repeat"], r["fold"]): r["value"]
        for r in report["scores"].records()
        if r["metric"] == "roc_auc"
    }
    assert len(values) == 8
    for key, mine in folds.groupby(["repeat", "fold"]):
        assert values[key] == pytest.approx(roc_auc_score(mine["truth"], mine["score_1"]))
    row = next(r for r in report["metrics"].records() if r["name"] == "roc_auc")
    assert row["value"] == pytest.approx(np.mean(list(values.values())))
    error = np.sqrt((1 / 8 + 1 / 3) * np.var(list(values.values()), ddof=1))
    assert row["error"] == pytest.approx(error, rel=0.01)  # folds differ in size by a row
    first = folds[folds["repeat"] == 1]
    assert row["pooled"] == pytest.approx(roc_auc_score(first["truth"], first["score_1"]))
    assert row["pooled_low"] < row["pooled"] < row["pooled_high"] and row["high"] <= 1


def test_the_learning_curve_has_the_parts_that_were_asked_for(report: Report) -> None:
    curve = list(report["learning"].records())
    assert [r["share"] for r in curve] == [0.2, 1.0]
    assert curve[0]["train"] < curve[1]["train"] / 4
    scores = [
        r["value"]
        for r in report["scores"].records()
        if r["metric"] == "roc_auc" and r["repeat"] == 1
    ]
    assert curve[1]["value"] == pytest.approx(np.mean(scores))  # all rows: the folds' own models
    assert curve[1]["fitted"] > 0.98


def test_a_search_within_the_folds_chooses_for_each(run: Run) -> None:
    report = run.validate(folds=2, inner=2, progress=quiet)
    chosen = [json.loads(p) for p in report["folds"].column("params")]
    assert report.facts["inner"] == 2 and all("C" in c for c in chosen)
    assert "chosen anew" in report.sentence


def test_groups_show_what_shuffled_rows_hide(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each customer has a mark that tells the target: only whole customers held out show it."""
    random = np.random.default_rng(0)
    customer = random.integers(0, 150, 900)
    mark, answer = random.normal(size=150), random.integers(0, 2, 150)
    frame = pd.DataFrame({"customer": customer, "mark": mark[customer], "y": answer[customer]})
    ws = Workspace(tmp_path_factory.mktemp("groups"))
    ws.import_data(frame, name="g", target="y", roles={"customer": "id"})
    run = ws.train("g", ["forest"], params={"forest": {"n_estimators": 20}}, progress=quiet).best
    shuffled = run.validate(folds=3, progress=quiet).facts["metrics"]["roc_auc"]
    whole = run.validate(folds=3, scheme="group", column="customer", progress=quiet)
    assert shuffled > 0.8 and whole.facts["metrics"]["roc_auc"] < 0.65
    assert "test-differs" in [f.code for f in whole.findings]


def test_values_are_validated_in_order_of_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    day = pd.date_range("2024-01-01", periods=400, freq="D")
    x = np.random.default_rng(0).normal(size=400)
    ws = Workspace(tmp_path_factory.mktemp("time"))
    frame = pd.DataFrame(
        {"day": day, "x": x, "y": 3 * x + np.random.default_rng(1).normal(size=400)}
    )
    ws.import_data(frame, name="t", target="y")
    run = ws.train("t", ["logistic"], progress=quiet).best
    report = run.validate(folds=4, scheme="time", column="day", progress=quiet)
    assert report.facts["metrics"]["rmse"] == pytest.approx(1, abs=0.15)
    train = report["folds"].column("train")
    assert train == sorted(train)
    assert list(run.folds().columns) == ["repeat", "fold", "row", "truth", "value"]


def test_a_validation_can_be_stopped_and_leaves_nothing_half_made(run: Run) -> None:
    before = run.report("validation")

    def stop(fraction: float, text: str, metrics: object = None, /) -> None:
        if fraction > 0.4:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        run.validate(folds=3, seed=5, progress=stop)
    assert run.report("validation") == before


def test_what_cannot_be_validated_is_said(run: Run) -> None:
    other = run.workspace.train("breast_cancer", ["dummy"], progress=quiet).best
    with pytest.raises(StoreError, match="not validated"):
        other.folds()
    with pytest.raises(UsageError, match="no parameters to search"):
        other.validate(inner=3, progress=quiet)
    with pytest.raises(UsageError, match="no share"):
        other.validate(curve=[2.0], progress=quiet)


def test_the_command_line_and_a_job_do_the_same(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--workspace", str(run.workspace.root), "--json", "-q", "validate", run.id[:8]]
    assert main([*words, "--folds", "3"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["kind"] == "validation" and said["facts"]["folds"] == 3
    job = run.workspace.submit("validate", run=run.id, folds=3)
    job.wait()
    assert job.record.state == "done" and job.record.result["runs"] == [run.id]
    again = run.report("validation")
    assert again is not None and again.facts["metrics"] == said["facts"]["metrics"]

"""A threshold is chosen on validation rows and judged on test rows; the run stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from workbench.cli import main
from workbench.core.errors import UsageError
from workbench.objects import Run
from workbench.workspace import Workspace


def quiet(fraction: float, text: str, metrics: object = None, /) -> None:
    """Nothing on the terminal of the tests."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    ws = Workspace(tmp_path_factory.mktemp("threshold"))
    ws.import_data("german_credit")
    return ws.train("german_credit", ["logistic"], progress=quiet).best


def test_the_validation_rows_choose_and_the_test_rows_judge(run: Run) -> None:
    report = run.threshold(costs={"fn": 5, "fp": 1})
    kept = run.predictions()
    valid, test = (kept[kept["part"] == part] for part in ("valid", "test"))

    def cost(rows: object, t: float) -> float:
        said = rows["score_1"] >= t  # type: ignore[index]
        truth = rows["truth"] == 1  # type: ignore[index]
        return float((5 * (truth & ~said) + (~truth & said)).mean())

    chosen = report.facts["threshold"]
    assert report.facts["by"] == "cost" and report.facts["rows_valid"] == len(valid)
    assert cost(valid, chosen) == pytest.approx(min(cost(valid, t) for t in valid["score_1"]))
    row = next(report["figures"].records())
    assert row["name"] == "expected_cost"
    assert row["chosen"] == pytest.approx(cost(test, chosen))
    assert row["default"] == pytest.approx(cost(test, 0.5))
    assert row["chosen"] < row["default"]
    cells = {
        (r["truth"], r["predicted"]): r["count"]
        for r in report["confusion"].records()
        if r["at"] == "chosen"
    }
    theirs = confusion_matrix(test["truth"], test["score_1"] >= chosen)
    classes = run.record.signature.classes  # type: ignore[union-attr]
    assert [cells[t, p] for t in classes for p in classes] == theirs.ravel().tolist()


def test_a_recall_is_reached_and_told_when_the_test_rows_miss_it(run: Run) -> None:
    report = run.threshold("recall", 0.9)
    kept = run.predictions()
    valid = kept[(kept["part"] == "valid") & (kept["truth"] == 1)]
    assert (valid["score_1"] >= report.facts["threshold"]).mean() >= 0.9
    recall = next(r for r in report["figures"].records() if r["name"] == "recall")
    missed = "constraint-missed" in [f.code for f in report.findings]
    assert missed == (recall["chosen"] < 0.9)


def test_what_is_predicted_stays_as_it_is(run: Run) -> None:
    frame = run.workspace.datasets["german_credit"].frame().head(50)
    before = run.predict(frame)
    run.threshold("recall", 0.95)
    assert run.predict(frame) == before and run.workspace.runs[run.id].record == run.record
    kept = run.report("threshold")
    assert kept is not None and kept.facts["at"] == 0.95


def test_numbers_have_no_threshold(run: Run) -> None:
    run.workspace.import_data("diabetes")
    other = run.workspace.train("diabetes", ["dummy"], progress=quiet).best
    with pytest.raises(UsageError, match="no threshold"):
        other.threshold()
    with pytest.raises(UsageError):
        run.threshold(costs={"fn": "dear"})


def test_the_command_line_says_the_same(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--workspace", str(run.workspace.root), "--json", "-q", "threshold", run.id]
    assert main([*words, "--cost", "fn=5", "--cost", "fp=1"]) == 0
    said = json.loads(capsys.readouterr().out)
    mine = run.threshold(costs=np.array([[0, 1], [5, 0]]))
    assert said["facts"]["threshold"] == mine.facts["threshold"]
    assert main([*words, "--recall", "0.9", "--by", "f1"]) == 2


def test_a_comparison_counts_costs(run: Run) -> None:
    other = run.workspace.train("german_credit", ["dummy"], progress=quiet).best
    report = run.workspace.compare([run, other], costs={"fn": 1, "fp": 5}, progress=quiet)
    values = {
        r["id"]: r["value"] for r in report["metrics"].records() if r["metric"] == "expected_cost"
    }
    assert set(values) == {run.id, other.id} and values[run.id] < values[other.id]


def test_a_run_that_decides_so_is_the_same_model(run: Run, tmp_path: Path) -> None:
    report = run.threshold("recall", 0.9)
    made = run.deciding(report, progress=quiet)
    at = report.facts["threshold"]
    frame = run.workspace.datasets["german_credit"].frame()
    scores = run.predictor().scores(frame)
    np.testing.assert_array_equal(made.predictor().scores(frame), scores)
    classes = run.record.signature.classes  # type: ignore[union-attr]
    assert made.predict(frame) == [classes[int(s >= at)] for s in scores[:, 1]]
    assert made.predict(frame) != run.predict(frame)
    # judged by its own decisions on the same rows; what needs no decision is the same
    figures = {r["name"]: r["chosen"] for r in report["figures"].records()}
    for name in ("accuracy", "recall", "precision"):
        assert made.record.metrics[name] == pytest.approx(figures[name])
    assert made.record.metrics["roc_auc"] == run.record.metrics["roc_auc"]
    # the recipe says it: trained again it decides alike
    assert made.record.recipe.threshold == at and made.record.tags["origin"] == run.id
    again = run.workspace.train(recipe=made.record.recipe, progress=quiet).best
    assert again.record.metrics == made.record.metrics
    # and so does what is served
    bundle = made.export(progress=quiet)
    assert bundle.manifest.signature.threshold == at
    said = bundle.manifest.signature
    assert said == made.record.signature
    script = made.code(tmp_path / "code", progress=quiet) / "train.py"
    assert f"THRESHOLD = {at!r}" in script.read_text()


def test_a_threshold_that_cannot_be_is_refused(run: Run) -> None:
    with pytest.raises(UsageError, match="probability"):
        run.deciding(1.5)
    count = len(run.workspace.runs.list())
    grouped = run.mitigate("thresholds", by="housing", progress=quiet).best
    with pytest.raises(UsageError, match="each group"):
        grouped.deciding(0.4)
    run.workspace.import_data("diabetes")
    numbers = run.workspace.train("diabetes", ["dummy"], progress=quiet).best
    with pytest.raises(UsageError, match="no threshold"):
        numbers.deciding(0.4)
    assert len(run.workspace.runs.list()) == count + 2  # those that were trained: nothing half made


def test_the_command_line_makes_the_run(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--workspace", str(run.workspace.root), "threshold", run.id, "--by", "f1"]
    assert main([*words, "--make-run"]) == 0
    newest = run.workspace.runs.list(1)[0]
    assert newest.record.recipe.threshold == run.threshold("f1").facts["threshold"]
    assert newest.record.short in capsys.readouterr().err

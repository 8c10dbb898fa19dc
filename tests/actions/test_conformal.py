"""Runs with intervals and sets: calibrated on one part, judged on another, and used on a frame."""

from __future__ import annotations

import json

import pytest

from workbench.cli import main
from workbench.core.errors import StoreError, UsageError
from workbench.objects import Run
from workbench.workspace import Workspace


def quiet(fraction: float, text: str, metrics: object = None, /) -> None:
    """Nothing on the terminal of the tests."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    ws = Workspace(tmp_path_factory.mktemp("conformal"))
    found = {}
    for name in ("diabetes", "digits"):
        ws.import_data(name)
        found[name] = ws.train(name, ["logistic"], progress=quiet).best
    return found


def test_sets_of_classes_are_judged_on_the_test_rows(runs: dict[str, Run]) -> None:
    run = runs["digits"]
    report = run.conformal(alpha=0.1, method="aps")
    facts = report.facts
    kept = run.predictions()
    assert facts["rows_calibration"] == (kept["part"] == "valid").sum()
    assert facts["coverage_low"] < facts["coverage"] <= facts["coverage_high"]
    assert facts["coverage_high"] >= 0.9 and facts["size"] >= 1
    assert sum(report["sizes"].column("count")) == facts["rows"]
    frame = run.workspace.datasets["digits"].frame()
    test = kept[kept["part"] == "test"]
    told = run.predict_conformal(frame.iloc[test["row"]], alpha=0.1, method="aps")
    target = run.record.recipe.target
    held = [t in s for t, s in zip(frame[target].iloc[test["row"]], told["set"], strict=True)]
    assert sum(held) / len(held) == pytest.approx(facts["coverage"])
    assert list(told["prediction"]) == run.predict(frame.iloc[test["row"]])


def test_intervals_of_numbers_can_be_calibrated_on_the_folds(runs: dict[str, Run]) -> None:
    run = runs["diabetes"]
    with pytest.raises(StoreError, match="not validated"):
        run.conformal(on="folds")
    run.validate(folds=3, progress=quiet)
    report = run.conformal(0.2, on="folds")
    assert report.facts["rows_calibration"] == len(run.folds())
    assert report.facts["coverage_low"] <= 0.8 <= report.facts["coverage_high"] + 0.02


def test_too_few_rows_promise_nothing(runs: dict[str, Run]) -> None:
    with pytest.raises(UsageError, match="too few to promise"):
        runs["digits"].conformal(alpha=0.0001)


def test_the_command_line_says_the_same(
    runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs["digits"]
    words = ["--workspace", str(run.workspace.root), "--json", "-q", "conformal", run.id]
    assert main([*words, "--alpha", "0.05"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["facts"]["method"] == "lac" and said["facts"]["alpha"] == 0.05
    kept = run.report("conformal")
    assert kept is not None and kept.facts["quantile"] == said["facts"]["quantile"]
    assert main([*words, "--method", "absolute"]) == 2

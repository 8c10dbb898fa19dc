"""A run trained once more: the same to the last bit, or said not to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.cli import main
from workbench.core.errors import StoreError
from workbench.training.family import families
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("reproduce"))
    ws.import_data("breast_cancer")
    return ws


def test_a_run_comes_out_the_same(ws: Workspace) -> None:
    run = ws.train("breast_cancer", ["forest"], params={"forest": {"n_estimators": 20}}).best
    report = run.reproduce()
    assert report.facts["equal"] and report.facts["score_difference"] == 0
    assert "same to the last bit" in report.sentence
    assert report.facts["run"] != run.id
    assert set(report["metrics"].column("difference")) == {0}
    assert len(report["versions"]) == 0 and report.findings == ()
    kept = ws.runs[report.facts["run"]].report("reproduction")
    assert kept is not None and kept.subject == run.id


def test_a_training_that_draws_without_its_seed_is_found_out(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = families.get("extratrees")
    run = ws.train("breast_cancer", ["extratrees"]).best
    fit = type(family).fit

    def unseeded(self, problem, progress):  # type: ignore[no-untyped-def]
        return fit(self, replace(problem, seed=problem.seed + 1), progress)

    monkeypatch.setattr(type(family), "fit", unseeded)
    report = run.reproduce()
    assert not report.facts["equal"] and report.facts["score_difference"] > 0.001
    assert "does not come out the same" in report.sentence
    assert [f.code for f in report.findings] == ["not-deterministic"]


def test_other_versions_are_named(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ws.train("breast_cancer", ["dummy"]).best
    monkeypatch.setattr(
        "workbench.actions.reproduce.versions", lambda: {"numpy": "9.9", "pandas": "9.9"}
    )
    report = run.reproduce()
    assert report.facts["equal"]
    assert "numpy" in report["versions"].column("what")
    assert report.findings[0].code == "other-versions" and report.findings[0].severity == "info"


def test_other_data_under_the_same_name_are_refused(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ws.train("breast_cancer", ["dummy"]).best
    store = type(ws.context.datasets)
    get = store.get
    monkeypatch.setattr(store, "get", lambda self, ref: replace(get(self, ref), digest="0" * 64))
    with pytest.raises(StoreError, match="not the data"):
        run.reproduce()


def test_the_command_line_exits_with_3_when_it_differs(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ws.train("breast_cancer", ["bayes"]).best
    words = ["--workspace", str(ws.root), "runs", "reproduce", run.id]
    assert main(words) == 0
    assert "the same to the last bit" in capsys.readouterr().out
    monkeypatch.setattr("workbench.actions.reproduce._scores_apart", lambda *_: 0.25)
    assert main(words) == 3
    assert "does not come out the same" in capsys.readouterr().out

"""A run trained once more: the same to the last bit, or said not to be."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.metadata import version

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

import workbench as wb
from workbench.actions.reproduce import _deciding
from workbench.cli import main
from workbench.core.errors import Cancelled, StoreError
from workbench.core.recipe import Recipe
from workbench.objects import Run
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


def test_another_device_is_named(ws: Workspace) -> None:
    run = ws.train("breast_cancer", ["dummy"]).best
    ws.context.store.library.client.set_tag(run.id, "workbench.fact.device", "cuda")
    report = ws.runs[run.id].reproduce()
    assert ("device", "cuda", "cpu") in [tuple(row) for row in report["versions"].rows]


@pytest.mark.parametrize("name", ["forest", "stack", "calibrated"])
def test_defaults_are_taken_as_they_were_then(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Those of the family, and those of the families that it holds."""
    params = {
        "forest": {"n_estimators": 20},
        "stack": {"members": [{"family": "forest", "params": {"n_estimators": 60}},
                              {"family": "dummy"}], "folds": 2},
        "calibrated": {"of": "forest", "params": {"n_estimators": 20}},
    }[name]  # fmt: skip
    run = ws.train("breast_cancer", [name], params={name: params}).best
    forest = type(families.get("forest"))
    defaults = forest.defaults
    monkeypatch.setattr(
        forest, "defaults", lambda self, task: {**defaults(self, task), "min_samples_leaf": 30}
    )
    report = run.reproduce()
    assert report.facts["equal"]
    assert [f.code for f in report.findings] == ["defaults-of-then"]
    assert report.findings[0].evidence["parameters"] == ["min_samples_leaf"]
    again = ws.train("breast_cancer", [name], params={name: params}).best
    assert again.record.metrics["log_loss"] != run.record.metrics["log_loss"]


def test_parameters_that_are_objects_are_left_to_who_wrote_them(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    @wb.family("odd_forest", tasks="binary")
    def odd(weights: object = np.sqrt, trees: int = 20) -> RandomForestClassifier:
        assert weights is np.sqrt
        return RandomForestClassifier(trees, random_state=0)

    members = [{"family": "odd_forest"}, {"family": "forest", "params": {"n_estimators": 60}}]
    stack = {"members": members, "folds": 2}
    runs = [ws.train("breast_cancer", ["odd_forest"]).best,
            ws.train("breast_cancer", ["stack"], params={"stack": stack}).best]  # fmt: skip
    assert json.loads(runs[0].record.tags["settled"]) == {"trees": 20}
    forest = type(families.get("forest"))
    defaults = forest.defaults
    monkeypatch.setattr(
        forest, "defaults", lambda self, task: {**defaults(self, task), "min_samples_leaf": 30}
    )
    reports = [run.reproduce() for run in runs]
    families.drop("odd_forest")
    assert all(report.facts["equal"] for report in reports)
    assert [len(report.findings) for report in reports] == [0, 1]


def test_a_parameter_that_is_gone_or_new_is_no_hindrance(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is gone is left out, what is new takes its default; all else is as it was then."""
    members = [{"family": "forest", "params": {"n_estimators": 60}}, {"family": "dummy"}]
    stack = {"members": members, "folds": 2, "refit": False}
    run = ws.train("breast_cancer", ["stack"], params={"stack": stack}).best
    told = json.loads(run.record.tags["settled"])
    forest = told["members"][0]["params"]
    forest["gone"] = 3
    forest["min_samples_leaf"] = 9
    del forest["max_depth"]
    client = ws.context.store.library.client
    client.set_tag(run.id, "workbench.settled", json.dumps(told))
    again = ws.runs[ws.runs[run.id].reproduce().facts["run"]].record.recipe.params
    used = again["members"][0]["params"]
    assert used["min_samples_leaf"] == 9 and used["n_estimators"] == 60
    assert "gone" not in used and "max_depth" not in used
    assert again["folds"] == 2 and again["refit"] is False


def test_other_versions_are_named(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ws.train("breast_cancer", ["dummy"]).best
    monkeypatch.setattr(
        "workbench.actions.reproduce.versions", lambda: {"numpy": "9.9", "pandas": "9.9"}
    )
    report = run.reproduce()
    assert report.facts["equal"]
    assert "numpy" in report["versions"].column("what")
    assert report.findings[0].code == "other-versions" and report.findings[0].severity == "info"


def then(ws: Workspace, package: str, version: str) -> Run:
    """A run that says it was trained with another version of a package."""
    run = ws.train("breast_cancer", ["forest"], params={"forest": {"n_estimators": 20}}).best
    ws.context.store.library.client.set_tag(run.id, f"workbench.version.{package}", version)
    return ws.runs[run.id]


def neighbour() -> str:
    """The version of scikit-learn before the installed one, or behind it."""
    newest, patch = version("scikit-learn").rsplit(".", 1)
    return f"{newest}.{int(patch) - 1 if int(patch) else int(patch) + 1}"


def test_a_run_is_trained_once_more_in_the_versions_of_that_time(ws: Workspace) -> None:
    other = neighbour()
    run = then(ws, "scikit-learn", other)
    said: list[str] = []
    try:
        report = run.reproduce(lambda share, text, metrics=None: said.append(text), exact=True)
    except StoreError as error:
        pytest.skip(f"the package index does not answer: {error}")
    assert report.facts["equal"] and len(report["versions"]) == 0  # as that process sees it
    assert f"installing scikit-learn=={other}" in said
    made = ws.runs[report.facts["run"]].record
    assert made.tags["version.scikit-learn"] == other != version("scikit-learn")
    assert run.reproduce().findings[0].code == "other-versions"  # here it is not as it was
    [folder] = [p for p in (ws.root / "cache" / "versions").iterdir() if (p / "sklearn").is_dir()]
    os.utime(folder, (0, 0))
    ws.clean()
    assert not folder.exists()  # what was left of it would pass for whole


def test_who_cancels_it_leaves_no_run_open(ws: Workspace) -> None:
    run = then(ws, "scikit-learn", neighbour())

    def stop(share: float, text: str, metrics: object = None) -> None:
        if "installing" not in text and len(ws.runs.list(50)) > known:
            raise Cancelled("Stopped.")

    known = len(ws.runs.list(50))
    try:
        with pytest.raises(Cancelled):
            run.reproduce(stop, exact=True)
    except StoreError as error:
        pytest.skip(f"the package index does not answer: {error}")
    assert ws.runs.list(1)[0].record.state == "cancelled"


def test_only_what_decides_a_run_is_exchanged() -> None:
    stack = Recipe("d", "stack", params={"members": [{"family": "xgboost"}, {"family": "network"}]})
    known = {"numpy", "pandas", "scipy", "scikit-learn"}
    assert _deciding(Recipe("d", "logistic")) == known
    assert _deciding(stack) == known | {"xgboost", "xgboost-cpu"}  # PyTorch stays


def test_a_version_that_there_never_was_is_said(ws: Workspace) -> None:
    with pytest.raises(StoreError, match=r"of that time cannot be installed.*package index"):
        then(ws, "pandas", "0.0.1a77").reproduce(exact=True)
    assert not list((ws.root / "cache" / "versions").glob("*/pandas"))
    with pytest.raises(StoreError, match="is no version of a package"):
        then(ws, "pandas", "3.0.1 --index-url http://127.0.0.1:1").reproduce(exact=True)


def test_an_exact_reproduction_can_be_cancelled(ws: Workspace) -> None:
    def stop(share: float, text: str, metrics: object = None) -> None:
        if text.startswith("installing"):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        then(ws, "pandas", "3.0.1").reproduce(stop, exact=True)
    assert not list((ws.root / "cache" / "versions").glob(".*"))


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

"""Pipelines: stages, what is skipped, gates, and files that say nonsense."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import Blocked, NotFound, UsageError
from workbench.core.pipeline import Pipeline, Rule
from workbench.core.split import Split
from workbench.workspace import Workspace

CSV = "age,member,group\n" + "".join(
    f"{20 + i % 50},{'yes' if (i * 7) % 50 < 20 + i % 3 else 'no'},{'ab'[i % 2]}\n"
    for i in range(400)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(CSV)
    return tmp_path


def plan(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "name": "people",
        "data": {"source": str(folder / "people.csv"), "target": "member", "sensitive": ["group"]},
        "train": {"families": ["logistic", "bayes"]},
        "fairness": {"by": ["group"]},
        "gates": {"accuracy": ">= 0.5", "fairness.selection_rate.difference": "<= 0.9"},
        "export": {"to": str(folder / "bundle")},
        **more,
    }


def carry_out(ws: Workspace, pipeline: dict[str, Any], **more: Any) -> dict[str, Any]:
    return ws.perform("pipeline", {"pipeline": pipeline, **more})


def states(done: dict[str, Any]) -> dict[str, str]:
    return {s["stage"]: s["state"] for s in done["stages"]}


def test_stages_are_done_once_and_again_when_what_they_stand_on_changes(folder: Path) -> None:
    ws = Workspace(folder / "ws")
    pipeline = plan(folder)
    first = carry_out(ws, pipeline)
    assert set(states(first).values()) == {"done"}
    assert [g["holds"] for g in first["gates"]] == [True, True]
    assert (folder / "bundle" / "model.onnx").is_file()
    again = carry_out(ws, pipeline)
    assert set(states(again).values()) == {"skipped"} and again["run"] == first["run"]
    assert len(ws.runs.list()) == 2

    ws.runs[first["run"]].fairness(by=["age"])  # somebody else's audit is not the pipeline's
    assert states(carry_out(ws, pipeline))["fairness"] == "done"
    other = carry_out(ws, plan(folder, fairness={"by": ["group", "age"]}))
    assert states(other) == {
        "data": "skipped", "train": "skipped", "fairness": "done", "export": "skipped",
    }  # fmt: skip
    (folder / "people.csv").write_text(CSV + "33,yes,a\n")
    changed = carry_out(ws, pipeline)
    assert set(states(changed).values()) == {"done"} and changed["run"] != first["run"]
    (folder / "people.csv").touch()
    assert set(states(carry_out(ws, pipeline)).values()) == {"skipped"}
    assert states(carry_out(ws, pipeline, force=True))["train"] == "done"


def test_another_split_trains_anew(folder: Path) -> None:
    ws = Workspace(folder / "ws")
    carry_out(ws, plan(folder))
    ws.datasets["people"].edit(split=Split("stratified", seed=9))
    assert states(carry_out(ws, plan(folder)))["train"] == "done"


def test_what_is_gone_is_made_again(folder: Path) -> None:
    ws = Workspace(folder / "ws")
    carry_out(ws, plan(folder))
    shutil.rmtree(folder / "bundle")
    assert states(carry_out(ws, plan(folder))) == {
        "data": "skipped", "train": "skipped", "fairness": "skipped", "export": "done",
    }  # fmt: skip


def test_a_gate_that_does_not_hold_lets_nothing_out(folder: Path) -> None:
    ws = Workspace(folder / "ws")
    gates = {"accuracy": ">= 0.5", "roc_auc.low": "> 0.999"}
    with pytest.raises(Blocked, match=r"1 of 2 gates of people .*roc_auc.low > 0.999: it is 0\."):
        carry_out(ws, plan(folder, gates=gates, promote={}))
    assert not (folder / "bundle").exists()
    assert ws.champion() is None
    done = carry_out(ws, plan(folder, promote={}))
    assert states(done)["train"] == "skipped" and states(done)["promote"] == "done"
    assert ws.champion() is not None


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"deploy": {}}, UsageError, "has no 'deploy'"),
        ({"name": "../x"}, UsageError, "needs a name"),
        ({"train": 3}, UsageError, "train is no table"),
        ({"data": {}}, UsageError, "begins with data"),
        ({"tune": {}}, UsageError, "one of the two"),
        ({"gates": {"accuracy": "about 0.9"}}, UsageError, "is no rule"),
        ({"gates": {"accuracy": 0.9}}, UsageError, "is no rule"),
        ({"gates": {"accuracy": ">= 1.2.3"}}, UsageError, "is no rule"),
        ({"gates": {"explain.additivity_error": "< 1"}}, UsageError, "which is no stage"),
        ({"gates": {"acuracy": "> 0.1"}}, NotFound, "accuracy"),
        ({"gates": {"accuracy.middle": "> 0.1"}}, UsageError, "no end of an interval"),
        ({"gates": {"fairness.tpr": "< 0.1"}}, UsageError, "no gap"),
        ({"gates": {"fairness.height.ratio": "< 0.1"}}, NotFound, "height"),
        ({"gates": {"fairness": "> 0.1"}}, UsageError, "names no number"),
        ({"train": {"families": 3}}, UsageError, "is a list of names"),
        ({"train": {"split": "stratified"}}, UsageError, "is a table"),
        ({"train": {"seed": "7"}}, UsageError, "is a number"),
        ({"fairness": {"by": "group", "threshold": 0.4}}, UsageError, "its own threshold"),
        ({"train": {"familys": ["bayes"]}}, UsageError, "familys"),
    ],
)
def test_nonsense_is_said_in_a_sentence(
    folder: Path, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        carry_out(Workspace(folder / "ws"), {**plan(folder), **change})


def test_rules_compare_as_they_read() -> None:
    assert Rule.parse("x", ">= 0.5").holds(0.5) and not Rule.parse("x", "> 0.5").holds(0.5)
    assert Rule.parse("x", "<=1e-3").holds(0.001) and not Rule.parse("x", "< -1").holds(-1)
    assert str(Rule.parse("x", "<  2")) == "x < 2"
    stages = Pipeline.from_dict(plan(Path("."))).stages
    assert list(stages) == ["data", "train", "fairness", "export"]


def test_the_command_line_says_it_in_its_exit_code(folder: Path) -> None:
    (folder / "p.toml").write_text(
        'name = "p"\n[data]\nsource = "people.csv"\ntarget = "member"\n'
        '[train]\nfamilies = ["bayes"]\n[gates]\naccuracy = ">= 0.3"\n[export]\nto = "out"\n'
    )
    Workspace(folder / "ws")
    command = [sys.executable, "-m", "workbench.cli", "--workspace", str(folder / "ws"), "run"]
    words = [*command, str(folder / "p.toml")]
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [s["stage"] for s in json.loads(done.stdout)["stages"]] == ["data", "train", "export"]
    assert (folder / "out" / "model.onnx").is_file()
    (folder / "p.toml").write_text((folder / "p.toml").read_text().replace("0.3", "0.999"))
    blocked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert blocked.returncode == 3
    assert "accuracy >= 0.999" in blocked.stderr and "Traceback" not in blocked.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"export": {"foo": 1}}, "The stage export has no 'foo'. It has: to, replace"),
        ({"export": {"run": "3f2a"}}, "The stage export has no 'run'"),
        ({"gates": {"roc_auk": ">= 0.5"}}, "No metric is called 'roc_auk'. Known: roc_auc"),
        ({"gates": {"rmse": "<= 3"}}, "No metric is called 'rmse'"),  # not for two classes
        ({"gates": {"roc_auc.middle": ">= 0.5"}}, "no end of an interval"),
        ({"fairness": {"threshold": 0.4}}, "its own threshold"),
        (
            {"train": {"families": [[1]]}},
            "is a list of names, not [[1]]. Write it as: families = [",
        ),
        ({"train": {"families": 3}}, "Write it as: families = ["),
        ({"train": {"split": "group"}}, "Write it as: split = { method"),
        ({"train": {"seed": "7"}}, "Write it without quotes"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    folder: Path, change: dict[str, Any], said: str
) -> None:
    ws = Workspace(folder / "ws")
    with pytest.raises(UsageError) as caught:
        carry_out(ws, {**plan(folder), **change})
    assert said in str(caught.value)
    assert ws.runs.list() == []


@pytest.mark.parametrize(
    "content", ['{"data": {"inp', "[]", '{"data": {"inputs": 1}}', '{"data": 3}', "\x00"]
)
def test_a_damaged_memory_is_left_aside_with_a_note(folder: Path, content: str) -> None:
    ws = Workspace(folder / "ws")
    pipeline = {k: v for k, v in plan(folder).items() if k in ("name", "data", "train")}
    pipeline["train"] = {"families": ["bayes"]}
    assert carry_out(ws, pipeline)["notes"] == []
    memory = ws.root / "pipelines" / "people.json"
    memory.write_text(content)
    done = carry_out(ws, pipeline)
    assert set(states(done).values()) == {"done"}
    assert str(memory) in done["notes"][0] and "damaged" in done["notes"][0]
    assert set(states(carry_out(ws, pipeline)).values()) == {"skipped"}


def test_a_memory_of_something_else_is_not_trusted(folder: Path) -> None:
    ws = Workspace(folder / "ws")
    pipeline = {k: v for k, v in plan(folder).items() if k in ("name", "data", "train")}
    carry_out(ws, pipeline)
    memory = ws.root / "pipelines" / "people.json"
    known = json.loads(memory.read_text())
    known["train"]["result"] = {"best": known["train"]["result"]["best"]}
    memory.write_text(json.dumps(known))
    assert states(carry_out(ws, pipeline)) == {"data": "skipped", "train": "done"}


def test_python_carries_out_the_same_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        'name = "people"\n[data]\nsource = "people.csv"\ntarget = "member"\nsensitive = "group"\n'
        '[train]\nfamilies = "bayes"\n[fairness]\nby = "group"\n'
        '[gates]\naccuracy = ">= 0.3"\n[export]\nto = "out"\n'
    )
    (folder / "p.toml").write_text(text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ws = Workspace(folder / "ws")
    done = ws.run(folder / "p.toml")
    assert [s["state"] for s in done.stages] == ["done"] * 4
    assert done.gates[0]["value"] == pytest.approx(done.run.metrics["accuracy"])
    assert set(done.reports) == {"evaluation", "fairness"}
    assert done.reports["fairness"].subject == done.run.id
    assert done.bundle is not None and done.bundle.path == folder / "out"
    assert done.sweep is None and done.dataset.ref == "people@1"
    assert "accuracy" in done._repr_html_() and done.run.id[:8] in repr(done)
    again = ws.run(folder / "p.toml")
    assert {s["state"] for s in again.stages} == {"skipped"} and again.run.id == done.run.id
    (folder / "p.toml").write_text(text.replace("0.3", "0.999"))
    with pytest.raises(Blocked, match=r"accuracy >= 0.999"):
        ws.run(str(folder / "p.toml"))
    with pytest.raises(UsageError, match="cannot be read"):
        ws.run("nowhere.toml")

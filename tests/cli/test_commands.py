"""Every command: what it prints, what its JSON holds, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Terminal
from workbench.cli.commands import LazyGroup, root
from workbench.workspace import Workspace


def commands(group: LazyGroup = root, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # type: ignore[assignment]
    """The words of every command."""
    for name in group.table:
        command = group.get_command(click.Context(group), name)
        if isinstance(command, LazyGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


def opened(words: tuple[str, ...]) -> click.Command:
    found: click.Command = root
    for word in words:
        assert isinstance(found, LazyGroup)
        command = found.get_command(click.Context(found), word)
        assert command is not None
        found = command
    return found


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    command = opened(words)
    text = command.help or ""
    assert text.partition("\n")[0].endswith(".")
    assert f"workbench {' '.join(words)}" in text or words == ("app",)
    options = {o for p in command.params for o in p.opts}
    assert {"--workspace", "--json", "--quiet", "--debug"} <= options


def test_the_reference_names_every_command_and_option() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
    text = page.read_text(encoding="utf-8")
    for words in commands():
        assert f"workbench {' '.join(words)}" in text
        for parameter in opened(words).params:
            name = parameter.opts[0]
            assert not name.startswith("-") or name in text


def test_json_stands_alone_on_standard_output(terminal: Terminal, workspace: Workspace) -> None:
    first, second = (r.id[:8] for r in workspace.runs.list())
    assert terminal.json("data", "list")[0]["name"] == "breast_cancer"
    assert terminal.json("data", "show", "breast_cancer")["rows"] == 569
    assert terminal.json("data", "profile", "breast_cancer")["kind"] == "profile"
    assert "adult" in terminal.json("data", "catalogue")
    assert {r["id"][:8] for r in terminal.json("runs", "list")} == {first, second}
    assert "evaluation" in terminal.json("runs", "show", first)["reports"]
    assert terminal.json("compare", first, second)["kind"] == "comparison"
    assert terminal.json("explain", first, "--rows", "20")["kind"] == "explanation"
    assert terminal.json("fairness", first, "--by", "mean radius")["kind"] == "fairness"
    assert terminal.json("promote", first)["alias"] == "champion"
    assert terminal.json("audit")[0]["verb"] == "promote"
    assert terminal.json("jobs", "list") == []
    assert terminal.json("endpoints", "list") == []
    assert terminal.json("doctor")["kind"] == "doctor"


def test_options_may_stand_before_or_after_the_command(
    workspace: Workspace, tmp_path: Path
) -> None:
    elsewhere = Terminal(tmp_path)
    root_ = str(workspace.root)
    before = elsewhere.run("--workspace", root_, "--json", "data", "list").stdout
    after = elsewhere.run("data", "list", "--workspace", root_, "--json").stdout
    assert json.loads(before) == json.loads(after)
    done = elsewhere.run("data", "list", expect=2)
    assert "workbench init" in done.stderr
    assert done.stdout == ""


def test_a_report_is_written_as_a_page(terminal: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "profile.html"
    shown = terminal.run("data", "profile", "breast_cancer", "--html", str(page))
    assert "569 rows" in shown.stdout
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "<svg" in page.read_text(encoding="utf-8")


def test_roles_are_edited_and_data_sets_removed_after_a_question(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "shops.csv"
    path.write_text("shop,city,sales\n" + "".join(f"{i},c{i % 3},{i * i}\n" for i in range(40)))
    terminal.run("data", "import", str(path), "--target", "sales", "--role", "shop=id")
    terminal.run("data", "edit", "shops", "--role", "city=sensitive")
    columns = terminal.json("data", "show", "shops")["schema"]["columns"]
    assert {c["name"]: c["role"] for c in columns} == {
        "shop": "id",
        "city": "sensitive",
        "sales": "target",
    }
    terminal.run("data", "remove", "shops", expect=130, input="n\n")
    assert "shops" in {d["name"] for d in terminal.json("data", "list")}
    terminal.run("data", "remove", "shops", "--yes")
    assert "shops" not in {d["name"] for d in terminal.json("data", "list")}


def test_a_remedy_is_carried_out_and_edits_are_taken_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "visits.csv"
    lines = [f"p{i // 4},{i % 7},{i * i % 31}\n" for i in range(400)]
    path.write_text("patient_id,age,cost\n" + "".join(lines))
    terminal.run("data", "import", str(path), "--target", "cost")
    shown = terminal.run("data", "profile", "visits").stdout
    assert "Split by patient_id (group-leakage:patient_id)" in shown
    number = re.search(r"\[(\d+)\] Make age sensitive", shown)[1]  # type: ignore[index]
    terminal.run("data", "mend", "visits", "group-leakage:patient_id")
    record = terminal.json("data", "show", "visits")
    assert (record["split"]["method"], record["split"]["column"]) == ("group", "patient_id")
    terminal.run("data", "edit", "visits", "--reset")
    assert terminal.json("data", "show", "visits")["split"]["method"] == "stratified"
    terminal.run("data", "mend", "visits", number)
    columns = {
        c["name"]: c["role"] for c in terminal.json("data", "show", "visits")["schema"]["columns"]
    }
    assert columns["age"] == "sensitive"
    said = terminal.run("data", "mend", "visits", "nothing", expect=2).stderr
    assert "finding with a remedy" in said
    assert "no" in terminal.run("data", "profile", "visits", "--rows", "100").stdout


def test_drift_between_parts_is_told_and_its_page_kept(terminal: Terminal) -> None:
    done = terminal.run("data", "diff", "breast_cancer", "--parts")
    assert "Drift of" in done.stdout and "of breast_cancer@1 train" in done.stdout
    page = re.search(r"Evidently's page: (.+\.html)", done.stderr)
    assert page is not None and "<!DOCTYPE html>" in Path(page[1]).read_text()[:100]
    said = terminal.run("data", "diff", "breast_cancer", "x", "--parts", expect=2).stderr
    assert "name one" in said


def test_a_recipe_file_is_trained(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('dataset = "breast_cancer"\nfamily = "logistic"\nseed = 3\n[params]\nC = 0.5\n')
    done = terminal.json("train", "--recipe", str(path))
    recipe = terminal.json("runs", "show", done["best"][:8])["recipe"]
    assert recipe["seed"] == 3
    assert recipe["params"] == {"C": 0.5}


def test_a_detached_training_is_a_job_that_can_be_followed(terminal: Terminal) -> None:
    words = ("train", "breast_cancer", "--family", "logistic", "--detach")
    job = terminal.json(*words)["id"]
    assert terminal.json("jobs", "show", job)["state"] == "done"
    assert "is done" in terminal.run("jobs", "show", job).stdout


def test_a_bundle_is_exported_once_and_verified(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    terminal.run("export", "champion", "--to", str(folder))
    terminal.run("verify", str(folder))
    terminal.run("export", "champion", "--to", str(folder), expect=2)
    terminal.run("export", "champion", "--to", str(folder), "--replace")
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\0")
    assert "model.onnx" in terminal.run("verify", str(folder), expect=1).stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("frobnicate",), 2, "frobnicate"),
        (("trian",), 2, "train"),
        (("data", "import", "nowhere.csv"), 2, "nowhere.csv"),
        (("data", "import", "."), 1, "folder"),
        (("train",), 2, "data set"),
        (("train", "breast_cancr"), 2, "breast_cancer"),
        (("train", "breast_cancer", "--param", "logistic"), 2, "FAMILY.NAME=VALUE"),
        (("train", "breast_cancer", "--family", "logistic", "--param", "logistic.Z=1"), 2, "Z"),
        (("train", "breast_cancer", "--family", "logistic", "--target", "none"), 2, "none"),
        (("compare", "champion"), 2, "two runs"),
        (("runs", "show", "ffff0000"), 2, "ffff0000"),
        (("explain",), 2, "RUN"),
        (("fairness", "champion", "--by", "nothing"), 2, "nothing"),
        (("verify", "."), 1, "no bundle"),
        (("serve", "."), 1, "no bundle"),
        (("watch", "nobody"), 2, "nobody"),
        (("jobs", "cancel", "nobody"), 2, "nobody"),
        (("--workspace", "no/such", "data", "list"), 2, "no/such"),
        (("train", "--recipe", "workbench.toml"), 2, "recipe"),
    ],
)
def test_a_mistake_is_one_line_and_the_right_code(
    terminal: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    done = terminal.run(*words, expect=code)
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line]) <= 2
    assert done.stdout == ""


def test_an_error_is_json_too_when_asked(terminal: Terminal) -> None:
    done = terminal.run("runs", "show", "ffff0000", "--json", expect=2)
    assert json.loads(done.stdout)["error"]["exit"] == 2


def test_a_broken_workspace_says_which_line(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("name = ")
    assert "workbench.toml" in Terminal(tmp_path).run("data", "list", expect=2).stderr
    (tmp_path / "file").write_text("")
    assert "is a file" in Terminal(tmp_path).run("init", "file", expect=2).stderr


def test_names_from_data_reach_the_terminal_without_control_characters(
    terminal: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    rows = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40))
    path.write_text(f"\x1b[31mred,label\n{rows}")
    terminal.run("data", "import", str(path), "--target", "label")
    for words in (("show", "odd"), ("profile", "odd")):
        assert "\x1b" not in terminal.run("data", *words).stdout
    terminal.run("data", "remove", "odd", "--yes")


def test_a_reader_that_leaves_is_no_fault(terminal: Terminal) -> None:
    words = f"{sys.executable} -m workbench.cli data profile breast_cancer"
    done = subprocess.run(
        f"{words} | head -1", shell=True, cwd=terminal.folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stdout.startswith("Profile")
    assert "Error" not in done.stderr and "Traceback" not in done.stderr


def test_ctrl_c_ends_a_training_and_closes_its_run(
    terminal: Terminal, workspace: Workspace
) -> None:
    words = [
        "train",
        "breast_cancer",
        "--family",
        "forest",
        "--param",
        "forest.n_estimators=100000",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", *words],
        cwd=terminal.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ,
    )  # fmt: skip
    known = {r.id for r in workspace.runs.list()}
    for _ in range(300):
        fresh = [r for r in workspace.runs.list() if r.id not in known]
        if fresh:
            break
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert out == ""
    assert "Traceback" not in said
    assert workspace.runs[fresh[0].id].record.state == "cancelled"


def test_reading_options_reach_the_reader(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("a;b\n1;x\n-9;y\n4\n6;y\n7;x\n", encoding="utf-16")
    words = ("--delimiter", ";", "--encoding", "utf-16", "--missing=-9", "--bad-rows", "skip")
    terminal.run("data", "import", str(path), *words)
    columns = terminal.json("data", "profile", "odd")["tables"][0]
    missing = columns["columns"].index("missing")
    assert [row[missing] for row in columns["rows"]] == [1, 0]
    assert terminal.json("data", "show", "odd")["rows"] == 4
    terminal.run("data", "remove", "odd", "--yes")


def test_features_are_tried_added_and_dropped(terminal: Terminal) -> None:
    steps = terminal.json("data", "steps")
    assert "combine" in [row[0] for row in steps["tables"][0]["rows"]]
    words = ("data", "features", "breast_cancer")
    spec = 'combine("mean area", "mean radius", how=ratio) as slimness'
    tried = terminal.run(*words, "--preview", spec).stdout
    assert "slimness tells" in tried and "AUC" in tried
    added = terminal.json(*words, "--add", spec)
    assert [f["name"] for f in added] == ["slimness"]
    assert "slimness" in terminal.run(*words).stdout
    done = terminal.json("train", "breast_cancer", "--family", "logistic")
    recipe = terminal.json("runs", "show", done["best"][:8])["recipe"]
    assert recipe["features"][0]["name"] == "slimness"
    wrong = terminal.run(*words, "--add", "log(nothing)", expect=2)
    assert "nothing" in wrong.stderr
    assert terminal.json(*words, "--drop", "slimness") == []


def test_a_preview_shows_how_a_file_would_be_read(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("sold to us\nname|price|day\n<b>x</b>|1'234,5|03.04.2025\ny|2,5|13.04.2025\n")
    words = ("--skip", "1", "--thousands", "'", "--decimal", ",", "--option", "text=day")
    shown = terminal.run("data", "preview", str(path), *words).stdout
    assert "delimiter: bar" in shown
    assert "<b>x</b>" in shown
    seen = terminal.json("data", "preview", str(path), *words)
    assert [c["type"] for c in seen["columns"]] == ["string", "double", "string"]
    assert seen["rows"][0] == ["<b>x</b>", "1'234,5", "03.04.2025"]
    terminal.run("data", "import", str(path), *words, "--name", "priced")
    columns = terminal.json("data", "show", "priced")["schema"]["columns"]
    assert [c["dtype"] for c in columns] == ["string", "double", "string"]
    terminal.run("data", "remove", "priced", "--yes")
    refused = terminal.run("data", "import", str(path), "--option", "name=x", expect=2)
    assert "no reading option" in refused.stderr


def test_the_password_of_a_database_is_not_echoed(terminal: Terminal) -> None:
    url = "postgresql+psycopg://me:p4ssw0rd-canary@127.0.0.1:1/shop"
    for words in (
        ("import", url, "--table", "t"),
        ("preview", url, "--debug"),
        ("import", url + "x"),
    ):
        done = terminal.run("data", *words, "--json", expect=1, trace="--debug" in words)
        assert "me:***@127.0.0.1:1/shop" in done.stderr
        assert "p4ssw0rd-canary" not in done.stdout + done.stderr

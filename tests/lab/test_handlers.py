"""The handlers on a real Jupyter server: what they answer, to whom, and how they say no."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.lab.conftest import BASE, TOKEN, Jupyter, filled, start
from workbench.core.settings import FILE
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A Jupyter whose folder holds one filled workspace."""
    home = tmp_path_factory.mktemp("handlers")
    filled(home / "work" / "tumours")
    served = start(home, "jupyter_server")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def ws(jupyter: Jupyter) -> Workspace:
    return Workspace(jupyter.work / "tumours")


def plain(jupyter: Jupyter, method: str, path: str, **options: Any) -> httpx.Response:
    """A request without a token."""
    return httpx.request(method, jupyter.url + path, trust_env=False, timeout=60, **options)


def test_the_workspace_below_is_found(jupyter: Jupyter, ws: Workspace) -> None:
    told = jupyter.ask("GET", "workspace").json()
    assert (told["name"], told["relative"], told["folder"]) == (
        "tumours",
        "tumours",
        str(ws.root),
    )
    assert told["nearest"] is True


def test_the_lists_say_what_the_objects_say(jupyter: Jupyter, ws: Workspace) -> None:
    (data,) = jupyter.rows("datasets")
    assert (data["ref"], data["rows"], data["target"]) == ("breast_cancer@1", 569, "diagnosis")
    runs = {r["id"]: r for r in jupyter.rows("runs")}
    assert set(runs) == {r.id for r in ws.runs.list()}
    champion = ws.champion()
    assert champion is not None
    row = runs[champion.id]
    assert row["aliases"] == ["champion"]
    assert (row["metric"], row["value"]) == ("AUC", champion.metrics["roc_auc"])
    (bundle,) = jupyter.rows("bundles")
    assert (bundle["run"], bundle["verdict"]) == (champion.id, "pass")
    assert jupyter.rows("endpoints") == []


def test_sparklines_are_the_course_of_the_fit(jupyter: Jupyter, ws: Workspace) -> None:
    run = next(r for r in ws.runs.list() if r.record.recipe.family == "histboost")
    course = ws.runs.courses([run.id])[run.id]["valid_loss"]
    told = jupyter.ask("GET", f"courses?runs={run.id},nobody").json()
    values = told[run.id]["values"]
    assert 2 <= len(values) <= 40
    assert (values[0], values[-1]) == (course[0], course[-1])
    assert told["nobody"] == {"name": "", "values": []}
    many = jupyter.ask("GET", "courses?runs=" + ",".join("abcdef0" * 15 + "," for _ in range(101)))
    assert many.status_code == 422


def test_a_file_is_previewed_and_imported_as_a_job(jupyter: Jupyter) -> None:
    (jupyter.work / "pay.csv").write_text("name;pay\nAda;1,5\nBo;2,5\nCy;3,0\nDi;4,5\n")
    seen = jupyter.ask("GET", "preview?path=pay.csv").json()
    assert [(c["name"], c["type"]) for c in seen["columns"]] == [
        ("name", "string"),
        ("pay", "double"),
    ]
    asked = {"path": "pay.csv", "name": "wages", "target": "pay"}
    job = jupyter.ask("POST", "datasets", asked).json()
    row = jupyter.ended(job["id"])
    assert (row["state"], row["error"]) == ("done", "")
    assert row["links"][0]["about"] == {"data": "wages@1"}
    data = next(d for d in jupyter.rows("datasets") if d["name"] == "wages")
    assert (data["rows"], data["target"]) == (4, "pay")


def test_a_frame_that_was_handed_over_is_removed_when_it_was_read(jupyter: Jupyter) -> None:
    told = jupyter.ask("GET", "kernel").json()
    helper: dict[str, Any] = {}
    exec(told["code"], helper)
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]}, index=[5, 6, 7])
    names = {"frame": frame, "_hidden": frame, "number": 3}
    found = json.loads(bytes.fromhex(helper["frames"](names)))
    assert found == [{"name": "frame", "library": "pandas", "rows": 3, "columns": 2}]
    handed = json.loads(bytes.fromhex(helper["hand_over"](names, "frame", told["folder"])))
    asked = {"path": handed["path"], "name": "handed", "handed": True}
    job = jupyter.ask("POST", "datasets", asked).json()
    assert jupyter.ended(job["id"])["state"] == "done"
    data = Workspace(jupyter.work / "tumours").datasets["handed"]
    assert data.head().fillna("none").to_dict("list") == {"a": [1, 2, 3], "b": ["x", "y", "none"]}
    until = time.monotonic() + 20
    while Path(told["folder"]).exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(told["folder"]).exists()


def test_a_run_is_renamed_by_a_job(jupyter: Jupyter, ws: Workspace) -> None:
    run = ws.runs.list()[0]
    params = {"run": run.id, "name": "the <b>calm</b> one"}
    job = jupyter.ask("POST", "jobs", {"action": "rename", "params": params}).json()
    assert jupyter.ended(job["id"])["state"] == "done"
    row = next(r for r in jupyter.rows("runs") if r["id"] == run.id)
    assert row["title"] == "the <b>calm</b> one"


def test_a_bundle_is_checked_before_it_is_shown(jupyter: Jupyter) -> None:
    (row,) = jupyter.rows("bundles")
    path = str(Path(row["path"]).relative_to(jupyter.work))
    shown = jupyter.ask("GET", "bundle", params={"path": f"{path}/bundle.json"}).json()
    assert (shown["target"], shown["task"], len(shown["inputs"])) == ("diagnosis", "binary", 30)
    copy = jupyter.work / "changed"
    shutil.copytree(row["path"], copy)
    (copy / "sample.json").write_text("{}")
    refused = jupyter.ask("GET", "bundle?path=changed")
    assert refused.status_code == 422
    assert "'sample.json' was changed" in refused.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "preview?path=nothing.csv", None, 422, "There is no file nothing.csv."),
        ("GET", "preview?path=../../etc/passwd", None, 422, "lies outside"),
        ("GET", "bundle?path=tumours", None, 422, "is no bundle"),
        ("POST", "datasets", {"path": "nothing.csv"}, 422, "There is no file"),
        ("POST", "datasets", {}, 422, "needs a text called 'path'"),
        ("POST", "datasets", {"path": 3}, 422, "needs a text called 'path'"),
        ("POST", "datasets", [1], 422, "no JSON object"),
        ("POST", "jobs", {"action": "abandon"}, 422, "'abandon' cannot be begun from here"),
        ("POST", "jobs", {"action": "export", "params": {"to": "/x"}}, 422, "takes no 'to'"),
        ("POST", "jobs/nobody/cancel", {}, 404, "No job is called 'nobody'"),
        ("POST", "endpoints/nobody/stop", {}, 404, "No endpoint is called 'nobody'"),
        ("POST", "workspace", {"folder": "../elsewhere"}, 422, "elsewhere"),
    ],
)
def test_every_refusal_is_a_sentence(
    jupyter: Jupyter, method: str, path: str, body: Any, status: int, sentence: str
) -> None:
    answer = jupyter.ask(method, path, body)
    assert (answer.status_code, sentence in answer.json()["message"]) == (status, True), answer.text
    assert "Traceback" not in answer.text


def test_a_page_that_looks_by_itself_does_not_keep_an_idle_server(jupyter: Jupyter) -> None:
    def last() -> str:
        headers = {"Authorization": f"token {TOKEN}"}
        told = plain(jupyter, "GET", "api/status?no_track_activity=1", headers=headers).json()
        return str(told["last_activity"])

    before = last()
    for path in ("workspace", "runs", "jobs", "kernel"):
        assert jupyter.ask("GET", path).status_code == 200
    assert last() == before
    jupyter.ask("PUT", "workspace", {"folder": ""})
    assert last() > before


def test_who_has_no_token_gets_nothing(jupyter: Jupyter) -> None:
    for path in ("runs", "workspace", "events", "kernel"):
        assert plain(jupyter, "GET", f"workbench/api/{path}").status_code == 403
    assert plain(jupyter, "POST", "workbench/api/jobs", json={}).status_code == 403
    app = plain(jupyter, "GET", "workbench-app/")
    assert (app.status_code, "/login" in app.headers["location"]) == (302, True)


def test_a_form_of_another_site_cannot_forge_a_request(jupyter: Jupyter) -> None:
    """A cookie alone begins nothing: Jupyter's XSRF mark must come with it."""
    with httpx.Client(base_url=jupyter.url, trust_env=False, timeout=60) as client:
        client.get(f"lab?token={TOKEN}", follow_redirects=True)
        assert client.get("workbench/api/runs").status_code == 200
        body = {"path": "pay.csv", "name": "forged"}
        assert client.post("workbench/api/datasets", json=body).status_code == 403
        mark = {"X-XSRFToken": client.cookies.get("_xsrf", path=BASE) or ""}
        wrong = client.post("workbench/api/datasets", json={"path": "no.csv"}, headers=mark)
        assert wrong.status_code == 422


def test_a_change_is_told_to_whoever_listens(jupyter: Jupyter, ws: Workspace) -> None:
    heard: list[str] = []

    def listen() -> None:
        headers = {"Authorization": f"token {TOKEN}"}
        address = jupyter.url + "workbench/api/events"
        with httpx.stream("GET", address, headers=headers, timeout=60, trust_env=False) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                heard.append(line)
                if '"datasets"' in line:
                    return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    until = time.monotonic() + 30
    while not heard and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(2)  # a look before the change
    ws.import_data([{"a": 1}, {"a": 2}], name="told")
    listener.join(40)
    assert not listener.is_alive(), heard


def test_a_remote_store_that_is_away_is_a_sentence_and_the_other_lists_are_there(
    jupyter: Jupyter,
) -> None:
    away = Workspace(jupyter.work / "away")
    (away.root / FILE).write_text('name = "away"\n[mlflow]\ntracking_uri = "http://127.0.0.1:1"\n')
    jupyter.ask("PUT", "workspace", {"folder": "away"})
    answer = jupyter.ask("GET", "runs")
    assert answer.status_code == 503
    assert answer.json()["message"] == "The MLflow server at http://127.0.0.1:1 does not answer."
    assert answer.json()["hint"].startswith("Is it up")
    assert jupyter.rows("datasets") == jupyter.rows("jobs") == []
    shutil.rmtree(away.root)
    jupyter.ask("PUT", "workspace", {"folder": ""})


def test_a_workspace_that_is_deleted_and_made_again_is_found_again(jupyter: Jupyter) -> None:
    """The last of this file: what is open must not hold on to the folder that was there."""
    away = jupyter.home / "away"
    shutil.move(jupyter.work / "tumours", away)
    told = jupyter.ask("GET", "workspace").json()
    assert (told["name"], told["message"]) == ("", "There is no workspace in this folder yet.")
    refused = jupyter.ask("GET", "runs")
    assert (refused.status_code, refused.json()["kind"]) == (404, "NotFound")
    assert refused.json()["hint"].startswith("Make one here")
    made = jupyter.ask("POST", "workspace", {"folder": "fresh"}).json()
    assert (made["name"], jupyter.rows("datasets")) == ("fresh", [])
    shutil.move(away, jupyter.work / "tumours")
    assert jupyter.ask("POST", "workspace", {"folder": "third"}).json()["name"] == "third"
    shutil.rmtree(jupyter.work / "third")
    two = jupyter.ask("GET", "workspace").json()
    assert two["offers"] == ["fresh", "tumours"]
    (file,) = (jupyter.home / "runtime").glob(f"workbench-{jupyter.process.pid}")
    assert file.read_text() == ""  # notebooks must not take the app for theirs
    chosen = jupyter.ask("PUT", "workspace", {"folder": "tumours"}).json()
    assert (chosen["name"], len(jupyter.rows("runs"))) == ("tumours", 2)
    wrong = jupyter.ask("PUT", "workspace", {"folder": "nowhere"}).json()
    assert wrong["message"] == "nowhere is no workspace."
    assert file.read_text() == ""
    jupyter.stop()
    assert not file.exists()

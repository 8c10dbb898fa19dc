"""The live widgets: what goes out is what the objects say, and what is wrong is a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.widgets.conftest import ask
from workbench.core.errors import NotFound, UsageError
from workbench.objects import Bundle, Endpoint, Runs
from workbench.workspace import Workspace

pytest.importorskip("anywidget", reason="anywidget comes with the extra jupyter")


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("live") / "ws")


@pytest.fixture(scope="module")
def runs(ws: Workspace, datasets: Path) -> Runs:
    """Two runs on a thousand loans."""
    return ws.train(ws.import_data("german_credit"), ["logistic", "lightgbm"], seed=3)


@pytest.fixture(scope="module")
def bundle(runs: Runs) -> Bundle:
    return runs[0].export()


@pytest.fixture(scope="module")
def endpoint(bundle: Bundle) -> Iterator[Endpoint]:
    with bundle.serve(name="credit") as served:
        yield served


def test_a_question_that_cannot_be_drawn_is_answered_all_the_same(sent: list[Any]) -> None:
    """Else the page waits for ever and asks no more."""
    from workbench.widgets.live import Live

    class Fragile(Live):
        part = 2

        def hear(self, asked: Any) -> None:
            self.part = asked["part"]

        def drawn(self) -> dict[str, Any]:
            return {"share": 1 / self.part}

    widget = Fragile()
    widget.draw()
    assert ask(widget, part=0) == {"share": 0.5}  # as it was
    assert widget.problem == "Something failed inside: ZeroDivisionError: division by zero"
    assert sent[-1]["problem"] == widget.problem and sent[-1]["answered"] == widget.answered
    assert ask(widget, part=4) == {"share": 0.25} and widget.problem == ""


def test_a_question_is_drawn_once(runs: Runs) -> None:
    for widget, asked in (
        (runs[1].explore("fairness", by="personal_status"), {"at": 0.7}),
        (runs.explore(), {"metric": "log_loss"}),
        (runs[0].explore(rows=20), {"column": "month"}),
    ):
        drawn: list[Any] = []
        original = widget.drawn

        def counted(original: Any = original, drawn: list[Any] = drawn) -> Any:
            drawn.append(original())
            return drawn[-1]

        widget.drawn = counted
        ask(widget, **asked)
        assert drawn == [widget.view]


def test_a_question_is_answered_in_one_message(sent: list[dict[str, Any]], runs: Runs) -> None:
    widget = runs[0].explore("fairness", by="personal_status")
    sent.clear()
    ask(widget, at=0.7)
    (state,) = [s for s in sent if "view" in s]
    assert {"view", "answered"} <= set(state)


# comparison ------------------------------------------------------------------------------------


def test_the_comparison_is_the_report_and_any_metric_orders_it(runs: Runs) -> None:
    widget = runs.explore()
    report = runs[0].workspace.compare(runs)
    assert widget.view["said"] == report.sentence
    assert [i["key"] for i in widget.view["board"]["items"]] == report["ranking"].column("id")
    view = ask(widget, metric="log_loss")
    shown = [item["dot"] for item in view["board"]["items"]]
    assert shown == sorted(shown)  # of a loss the smallest is best
    told = next(r["sentence"] for r in report["differences"].records() if r["metric"] == "log_loss")
    assert view["pair"]["sentence"] == told
    view = ask(widget, pick=runs[0].id)
    assert view["pair"] is None and widget.pair == (runs[1].id,)
    assert ask(widget, pick=runs[0].id)["pair"] is not None
    ask(widget, metric="nonsense")
    assert "No metric is called 'nonsense'" in widget.problem and widget.metric == "log_loss"
    ask(widget, metric="roc_auc")
    assert widget.problem == ""


def test_one_run_alone_is_refused_in_a_sentence(runs: Runs) -> None:
    with pytest.raises(UsageError):
        Runs([runs[0]]).explore()


# explanation -----------------------------------------------------------------------------------


def test_the_explanation_adds_up_row_by_row(runs: Runs) -> None:
    widget = runs[1].explore(rows=40)
    report = runs[1].report("explanation")
    assert report is not None
    sizes = {r["column"]: r["mean_abs"] for r in report["importance"].records()}
    first = widget.view["columns"]["items"][0]
    assert first["name"] == max(sizes, key=sizes.__getitem__) and first["to"] == max(sizes.values())
    for place in range(3):
        view = ask(widget, row=place)
        steps = view["row"]["way"]["items"]
        line = report["values"].rows[place]
        assert steps[0]["to"] == pytest.approx(line[3])  # the output, on top
        assert steps[-1]["from"] == pytest.approx(line[2])  # the base, below
        assert view["row"]["said"].startswith(f"Row {line[0]}:")
    assert ask(widget, step=-1)["row"]["place"] == 1


def test_one_column_alone_shows_its_values(runs: Runs) -> None:
    widget = runs[1].explore(rows=40)
    report = runs[1].report("explanation")
    assert report is not None
    view = ask(widget, column="month")
    picture = view["picture"]
    place = report["data"].columns.index("month")
    assert [p[0] for p in picture["points"]] == [row[place] for row in report["data"].rows]
    names = ask(widget, column="purpose")["picture"]["across"]["names"]
    assert set(names) == {str(v) for v in report["data"].column("purpose")}
    assert ask(widget, column=None)["picture"]["title"] == "All columns"
    with pytest.raises(NotFound, match="mont"):
        widget.choose("mont")


# what if ---------------------------------------------------------------------------------------


def test_what_if_says_what_the_run_predicts(runs: Runs) -> None:
    run = runs[1]
    frame = run.workspace.datasets["german_credit"].frame()
    widget = run.explore("what_if", row=5)
    assert widget.view["answer"] == f"credit: {run.predict(frame.iloc[[5]])[0]}"
    view = ask(widget, values={"month": 60.0, "purpose": "A49"})
    changed = frame.iloc[[5]].assign(month=60, purpose="A49")
    assert view["answer"] == f"credit: {run.predict(changed)[0]}"
    assert view["changed"] == "Changed: month, purpose" and view["values"]["month"] == 60.0
    steps = view["way"]["items"]
    answer = widget._answer
    assert steps[0]["to"] == pytest.approx(float(answer.output[0]), abs=1e-6)
    ask(widget, values={"month": "long"})
    assert widget.problem == "month: 'long' is no number. Write one."
    assert widget.view["values"]["month"] == 60.0  # as it was
    assert ask(widget, reset=True)["changed"] == "" and widget.problem == ""
    with pytest.raises(UsageError, match="no row 4000"):
        run.explore("what_if", row=4000)


# fairness --------------------------------------------------------------------------------------


def test_the_threshold_moves_rates_as_counting_does(runs: Runs) -> None:
    run = runs[1]
    widget = run.explore("fairness", by="personal_status")
    test = run.predictions().query("part == 'test'")
    group = run.workspace.datasets["german_credit"].frame()["personal_status"]
    view = ask(widget, at=0.8)
    selected = pd.Series(test["score_1"].to_numpy() >= 0.8, index=group.loc[test["row"]].to_numpy())
    shown = {item["name"]: item["dot"] for item in view["groups"]["items"]}
    assert shown == pytest.approx(selected.groupby(level=0).mean().to_dict())
    right = (test["score_1"] >= 0.8) == (test["truth"] == 1)
    assert view["facts"][0][1] == f"{100 * right.mean():.1f}%"
    view = ask(widget, metric="tpr")
    assert view["gap"].startswith("The true positive rate of ")
    ask(widget, at=1.5)
    assert widget.problem == "A threshold lies between 0 and 1, not 1.5." and widget.at == 0.8
    with pytest.raises(NotFound, match="fairnes"):
        run.explore("fairnes")


# endpoint --------------------------------------------------------------------------------------


def test_the_endpoint_is_asked_and_timed(runs: Runs, endpoint: Endpoint) -> None:
    widget = endpoint.explore()
    view = ask(widget, values={"month": 6.0}, send=True)
    row = {**endpoint.bundle.sample()[0], "month": 6.0}
    assert view["answer"] == f"credit: {runs[0].predict(pd.DataFrame([row]))[0]}"
    assert sum(item["to"] for item in view["scores"]["items"]) == pytest.approx(1)
    assert view["took"].endswith("ms, there and back") and len(widget.times) == 1
    assert len(endpoint.answers()) == 1  # it was logged like any other
    for count in range(2, 12):  # whoever asks at once after an answer sees it
        endpoint.predict([row] * 3)
        assert len(endpoint.answers()) == 1 + 3 * (count - 1)


def test_an_endpoint_that_was_stopped_is_told_in_a_sentence(bundle: Bundle) -> None:
    with bundle.serve(name="gone") as served:
        widget = served.explore()
    ask(widget, send=True)
    assert "does not answer" in widget.problem and widget.view["title"] == "gone · stopped"
    assert widget.view["answer"] == ""


# monitor ---------------------------------------------------------------------------------------


def until(what: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.05)


def test_a_sweep_is_watched_until_its_end(ws: Workspace, runs: Runs) -> None:
    asked = {"families": ["bayes", "logistic"], "attempts": 4, "keep": 1}
    job = ws.submit("tune", dataset="german_credit", **asked)
    widget = job.monitor()
    assert widget.view["title"] == "Tune · german_credit" and widget.view["active"]
    job.wait(120)
    until(lambda: widget.view["state"] == "done")
    best, each = widget.view["curves"]
    sweep = ws.sweeps[job.record.result["sweep"]]
    values = [a["value"] for a in sweep.attempts() if a["value"] is not None]
    assert [y for _, y in each["points"]] == pytest.approx(values)
    assert best["points"][-1][1] == pytest.approx(max(values))
    (run,) = job.record.result["runs"]
    assert f"ws.runs[{run[:8]!r}]" in widget.view["text"]


def test_a_job_is_stopped_from_the_widget(ws: Workspace, runs: Runs) -> None:
    job = ws.submit("tune", dataset="german_credit", families=["lightgbm"], attempts=500)
    widget = job.monitor()
    until(lambda: job.refresh().state == "running")
    ask(widget, cancel=True)
    until(lambda: widget.view["state"] == "cancelled")
    assert not widget.view["active"]
    widget.close()


def test_a_job_that_failed_says_why(ws: Workspace, runs: Runs) -> None:
    job = ws.submit("train", dataset="german_credit", families=["nobody"])
    until(lambda: not job.refresh().record.active)
    widget = job.monitor()
    assert "nobody" in widget.view["text"] and widget.view["tone"] == "bad"

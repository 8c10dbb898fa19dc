"""Requests that cannot be met: one sentence each, and the workspace goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.objects import Run
from workbench.workspace import Workspace

FRAME = pd.DataFrame({"a": np.linspace(0, 1, 60), "b": list("xyz") * 20, "y": list("pqq") * 20})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    ws = wb.open(tmp_path_factory.mktemp("wrong") / "ws")
    return ws.train(ws.import_data(FRAME, name="ok", target="y"), ["logistic"]).best


def _train(**asked: Any) -> Callable[[Workspace], Any]:
    return lambda ws: ws.train("ok", ["logistic"], **asked)


def _target(**columns: Any) -> Callable[[Workspace], Any]:
    frame = FRAME.assign(**columns)
    return lambda ws: ws.train(ws.import_data(frame, name="t", target="y"), ["logistic"])


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (_train(columns=["nope"]), "No column is called 'nope'"),
        (_train(seed=-1), "seed"),
        (_train(params={"forest": {"n_estimators": 5}}), "'forest', which is not to be trained"),
        (_train(params={"logistic": {"C": "x"}}), "'C'"),
        (_train(split=wb.Split("time", column="b")), "no time to split by"),
        (_target(y=["p"] * 59 + ["q"]), "has one row only"),
        (_target(y=None), "has no values"),
        (_target(y=[f"c{i}" for i in range(60)]), "one row only"),
        (_target(a=None, b=None), "No column is left to learn from"),
        (lambda ws: ws.promote("ok", "champion"), "No run is called 'ok'"),
        (lambda ws: ws.submit("nope"), "No action is called 'nope'"),
        (lambda ws: ws.compare([]), "two runs"),
    ],
)
def test_a_wrong_request_is_one_sentence(
    run: Run, ask: Callable[[Workspace], Any], said: str
) -> None:
    with pytest.raises(wb.WorkbenchError) as caught:
        ask(run.workspace)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert run.workspace.runs[run.id].record.state == "done"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda run: run.promote("bad alias!"), "cannot be an alias"),
        (lambda run: run.promote("latest"), "cannot be an alias"),
        (lambda run: run.fairness(), "no sensitive column"),
        (lambda run: run.fairness("b", threshold=2), "between 0 and 1"),
        (lambda run: run.fairness(["a", "nope"]), "No column is called 'nope'"),
        (lambda run: run.explain(rows=0), "no rows"),
        (lambda run: run.predict(FRAME[["a"]]), "'b' is missing"),
        (lambda run: run.predict(FRAME.assign(a="x")), "row 0"),
        (lambda run: run.export().serve(port=99999), "is no port"),
        (lambda run: run.export().serve(name="../x"), "cannot name an endpoint"),
    ],
)
def test_a_wrong_question_to_a_run_is_one_sentence(
    run: Run, ask: Callable[[Run], Any], said: str
) -> None:
    with pytest.raises(wb.WorkbenchError) as caught:
        ask(run)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)

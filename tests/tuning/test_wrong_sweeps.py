"""Sweeps that are asked for wrongly: one sentence, before anything is fitted or left behind."""

from __future__ import annotations

import pytest

from workbench.core.errors import UsageError
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("wrong"))
    for name in ("german_credit", "diabetes"):
        ws.import_data(name)
    return ws


def test_a_fixed_parameter_that_a_family_does_not_have_is_refused(ws: Workspace) -> None:
    with pytest.raises(UsageError, match="no parameter 'foo'"):
        ws.tune("german_credit", ["bayes", "dummy"], attempts=2, params={"bayes": {"foo": 1}})


def test_a_family_that_cannot_do_the_task_is_named(ws: Workspace) -> None:
    heard: list[str] = []

    def listen(_: float, text: str, __: object = None, /) -> None:
        heard.append(text)

    report = ws.tune("diabetes", ["dummy", "bayes"], attempts=1, progress=listen).report()
    assert report is not None
    [said] = [f for f in report.findings if f.code == "family-unable"]
    assert "bayes cannot do regression" in said.sentence and said.sentence in heard

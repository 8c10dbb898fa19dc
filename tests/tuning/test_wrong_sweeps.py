"""Sweeps that are asked for wrongly, or whose files are damaged: one sentence, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import workbench as wb
from workbench.core.errors import DataError, StoreError, UsageError
from workbench.objects import Sweep
from workbench.training.family import families
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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"minutes": 0}, "0 minutes are no budget"),
        ({"minutes": "ten"}, "'ten' minutes are no budget"),
        ({"metric": "auk"}, "auk"),
        ({"families": ["lightgbn"]}, "lightgbn"),
        ({"families": []}, "No model family"),
        ({"keep": -1}, "keeps at least one run, not -1"),
        ({"attempts": 1.5}, "at least one attempt, not 1.5"),
        ({"params": {"bayes": 3}}, "names and values, not 3"),
        ({"params": 3}, "per family, not as 3"),
        ({"seed": "x"}, "whole number from 0 to"),
    ],
)
def test_a_refused_sweep_leaves_nothing_behind(
    ws: Workspace, asked: dict[str, Any], said: str
) -> None:
    before = set(ws.root.glob("sweeps/*"))
    with pytest.raises(UsageError) as caught:
        ws.tune("german_credit", **{"families": ["bayes"], **asked})
    assert said in str(caught.value) and "--" not in caught.value.hint
    assert set(ws.root.glob("sweeps/*")) == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"families": []}, "No model family"),
        ({"params": {"bayes": 3}}, "names and values, not 3"),
        ({"seed": "x"}, "whole number from 0 to"),
    ],
)
def test_a_wrong_training_is_a_sentence(ws: Workspace, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ws.train("german_credit", **{"families": ["bayes"], **asked})


def test_an_inner_search_of_less_than_no_attempts_is_refused(ws: Workspace) -> None:
    run = ws.train("german_credit", "logistic").best
    with pytest.raises(UsageError, match="not -3"):
        run.validate(folds=2, inner=-3)


def test_a_reason_ends_with_one_full_stop(ws: Workspace) -> None:
    @wb.family("breaking", tasks="binary", space={"c": wb.Real(0.1, 1)})
    def breaking(c: float = 1.0) -> object:
        raise KeyError("nothing works.")

    try:
        with pytest.raises(DataError) as caught:
            ws.tune("german_credit", ["breaking"], attempts=2)
        report = ws.tune("german_credit", ["breaking", "dummy"], attempts=6).report()
    finally:
        families.drop("breaking")
    assert report is not None
    assert any(f.code == "family-out" for f in report.findings)
    for said in (str(caught.value), *(f.sentence for f in report.findings)):
        assert said.endswith(".") and ".." not in said


@pytest.fixture(scope="module")
def sweep(ws: Workspace) -> Sweep:
    return ws.tune("german_credit", ["bayes"], attempts=3)


def _cut(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[4][: len(lines[4]) // 2], *lines[5:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines[:4], b"\x00garbage\xff", *lines[4:]], "line 5 is no entry"),
        (_cut, "line 5 is no entry"),
        (lambda lines: [*lines[:-1], b'{"a": 1}', b""], "is no entry"),
        (lambda lines: [*lines[:-1], b"[]", b""], "is no entry"),
        (lambda lines: [*lines[:-1], b'{"op_code": 99, "worker_id": "x"}', b""], "do not agree"),
        (lambda _: [b""], "holds 0 attempts, and the report of the sweep tells of"),
        (lambda lines: [*lines[:8], b""], "the report of the sweep tells of"),
    ],
    ids=["garbage", "half a line", "another object", "a list", "unknown", "emptied", "shortened"],
)
def test_a_damaged_journal_is_named_and_nothing_is_overwritten(
    sweep: Sweep, change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    folder = sweep.workspace.root / "sweeps" / sweep.id
    journal, report = folder / "attempts.journal", (folder / "report.json").read_bytes()
    whole = journal.read_bytes()
    journal.write_bytes(b"\n".join(change(whole.split(b"\n"))))
    damaged = journal.read_bytes()
    try:
        for ask in (sweep.attempts, lambda: sweep.resume(attempts=5)):
            with pytest.raises(StoreError, match=said) as caught:
                ask()
            assert str(journal) in caught.value.sentence and caught.value.hint
        assert journal.read_bytes() == damaged
        assert (folder / "report.json").read_bytes() == report
    finally:
        journal.write_bytes(whole)


def test_half_a_line_at_the_end_of_a_journal_loses_nothing(sweep: Sweep) -> None:
    journal = sweep.workspace.root / "sweeps" / sweep.id / "attempts.journal"
    whole, before = journal.read_bytes(), sweep.attempts()
    journal.write_bytes(whole + whole[:40])
    assert sweep.attempts() == before
    assert sweep.resume(attempts=len(before)).attempts() == before


@pytest.mark.parametrize("name", ["sweep.json", "report.json"])
def test_a_damaged_file_hides_one_sweep_alone(ws: Workspace, sweep: Sweep, name: str) -> None:
    path = ws.root / "sweeps" / sweep.id / name
    whole = path.read_text()
    path.write_text(whole[:50])
    try:
        assert sweep.id not in {s.id for s in ws.sweeps.list()}
        assert str(path) in ws.sweeps.damaged()[sweep.id]
        assert "damaged" in repr(ws.sweeps) and sweep.id[:8] in ws.sweeps._repr_html_()
        with pytest.raises(StoreError, match="is damaged"):
            ws.sweeps[sweep.id].dataset if name == "sweep.json" else sweep.report()
        if name == "report.json":
            assert "is damaged" in repr(sweep)
            assert sweep.resume(attempts=4).report() is not None  # it writes it anew
        else:
            with pytest.raises(StoreError, match="is damaged"):
                sweep.resume(attempts=4)
    finally:
        if name == "sweep.json":
            path.write_text(whole)
    assert sweep.id in {s.id for s in ws.sweeps.list()}

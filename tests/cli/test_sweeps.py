"""Sweeps in the terminal: the list, one of them, one that is not over, and a damaged one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from workbench.objects import Sweep
from workbench.workspace import Workspace


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    ws = Workspace(tmp_path_factory.mktemp("sweeps"))
    data = ws.import_data("wine_quality")
    families = ["dummy", "logistic"]
    return ws.tune(data, families, attempts=4)


def test_sweeps_are_listed_and_shown(sweep: Sweep, tmp_path: Path) -> None:
    terminal = Terminal(sweep.workspace.root)
    report = sweep.report()
    assert report is not None
    [listed] = terminal.json("sweeps", "list")
    assert listed["sweep"] == sweep.id and listed["attempts"] == report.facts["attempts"]
    assert listed["best_run"] == sweep.best.id
    assert sweep.id[:8] in terminal.run("sweeps", "list").stdout
    told = terminal.json("sweeps", "show", sweep.id[:6])
    assert {t["name"] for t in told["tables"]} == {"attempts", "families", "importance", "front"}
    page = tmp_path / "sweep.html"
    shown = terminal.run("sweeps", "show", sweep.id[:6], "--html", str(page)).stdout
    assert report.sentence in shown and "logistic" in shown
    assert "<svg" in page.read_text(encoding="utf-8")


def test_a_sweep_that_is_not_over_shows_its_attempts(sweep: Sweep) -> None:
    terminal = Terminal(sweep.workspace.root)
    report = sweep.workspace.root / "sweeps" / sweep.id / "report.json"
    whole = report.read_text()
    report.unlink()
    try:
        assert terminal.json("sweeps", "list")[0]["state"] == "not over"
        told = terminal.json("sweeps", "show", sweep.id)
        assert told["attempts"] == sweep.attempts() and told["attempts"]
        done = terminal.run("sweeps", "show", sweep.id)
        assert "Baseline" in done.stdout and "--resume" in done.stderr
        report.write_text(whole[:50])
        hidden = terminal.run("sweeps", "list", "--json")
        assert hidden.stdout.strip() == "[]" and str(report) in hidden.stderr
        assert "is damaged" in terminal.run("sweeps", "show", sweep.id, expect=1).stderr
    finally:
        report.write_text(whole)

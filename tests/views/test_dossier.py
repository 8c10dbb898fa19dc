"""All reports of a run on one page that needs nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.core.errors import UsageError
from workbench.core.report import Finding, Report, Table
from workbench.views.dossier import LIMIT, dossier
from workbench.workspace import Workspace


def test_a_runs_page_holds_its_reports_and_asks_for_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    data = workspace.import_data("breast_cancer")
    run = workspace.train(data, families=["logistic"]).best
    run.explain(rows=40)
    run.effects(rows=60)
    run.trust()
    text = run.write_report(tmp_path / "run.html").read_text(encoding="utf-8")
    kinds = ("evaluation", "explanation", "effects", "importance", "trust")
    places = [text.index(f'<section id="{kind}">') for kind in kinds]
    assert places == sorted(places)
    assert run.evaluation().sentence in text
    assert len(text.encode()) < LIMIT
    assert "<script" not in text
    assert "default-src 'none'" in text
    outside = re.findall(r"(?:src|href)=[\"']?(?!#)[^\s\"'>]+", text)
    assert [o for o in outside if "data:" not in o] == []
    assert not re.findall(r"url\((?!#|[\"']?data:)", text)


def test_large_tables_are_cut_before_the_page_is_too_large() -> None:
    rows = tuple((f"row {n}", "x" * 9000) for n in range(2000))
    big = Report("guest", "r", "Big", "Many.", {}, (), (Table("all", ("name", "text"), rows),))
    marked = Report("other", "r", "<b>t</b>", "<i>s</i>", {}, (Finding("a", "info", "<u>f</u>"),))
    text = dossier("<em>run</em>", [marked, big, big])
    assert len(text.encode()) < LIMIT
    assert not re.search(r"<(em>|b>t|i>s|u>)", text)


def test_a_run_without_reports_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="no report"):
        dossier("run", [])

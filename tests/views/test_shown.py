"""What notebooks show: everything a user can hold, without a kernel, whatever its names say."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbconvert import HTMLExporter

from tests.views.conftest import HOSTILE
from tests.views.test_views import FRAGMENT, Tags, harmless
from workbench.core.endpoint import EndpointRecord
from workbench.objects import Bundle, Endpoint, Job
from workbench.objects.shown import Listed, Shown
from workbench.views.bits import bars, intervals
from workbench.views.inline import LINE, styled
from workbench.views.shelves import reports
from workbench.workspace import Workspace

MARK = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One of everything, of a table whose names and labels attack a page."""
    ws = Workspace(tmp_path_factory.mktemp("shown") / "ws")
    frame = ws.import_data("breast_cancer").frame().iloc[:, [0, 1, -1]]
    table = pd.DataFrame(
        {
            HOSTILE: frame.iloc[:, 0],
            f"</style>{MARK}": frame.iloc[:, 1],
            "label": [f"{HOSTILE}{MARK}{v}" for v in frame.iloc[:, -1]],
        }
    )
    data = ws.import_data(table, name="t", target="label")
    data.profile()
    data.contract = data.propose()
    runs = ws.train(data, ["logistic", "bayes"])
    bundle = runs.best.promote(note=MARK).export()
    record = EndpointRecord(
        f"e{MARK}", str(bundle.path), 1, "failed", reason=f"{HOSTILE}{MARK}", run_id=runs.best.id
    )
    job = ws.submit("profile", dataset=data.ref)
    with pytest.raises(Exception, match="failed"):
        ws.submit("train", dataset="t", families=[MARK]).wait(60)
    job.wait(60)
    return {
        "workspace": ws, "datasets": ws.datasets, "data": ws.datasets["t"], "runs": runs,
        "shelf": ws.runs, "run": runs.best, "bundle": bundle, "bundles": ws.bundles(),
        "audit": ws.audit(), "job": job, "jobs": ws.jobs, "endpoints": ws.endpoints,
        "endpoint": Endpoint(ws, record), "sweeps": ws.sweeps, "contract": data.contract,
        "table": runs.best.evaluation()["metrics"], "finding": data.profile().findings[0],
        "verdict": bundle.manifest.verdict, "preview": ws.preview(table),
        "reports": Listed([runs.best.evaluation(), data.profile()], reports),
    }  # fmt: skip


def test_everything_shows_itself_and_obeys_nothing(held: dict[str, Any]) -> None:
    for name, one in held.items():
        html = one._repr_html_()
        harmless(html.replace("http://127.0.0.1:1", ""))  # where the endpoint would answer
        assert "<style>" in html and len(html) < FRAGMENT, name
        assert len(repr(one)) < 4000 and "object at 0x" not in repr(one), name


def test_the_look_stays_where_style_sheets_are_taken_out(held: dict[str, Any]) -> None:
    for name, one in held.items():
        bare = re.sub(r"<style>.*?</style>", "", one._repr_html_(), flags=re.DOTALL)
        assert 'style="font-size:14px' in bare, name
        cells = re.findall(r"<td[^>]*>", bare)
        assert all(LINE in cell for cell in cells), name
        assert not re.search(r'style="[^"]*"[^>]*style="', bare), name


def test_a_notebook_becomes_a_page_without_a_kernel(held: dict[str, Any], tmp_path: Path) -> None:
    cells = []
    for one in held.values():
        data = {"text/plain": repr(one), "text/html": one._repr_html_()}
        shown = nbformat.v4.new_output("display_data", data)
        cells.append(nbformat.v4.new_code_cell("shown", outputs=[shown]))
    exporter = HTMLExporter(template_name="basic")
    page, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    found = Tags(page)
    assert not found.handlers and not found.tags & {"script", "iframe", "img"}
    assert page.count("class='wb'") + page.count('class="wb"') == len(held)
    assert page.count("<svg") >= 6  # histograms, intervals and charts


def test_a_word_says_what_is_on_an_empty_shelf(workspace: Workspace) -> None:
    shelves = (workspace.datasets, workspace.runs, workspace.jobs, workspace.endpoints)
    for shelf in (*shelves, workspace.sweeps, workspace.bundles(), workspace.audit()):
        assert isinstance(shelf, Shown)
        assert "yet" in shelf._repr_html_() or "Nothing" in shelf._repr_html_()


def test_what_was_deleted_underneath_is_told_in_a_sentence(held: dict[str, Any]) -> None:
    bundle: Bundle = held["bundle"]
    moved = bundle.path.with_name("moved")
    shutil.copytree(bundle.path, moved)
    gone = Bundle(bundle.workspace, moved)
    assert "SHA-256" in gone._repr_html_()
    shutil.rmtree(moved)
    assert "not there any more" in gone._repr_html_()


def test_a_job_that_is_under_way_has_a_bar(held: dict[str, Any]) -> None:
    from workbench.views.cards import job

    one: Job = held["job"]
    running = replace(one.record, state="running", fraction=0.4, text=MARK)
    harmless(job(running))
    assert "width:40%" in job(running) and "40%" in job(running)
    assert "border-radius:99px" not in job(one.record).partition("</style>")[2]


def test_small_pictures_are_true_to_scale() -> None:
    assert bars([]) == bars([0, 0]) == ""
    tall = [float(t) for t in re.findall(r'height="([\d.]+)"/', bars([1, 2, 4, 0]))]
    assert tall == [5, 10, 20, 0]
    low, none, high = intervals([(0, 1, 2), None, (1, 2, 4)])
    assert none == "" and 'cx="26.0"' in low and 'x1="26.0"' in high and 'x2="92.0"' in high


def test_pictures_keep_their_own_look() -> None:
    drawn = '<svg viewBox="0 0 1 1"><p>x</p></svg>'
    assert styled(f"<p>a</p>{drawn}") == f'<p style="margin:0 0 .5rem">a</p>{drawn}'

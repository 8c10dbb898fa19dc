"""The extension in a real JupyterLab: what a person sees and does, from side bar to notebook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.lab.conftest import Jupyter, command, filled, start
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser

FRAMES = """\
import pandas as pd
loans = pd.DataFrame({"age": [31, 45, 28], "paid": ["yes", "no", "yes"]})
wide = pd.DataFrame({f"c{i}": range(50) for i in range(7)})
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A JupyterLab on a folder with a workspace, a table and a notebook."""
    home = tmp_path_factory.mktemp("lab")
    ws = filled(home / "work" / "tumours")
    ws.datasets["breast_cancer"].head(60).to_csv(home / "work" / "first rows.csv", index=False)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FRAMES)])
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(book, home / "work" / "frames.ipynb")
    served = start(home, "jupyterlab", "--LabApp.expose_app_in_browser=True")
    yield served
    for job in ws.jobs.list():
        if job.record.active:  # a test that failed must not leave its training behind
            job.cancel()
    served.stop()


@pytest.fixture(scope="module")
def page(lab: Jupyter, chromium: Callable[..., Any]) -> Iterator[Any]:
    """One page for all: opening Lab takes longer than what is tested."""
    opened = chromium(lab, "/tree/frames.ipynb")
    opened.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()  # else cells go nowhere
    opened.locator(".jp-NotebookPanel .jp-Cell").first.click()
    opened.locator("li[data-id='workbench-sidebar']").click()
    opened.locator(".wb-Row[data-kind='runs']").first.wait_for()
    yield opened
    assert opened.outside == []  # nothing was asked of anybody else


@pytest.fixture(scope="module")
def ws(lab: Jupyter) -> Workspace:
    return Workspace(lab.work / "tumours")


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=150_000)  # a job may have to wait for a busy machine
    return expected(locator)


def row(page: Any, kind: str, key: str = "") -> Any:
    named = f"[data-key='{key}']" if key else ""
    return page.locator(f".wb-Row[data-kind='{kind}']{named}")


def sources(page: Any) -> list[str]:
    """What the cells of the open notebook say."""
    found: list[str] = page.evaluate(
        """() => {
          const tracked = [...window.jupyterapp.shell.widgets('main')]
          const book = tracked.find(w => w.context?.path === 'frames.ipynb')
          return book.content.widgets.map(cell => cell.model.sharedModel.getSource())
        }"""
    )
    return found


def test_the_side_bar_shows_what_the_workspace_holds(page: Any, ws: Workspace) -> None:
    champion = ws.champion()
    assert champion is not None
    first = row(page, "runs", champion.id)
    expect(first).to_contain_text(f"AUC {champion.metrics['roc_auc']:.3g}")
    expect(first.get_by_role("img", name="champion")).to_be_visible()
    expect(row(page, "datasets", "breast_cancer@1")).to_contain_text("569 rows · 31 columns")
    expect(row(page, "bundles")).to_have_count(1)
    boosted = next(r for r in ws.runs.list() if r.record.recipe.family == "histboost")
    expect(row(page, "runs", boosted.id).locator("svg.wb-Spark path")).to_have_count(1)
    for name in ("Data sets", "Runs", "Bundles", "Endpoints", "Jobs"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_be_visible()


def test_the_filter_finds_rows_and_escape_brings_all_back(page: Any) -> None:
    search = page.get_by_role("searchbox", name="Filter the lists")
    search.fill("histogram")
    expect(row(page, "runs")).to_have_count(1)
    expect(row(page, "datasets")).to_have_count(0)
    search.press("Escape")
    expect(row(page, "runs")).to_have_count(2)


def test_keys_walk_through_the_lists_and_choose(page: Any) -> None:
    rows = page.locator(".wb-Row")
    rows.first.click()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(rows.first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("button", name="Compare 2")).to_be_visible()


def test_a_run_is_put_into_a_cell_by_its_menu(page: Any, ws: Workspace) -> None:
    run = ws.runs.list()[0]
    row(page, "runs", run.id).click()
    row(page, "runs", run.id).click(button="right")
    page.get_by_role("menuitem", name="Insert Cell").click()
    page.wait_for_function(
        "() => document.querySelectorAll('.jp-NotebookPanel .jp-Cell').length === 2"
    )
    said = sources(page)[1]
    assert said.startswith('import workbench as wb\n\nws = wb.open("tumours")\n')
    assert f'ws.runs["{run.id[:8]}"]' in said


def test_a_data_set_is_dragged_into_a_notebook(page: Any) -> None:
    source = row(page, "datasets", "breast_cancer@1").bounding_box()
    last = page.locator(".jp-NotebookPanel .jp-Cell").last.bounding_box()
    page.mouse.move(source["x"] + 60, source["y"] + 15)
    page.mouse.down()
    page.mouse.move(source["x"] + 100, source["y"] + 60, steps=5)
    expect(page.locator(".wb-DragImage")).to_have_text("breast_cancer@1")
    page.mouse.move(last["x"] + 200, last["y"] + 10, steps=8)
    page.mouse.up()
    page.wait_for_function(
        "() => document.querySelectorAll('.jp-NotebookPanel .jp-Cell').length === 3"
    )
    # it stands above the cell that opens the workspace, so it opens the workspace itself
    assert sources(page)[1] == (
        'import workbench as wb\n\nws = wb.open("tumours")\n'
        'breast_cancer = ws.datasets["breast_cancer@1"]\nbreast_cancer'
    )


def test_a_frame_of_the_kernel_is_sent(page: Any, lab: Jupyter, ws: Workspace) -> None:
    page.evaluate(
        """async code => {
          const book = [...window.jupyterapp.shell.widgets('main')]
            .find(w => w.context?.path === 'frames.ipynb')
          await book.context.sessionContext.ready
          await book.context.sessionContext.session.kernel.requestExecute({ code }).done
        }""",
        FRAMES,
    )
    page.locator("[data-jp-item-name='workbench-send'] jp-button").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("wide").click()
    expect(dialog.get_by_text("pandas · 50 rows · 7 columns")).to_be_visible()
    name = dialog.get_by_label("Name of the data set")
    expect(name).to_have_value("wide")
    name.fill("seven-columns")
    dialog.get_by_role("button", name="Send").click()
    expect(row(page, "datasets", "seven-columns@1")).to_contain_text("50 rows · 7 columns")
    expect(page.locator(".jp-toast-message, .Toastify__toast").last).to_contain_text(
        "seven-columns@1 has 50 rows, 7 columns"
    )
    assert ws.datasets["seven-columns"].rows == 50


def test_a_file_is_imported_from_the_file_browser(page: Any, ws: Workspace) -> None:
    page.locator("li[data-id='filebrowser']").click()
    file = page.locator(".jp-DirListing-item", has_text="first rows.csv")
    file.click(button="right")
    page.get_by_role("menuitem", name="Import into Workbench").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_have_value("first_rows")
    expect(dialog.locator("th").first).to_contain_text("mean radius")
    dialog.get_by_label("Target").select_option("diagnosis")
    dialog.get_by_role("button", name="Import").click()
    page.locator("li[data-id='workbench-sidebar']").click()
    imported = row(page, "datasets").filter(has_text="diagnosis").filter(has_text="60 rows")
    expect(imported).to_be_visible()


def test_a_training_shows_its_progress_and_can_be_cancelled(page: Any, ws: Workspace) -> None:
    params = {"network": {"epochs": 100_000, "patience": 100_000}}
    job = ws.submit("train", dataset="breast_cancer@1", families=["network"], params=params)
    shown = row(page, "jobs", job.id)
    expect(shown).to_contain_text("Train on breast_cancer@1")
    expect(page.locator(".wb-Status")).to_contain_text("Train on breast_cancer@1")
    expect(shown).to_contain_text(re.compile(r"epoch \d+"))
    expect(shown.get_by_role("progressbar")).to_have_attribute("value", re.compile(r"0\.\d+"))
    shown.get_by_role("button", name="Cancel").click()
    expect(shown).to_contain_text("cancelled")
    expect(page.locator(".wb-Status progress")).to_have_count(0)
    assert job.refresh().state == "cancelled"


def test_a_job_that_fails_says_why(page: Any, ws: Workspace) -> None:
    job = ws.submit("import", source=str(Path(ws.root, "nothing.csv")))
    toast = page.locator(".Toastify__toast", has_text="Import nothing.csv")
    expect(toast).to_contain_text("nothing.csv")
    expect(toast.get_by_role("button", name="Show the job")).to_be_visible()
    expect(row(page, "jobs", job.id)).to_contain_text("failed")


def test_a_run_is_renamed_in_place(page: Any, ws: Workspace) -> None:
    run, other, *_ = ws.runs.list()
    row(page, "runs", other.id).click()
    row(page, "runs", run.id).click(modifiers=["Control"])
    expect(page.get_by_role("button", name="Compare 2")).to_be_visible()
    page.keyboard.press("F2")  # of the row that has the keys
    page.get_by_role("dialog").get_by_role("textbox").fill("calm <b>one</b>")
    page.get_by_role("button", name="Rename").click()
    expect(row(page, "runs", run.id)).to_contain_text("calm <b>one</b>")
    (job,) = [j for j in ws.jobs.list() if j.record.action == "rename"]
    job.wait(90)
    assert ws.runs[run.id].name == "calm <b>one</b>"


def test_the_app_opens_in_a_tab_on_the_chosen_run_and_is_dark_with_lab(
    page: Any, ws: Workspace
) -> None:
    run = ws.champion()
    assert run is not None
    row(page, "runs", run.id).dblclick()
    frame = page.frame_locator(".wb-AppFrame iframe")
    expect(frame.get_by_role("heading", name="Compare")).to_be_visible(timeout=120_000)
    inside = "() => document.querySelector('.wb-AppFrame iframe').contentWindow.location"
    assert page.evaluate(f"{inside}.pathname".replace("() => ", "")) == "/user/ada/workbench-app/"
    assert run.id in page.evaluate(f"{inside}.search".replace("() => ", ""))
    expect(page.locator(".lm-TabBar-tab", has_text="Compare · tumours")).to_be_visible()
    light = frame.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    command(page, "apputils:change-theme", theme="JupyterLab Dark")
    page.wait_for_function(
        """light => {
          const inside = document.querySelector('.wb-AppFrame iframe').contentDocument
          return getComputedStyle(inside.body).backgroundColor !== light
        }""",
        arg=light,
    )
    command(page, "apputils:change-theme", theme="JupyterLab Light")


def test_a_restart_of_jupyter_is_lived_through(page: Any, lab: Jupyter, ws: Workspace) -> None:
    """The last of this file: of two workspaces the chosen one stays, and the app comes back."""
    Workspace(lab.work / "second")
    command(page, "workbench:refresh")
    page.get_by_role("button", name="Open tumours").click()
    expect(row(page, "datasets", "breast_cancer@1")).to_be_visible()
    inside = "document.querySelector('.wb-AppFrame iframe').contentWindow"
    page.evaluate(f"() => {{ {inside}.before = true }}")
    lab.restart()
    page.wait_for_function(f"() => {inside}.before === undefined", timeout=150_000)
    frame = page.frame_locator(".wb-AppFrame iframe")
    expect(frame.get_by_role("heading", name="Compare")).to_be_visible()
    expect(row(page, "datasets", "breast_cancer@1")).to_be_visible()
    assert lab.ask("GET", "workspace").json()["chosen"] == "tumours"

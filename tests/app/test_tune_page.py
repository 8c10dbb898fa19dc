"""The Tune page in a browser: a sweep, live, what came of it, and going on."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served, start, watched
from workbench.app.pages.tune import TuneModel
from workbench.core.errors import UsageError
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser
DRAWN = """() => Math.max(...[...Bokeh.documents[0].all_models]
  .map((m) => m.data?.get?.('best') ?? m.data?.best).filter((c) => c).map((c) => c.length))"""
LINES = """() => Math.max(0, ...[...Bokeh.documents[0].all_models]
  .map((m) => m.data?.get?.('xs') ?? m.data?.xs).filter((c) => c).map((c) => c.length))"""
SHOTS = Path(__file__).parents[2] / "screenshots"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tune-page")
    Workspace(folder / "ws").import_data("breast_cancer")
    served = start(folder / "ws", folder / "app.log")
    yield served
    served.stop()


def photograph(page: Any, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_sweep_runs_is_shown_and_goes_on(served: Served, chromium: Callable[..., Any]) -> None:
    browser = chromium()
    context = browser.new_context(viewport={"width": 1440, "height": 1700})
    page = context.new_page()
    seen = watched(page)
    page.goto(served.address("tune"))
    main = page.get_by_role("main")
    main.get_by_text("There is no sweep on this data set yet.").wait_for()
    for family in ("Random forest", "Histogram boosting", "LightGBM"):
        main.get_by_label(family, exact=True).uncheck()
    main.get_by_label("Support vector machine").check()
    attempts = main.get_by_label("Attempts at most")
    attempts.fill("many")
    attempts.press("Tab")
    main.get_by_role("button").filter(has_text=re.compile("Tune$")).click()
    main.get_by_role("alert").filter(has_text="'many' is no number of attempts").wait_for()
    attempts.fill("14")
    attempts.press("Tab")
    main.get_by_label("Attempts at the same time").click()
    page.get_by_role("menuitem", name="two").click()
    # the preset chooses families by itself, and gives the choice back
    main.get_by_role("button", name="Find the best for me").click()
    main.get_by_text("a bagged stack of the best").wait_for()
    main.get_by_label("Support vector machine").wait_for(state="hidden")
    main.get_by_role("button", name="Choose families").click()
    main.get_by_label("Support vector machine").wait_for()
    main.get_by_role("combobox", name="Judged by").click()
    page.get_by_role("menuitem", name="Log loss").click()
    main.get_by_role("button").filter(has_text=re.compile("Tune$")).click()
    main.get_by_text(re.compile(r"is best with Log loss .* ended after 14 attempts")).wait_for(
        timeout=300_000
    )
    main.get_by_role("table", name="Runs and their metrics").get_by_text("Blend").wait_for()
    main.get_by_role("heading", name="Parameters", exact=True).wait_for()
    assert main.get_by_role("table", name="The best attempts").get_by_role("row").count() == 11
    photograph(page, "tune-light-1440")
    sweep = Workspace(served.root).sweeps.list()[0]
    assert [a["number"] for a in sweep.attempts()] == list(range(1, 15))
    assert sweep.report().facts["parallel"] == 2
    assert sweep.report().facts["metric"] == "log_loss"
    assert {r.record.recipe.family for r in sweep.runs} == {"logistic", "svm", "blend"}

    attempts.fill("17")
    attempts.press("Tab")
    main.get_by_role("button").filter(has_text="Go on with this sweep").click()
    main.get_by_text(re.compile(r"ended after 17 attempts")).wait_for(timeout=300_000)
    assert len(Workspace(served.root).sweeps.list()) == 1
    assert seen.foreign(served.base) == []
    assert seen.errors == []
    context.close()
    for width, theme in ((1280, "dark"), (390, "light")):
        context = browser.new_context(viewport={"width": width, "height": 1000})
        page = context.new_page()
        page.goto(served.address("tune", theme=theme))
        page.get_by_text(re.compile(r"ended after 17 attempts")).wait_for()
        photograph(page, f"tune-{theme}-{width}")
        fits = "e => e.scrollWidth <= e.clientWidth + 1"
        assert page.get_by_role("main").first.evaluate(fits)
        context.close()


def test_a_sweep_that_was_cancelled_goes_on(served: Served, chromium: Callable[..., Any]) -> None:
    ws = Workspace(served.root)
    ws.import_data("wine")
    job = ws.submit("tune", dataset="wine", families=["logistic", "svm"], attempts=100_000)
    sweep = _begun(ws, job.id)
    context = chromium().new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(served.address("tune", data="wine", job=job.id))
    main = page.get_by_role("main")
    # the pictures are drawn while it runs, and stay with a sweep that was cut short
    best = main.get_by_role("table", name="The best attempts")
    best.wait_for()
    main.get_by_text("a line an attempt").wait_for()
    seen = page.evaluate(LINES)
    page.wait_for_function(f"() => ({LINES})() > {seen}")
    main.get_by_role("button").filter(has_text="Cancel").click()
    main.get_by_text("the attempts so far are kept").wait_for()
    main.get_by_text(re.compile(rf"attempts of sweep {sweep[:8]} are kept")).wait_for()
    best.wait_for()
    assert page.evaluate(LINES) >= seen
    photograph(page, "tune-cut-short-light-1280")
    kept = len(ws.sweeps[sweep].attempts())
    # the attempts from before the page was opened are drawn as well
    assert page.evaluate(DRAWN) >= kept - 1
    attempts = main.get_by_label("Attempts at most")
    attempts.fill(str(kept + 2))
    attempts.press("Tab")
    main.get_by_role("button").filter(has_text="Go on with this sweep").click()
    main.get_by_text(f"ended after {kept + 2} attempts").wait_for()
    assert len(ws.sweeps[sweep].attempts()) == kept + 2
    context.close()


def _begun(ws: Workspace, sweep: str) -> str:
    """Wait until some attempts are made."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if any(s.id == sweep for s in ws.sweeps.list()) and len(ws.sweeps[sweep].attempts()) > 3:
            return sweep
        time.sleep(0.1)
    raise AssertionError("the sweep did not begin")


def test_a_sweep_is_asked_for_only_with_a_whole_form(tmp_path: Path) -> None:
    model = TuneModel(Workspace(tmp_path))
    with pytest.raises(UsageError, match="no data set"):
        model.ask()
    model.param.update(dataset="wine@1", target="cultivar", keep=1, minutes=10)
    assert model.ask() == {
        "dataset": "wine@1",
        "families": ["logistic", "forest", "histboost", "lightgbm"],
        "target": "cultivar",
        "keep": 1,
        "blend": False,
        "minutes": 10,
        "attempts": None,
        "parallel": 1,
        "quick": False,
        "metric": None,
    }
    model.families = []
    with pytest.raises(UsageError, match="family"):
        model.ask()
    model.param.update(auto=True, metric="log_loss", minutes=30)
    assert model.ask() == {
        "dataset": "wine@1",
        "target": "cultivar",
        "auto": True,
        "metric": "log_loss",
        "minutes": 30,
        "attempts": None,
        "parallel": 1,
    }

"""The Explain page in a browser: one column, what if, what would change it, similar rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.app.conftest import start, watched
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).parents[2] / "screenshots"


def _heading(page: Any, name: str) -> Any:
    found = page.get_by_role("heading", name=name, exact=True)
    found.wait_for()
    found.scroll_into_view_if_needed()
    return found


def _part(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_row_is_changed_and_told_what_would_change_it(
    tmp_path: Path, chromium: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    town = rng.choice(["north", "<b>south</b>", "east"], 800)
    age = rng.integers(18, 80, 800)
    buys = np.where(town == "<b>south</b>", age > 60, age > 35)
    ws = Workspace(tmp_path / "ws")
    ws.import_data(pd.DataFrame({"age": age, "town": town, "buys": buys}), name="s", target="buys")
    run = ws.train("s", ["lightgbm"], params={"lightgbm": {"n_estimators": 30}}).best
    run.explain(rows=60)
    run.trust()
    SHOTS.mkdir(exist_ok=True)
    served = start(tmp_path / "ws", tmp_path / "app.log")
    try:
        browser = chromium()
        for width, theme in ((1440, "light"), (480, "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900})
            page = context.new_page()
            page.set_default_timeout(120_000)  # the first look loads MLflow
            seen = watched(page)
            page.goto(served.address("explain", theme=theme))
            _heading(page, "One column")
            page.get_by_role("button", name="ALE", exact=True).click()
            page.get_by_text(re.compile("moves the probability of true by up to")).wait_for()
            _part(page, "How far to trust it")
            _heading(page, "Can this be trusted?")
            page.get_by_role("table", name="Checks of the explanation").wait_for()
            page.screenshot(path=SHOTS / f"explain-trust-{theme}-{width}.png")
            page.get_by_role("button", name="Draw", exact=True).click()
            page.get_by_role("table", name="Rules of the tree").wait_for()
            _heading(page, "The model as a small tree")
            page.screenshot(path=SHOTS / f"explain-tree-{theme}-{width}.png")
            _part(page, "Where it differs")
            page.get_by_role("button").filter(has_text="Choose rows").click()
            main = page.get_by_role("main").first
            main.get_by_role("button", name="Compare", exact=True).click()
            page.get_by_role("table", name="Quality of both groups").wait_for()
            _heading(page, "Two groups")
            page.screenshot(path=SHOTS / f"explain-groups-{theme}-{width}.png")
            _part(page, "One row")
            _heading(page, "Why this prediction")
            page.wait_for_timeout(400)
            page.screenshot(path=SHOTS / f"explain-row-{theme}-{width}.png")
            page.get_by_role("button", name="Change its values").click()
            said = page.get_by_text(re.compile(r"^(true|false): [\d.]+% for true"))
            said.wait_for()
            heard = {said.inner_text()}
            slider = _below(page, "What if")
            slider.focus()
            for key in ("Home", "End"):
                page.keyboard.press(key)
                page.wait_for_timeout(1500)
                heard.add(said.inner_text())
            assert len(heard) > 1
            _part(page, "Where it differs")
            page.get_by_role(
                "table", name="Quality of both groups"
            ).wait_for()  # what was there stays
            page.get_by_role("button").filter(has_text="Show them").click()
            rows = page.get_by_role("table", name="Rows that surprised the model most")
            rows.wait_for()
            _heading(page, "Most surprising rows")
            page.wait_for_timeout(400)
            page.screenshot(path=SHOTS / f"explain-surprises-{theme}-{width}.png")
            rows.get_by_role("row").nth(1).click()
            page.get_by_text(re.compile("^Row [0-9,]+ is in “What if” now")).wait_for()
            page.get_by_role("button", name="Look").click()
            page.get_by_role("table", name="What would change the decision").wait_for()
            _heading(page, "What would change the decision?")
            page.screenshot(path=SHOTS / f"explain-changes-{theme}-{width}.png")
            page.get_by_role("button", name="Find", exact=True).click()
            page.get_by_role("table", name="Similar training rows").wait_for()
            page.reload()
            _heading(page, "Why this prediction")  # a reload comes back to the part
            main = page.get_by_role("main").first
            assert main.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
            assert page.locator("b", has_text="south").count() == 0
            assert seen.errors == []
            assert seen.foreign(served.base) == []
            context.close()
    finally:
        served.stop()


def _below(page: Any, heading: str) -> Any:
    """The first slider under a card's heading; other cards have some, too."""
    top = page.get_by_role("heading", name=heading, exact=True).first.bounding_box()["y"]
    sliders = page.get_by_role("slider").all()
    return next(s for s in sliders if (box := s.bounding_box()) and box["y"] > top)

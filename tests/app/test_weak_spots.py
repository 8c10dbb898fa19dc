"""Weak spots and error trees on the Compare page, in a browser."""

from __future__ import annotations

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


def test_weak_spots_of_a_run_and_of_a_pair(tmp_path: Path, chromium: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    town = rng.choice(["north", "<b>south</b>", "east"], 3000)
    age = rng.integers(18, 80, 3000)
    told = np.where(town == "<b>south</b>", rng.random(3000) < 0.5, age > 45)
    ws = Workspace(tmp_path / "ws")
    ws.import_data(pd.DataFrame({"age": age, "town": town, "buys": told}), name="s", target="buys")
    ws.train("s", ["bayes", "forest"], params={"forest": {"n_estimators": 20}})
    served = start(tmp_path / "ws", tmp_path / "app.log")
    try:
        browser = chromium()
        for width, theme in ((1280, "light"), (390, "dark")):
            context = browser.new_context(viewport={"width": width, "height": 1000})
            page = context.new_page()
            page.set_default_timeout(90_000)  # the first comparison loads MLflow
            seen = watched(page)
            page.goto(served.address("compare", theme=theme))
            choice = page.get_by_role("combobox", name="Look at")
            choice.scroll_into_view_if_needed()
            choice.click()
            page.get_by_role("menuitem").nth(1).click()
            page.get_by_text("It fails most where town is '<b>south</b>'").wait_for()
            table = page.get_by_role("table", name="Groups of rows that stand out")
            assert "town is '<b>south</b>'" in table.get_by_role("row").nth(1).inner_text()
            SHOTS.mkdir(exist_ok=True)
            table.scroll_into_view_if_needed()
            page.wait_for_timeout(500)
            page.screenshot(path=SHOTS / f"weak-spots-{theme}-{width}.png")
            choice.click()
            page.get_by_role("menuitem").filter(has_text="against").click()
            page.get_by_text("groups of one or two columns were looked at").wait_for()
            tree = page.get_by_role("combobox", name="Tree of")
            tree.scroll_into_view_if_needed()
            tree.click()
            page.get_by_role("menuitem").nth(1).click()
            page.get_by_text("Fails most where town is <b>south</b>").wait_for()
            branch = page.locator(".tree .node.worse")
            assert branch.count() >= 1
            assert "town is <b>south</b>" in page.locator(".tree").inner_text()
            branch.first.scroll_into_view_if_needed()
            page.wait_for_timeout(500)
            page.screenshot(path=SHOTS / f"error-tree-{theme}-{width}.png")
            tree.click()
            page.get_by_role("menuitem").filter(has_text="against").click()
            page.get_by_text("Error rate: ").or_(
                page.get_by_text("the two differ alike everywhere")
            ).first.wait_for()
            assert page.get_by_role("main").first.evaluate(
                "e => e.scrollWidth <= e.clientWidth + 1"
            )
            assert seen.errors == []
            context.close()
    finally:
        served.stop()

"""Every card of the Compare page, in a browser."""

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


def listed_and_taken_along(page: Any, served: Any, theme: str, shot: Callable[..., Any]) -> None:
    """The table of all runs: one is looked at, written out and done again; two are compared."""
    page.goto(served.address("runs", theme=theme))
    listed = page.get_by_role("table", name="All runs")
    rows = listed.get_by_role("row")
    listed.get_by_text("Stack").wait_for()
    count = rows.count() - 1
    search = page.get_by_label("Search")
    search.press_sequentially("bayes")
    listed.get_by_text("Stack").wait_for(state="detached")
    found = rows.count() - 1
    assert 0 < found < count
    shot("runs", listed)
    rows.last.get_by_text("Naive Bayes").click()
    page.get_by_role("button").filter(has_text="Calibrate").click()
    inside = page.get_by_role("table", name="How often the truth is inside")
    inside.wait_for()
    shot("certainty", inside)
    if theme == "dark":  # the last walk: one more run changes what is compared
        page.get_by_role("button").filter(has_text="Write as a script").click()
        page.get_by_text("The script is written.").wait_for()
        assert list((served.root / "exports").glob("*/train.py"))
        page.get_by_role("button").filter(has_text="Reproduce").click()
        page.get_by_text("comes out the same to the last bit.").wait_for()
        page.get_by_text(f"Runs 1 to {found + 1} of {found + 1}").wait_for()
        count += 1
    search.fill("")
    page.get_by_text(f"Runs 1 to {count} of {count}").wait_for()
    for number in (0, 1):
        listed.get_by_role("checkbox").nth(number).check()
    page.get_by_role("button").filter(has_text="Compare 2").click()
    page.get_by_role("table", name="Paired differences").wait_for()
    assert page.get_by_role("main").first.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


def on_terms(page: Any) -> None:
    """With costs and a wide region of equivalence the same runs are as good as each other."""
    page.get_by_text("practically equivalent").wait_for(state="detached")
    for label, value in (("No difference up to (AUC)", "0.6"), ("A miss costs", "5")):
        page.get_by_label(label).fill(value)
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Compare on these terms").click()
    page.get_by_text("practically equivalent with").first.wait_for()
    metric = page.get_by_role("combobox", name="Metric").first
    metric.scroll_into_view_if_needed()
    metric.click()
    page.get_by_role("menuitem", name="Expected cost").click()
    apart = page.get_by_role("table", name="Paired differences")
    apart.get_by_text("expected cost").first.wait_for()


def test_runs_are_validated_held_apart_and_given_a_threshold(
    tmp_path: Path, chromium: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    town = rng.choice(["north", "<b>south</b>", "east"], 900)
    age = rng.integers(18, 80, 900)
    told = np.where(town == "<b>south</b>", rng.random(900) < 0.5, rng.random(900) * 80 < age)
    ws = Workspace(tmp_path / "ws")
    ws.import_data(pd.DataFrame({"age": age, "town": town, "buys": told}), name="s", target="buys")
    ws.train("s", ["bayes", "forest"], params={"forest": {"n_estimators": 20}})
    served = start(tmp_path / "ws", tmp_path / "app.log")
    SHOTS.mkdir(exist_ok=True)
    try:
        browser = chromium()
        for width, theme in ((1440, "light"), (480, "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900})
            page = context.new_page()
            page.set_default_timeout(90_000)  # the first comparison loads MLflow
            seen = watched(page)
            page.goto(served.address("compare", theme=theme))

            def shot(name: str, at: Any, page: Any = page, end: str = f"{theme}-{width}") -> None:
                at.scroll_into_view_if_needed()
                page.wait_for_timeout(400)
                page.screenshot(path=SHOTS / f"compare-{name}-{end}.png")

            page.get_by_role("button", name="Choose", exact=True).click()
            page.get_by_text("gives the lowest expected cost on the validation rows").wait_for()
            figures = page.get_by_role("table", name="Figures at the chosen threshold")
            assert "Expected cost" in figures.get_by_role("row").nth(1).inner_text()
            shot("threshold", figures)
            if theme == "light":
                page.get_by_role("button").filter(has_text="Make a run that decides so").click()
                page.get_by_text("is the same model with this threshold").wait_for()
                made = ws.runs.list(1)[0].record
                assert made.recipe.threshold is not None
                shot("decided", page.get_by_text("is the same model with this threshold"))

            tests = page.get_by_role("table", name="Tests of the runs")
            for told in ("McNemar", "DeLong", "Cohen's g", "p among all pairs"):
                assert told in tests.inner_text(), told
            shot("tests", tests)

            shot("matters", page.get_by_role("heading", name="Does it matter?"))
            if theme == "light":
                on_terms(page)

            takes = page.get_by_role("table", name="What the runs take")
            takes.wait_for()
            assert takes.get_by_role("row").count() == (3 if theme == "light" else 4)
            shot("effort", takes)

            choice = page.get_by_role("combobox", name="Pair of runs")
            choice.scroll_into_view_if_needed()
            choice.click()
            page.get_by_role("menuitem").nth(1).click()
            page.get_by_text("They decide differently in").wait_for()
            rows = page.get_by_role("table", name="Rows about which two runs differ most")
            assert rows.get_by_role("row").count() > 5
            shot("disagreements", rows)

            if theme == "light":
                page.get_by_text("These runs were not cross-validated.").wait_for()
                page.get_by_label("Learning curve").check()
                page.get_by_role("button", name="Cross-validate").click()
            folds = page.get_by_role("table", name="Cross-validation of the runs")
            folds.wait_for()
            assert "5 stratified folds" in folds.get_by_role("row").nth(1).inner_text()
            shot("validation", folds)
            page.get_by_text("a line that still climbs asks for more rows").wait_for()
            assert page.get_by_role("main").first.evaluate(
                "e => e.scrollWidth <= e.clientWidth + 1"
            )
            if theme == "light":  # the new run joins those that are compared
                page.get_by_role("button").filter(has_text="Combine these runs").click()
                board = page.get_by_role("table", name="Runs and their metrics")
                board.get_by_text("Stack").wait_for(timeout=180_000)
                assert ws.runs.list(1)[0].record.recipe.family == "stack"
            listed_and_taken_along(page, served, theme, shot)
            assert seen.errors == []
            context.close()
    finally:
        served.stop()

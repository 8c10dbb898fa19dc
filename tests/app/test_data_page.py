"""The Data page in a browser: the cross-filter, the rows, and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.app.conftest import Served, start, watched
from workbench.app.dataset import DataModel
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [20 + i % 50 for i in range(400)],
            "group": [("north", "south", "<b>east</b>")[i % 3] for i in range(400)],
            "member": [i % 4 == 0 for i in range(400)],
        }
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data-page")
    Workspace(folder / "ws").import_data(frame, name="people", target="member")
    served = start(folder / "ws", Path(folder / "app.log"))
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Any]) -> Any:
    return chromium()


@pytest.fixture
def data(served: Served, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    seen = watched(page)
    page.goto(served.address("data"))
    page.get_by_text("of 400").wait_for()
    yield page
    assert seen.errors == []
    context.close()


def card(page: Any, name: str) -> Any:
    """A column's card; its corner, since a press on a bar filters."""
    return page.locator(".card").filter(has=page.get_by_text(name, exact=True))


def rows(page: Any, count: int) -> None:
    page.get_by_text(re.compile(rf"^Rows 1 to \d+ of {count}$")).wait_for()


def test_a_slow_browser_loses_no_part_of_the_page(served: Served, browser: Any) -> None:
    """Parts that arrive while the page around them is still being built (``children.js``)."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    seen = watched(page)
    slow = context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.set_default_timeout(120_000)
    page.goto(served.address("data"))
    rows(page, 400)
    card(page, "group").wait_for()
    page.get_by_role("table", name="Rows of the data set").wait_for()
    assert seen.errors == []
    context.close()


def test_a_bar_filters_the_rows_and_all_columns(data: Any, frame: pd.DataFrame) -> None:
    card(data, "group").click(position={"x": 12, "y": 12})
    values = data.get_by_role("group", name="Values of group")
    south = values.get_by_role("button", name=re.compile("^south"))
    south.click()
    rows(data, int((frame["group"] == "south").sum()))
    assert south.get_attribute("aria-pressed") == "true"
    cells = data.get_by_role("table", name="Rows of the data set").get_by_role("cell", name="south")
    assert cells.count() == 12
    values.get_by_role("button", name=re.compile("^north")).click()
    rows(data, int(frame["group"].isin(["north", "south"]).sum()))
    data.get_by_role("button", name=re.compile("Remove the filter group")).click()
    rows(data, 400)


def test_choices_of_two_columns_are_both_kept(data: Any, frame: pd.DataFrame) -> None:
    bars = card(data, "member").locator(".place")
    bars.nth(1).click()
    data.get_by_role("button", name="Clear all filters").wait_for()
    chosen = data.get_by_role("button", name=re.compile("Remove the filter member")).inner_text()
    member = "true" in chosen
    rows(data, int((frame["member"] == member).sum()))
    card(data, "group").click(position={"x": 12, "y": 12})
    values = data.get_by_role("group", name="Values of group")
    east = values.get_by_role("button").filter(has_text="<b>east</b>")
    both = int(((frame["member"] == member) & (frame["group"] == "<b>east</b>")).sum())
    assert east.get_attribute("aria-label") == f"<b>east</b>: {both} rows"
    east.click()
    rows(data, both)
    data.get_by_role("button", name="Clear all filters").click()
    rows(data, 400)


def test_ranges_are_chosen_by_the_keyboard(data: Any, frame: pd.DataFrame) -> None:
    card(data, "age").click(position={"x": 12, "y": 12})
    bars = data.get_by_role("group", name="Values of age").get_by_role("button")
    bars.first.focus()
    data.keyboard.press("Enter")
    data.get_by_role("button", name="Clear all filters").wait_for()
    told = bars.first.get_attribute("aria-label")
    count = int(re.search(r": ([\d,]+) rows", told)[1])  # type: ignore[index]
    rows(data, count)
    low, high = (float(x) for x in told.partition(":")[0].split(" – "))
    assert count == int(((frame["age"] >= low) & (frame["age"] < high)).sum())


def test_an_empty_choice_says_so_and_sorting_goes_on(data: Any) -> None:
    card(data, "age").locator(".place").first.click()
    data.get_by_role("button", name="Clear all filters").wait_for()
    data.get_by_role("button", name=re.compile("^age")).last.click()  # the head of the table
    table = data.get_by_role("table", name="Rows of the data set")
    table.get_by_role("columnheader").first.wait_for()
    assert table.get_by_role("row").count() > 1


def test_an_edit_keeps_the_choice(data: Any, frame: pd.DataFrame) -> None:
    card(data, "group").click(position={"x": 12, "y": 12})
    values = data.get_by_role("group", name="Values of group")
    values.get_by_role("button", name=re.compile("^south")).click()
    south = int((frame["group"] == "south").sum())
    rows(data, south)
    data.get_by_role("combobox", name="Role").click()
    data.get_by_role("menuitem", name="sensitive").click()
    card(data, "group").get_by_text("sensitive").wait_for()
    values.get_by_role("button", name=re.compile("^north")).click()
    rows(data, int(frame["group"].isin(["north", "south"]).sum()))


def test_a_contract_is_proposed_edited_checked_and_removed(data: Any, served: Served) -> None:
    data.get_by_role("button", name="Propose a contract").click()
    rules = data.get_by_role("table", name="Rules of the contract")
    rules.get_by_role("cell", name="age", exact=True).click()
    data.get_by_text("age promises").wait_for()
    data.get_by_label("At most").fill("x")
    data.get_by_role("button", name="Save").click()
    data.get_by_text("'x' is no whole number").wait_for()
    data.get_by_label("At most").fill("60")
    data.get_by_role("button", name="Save").click()
    rules.get_by_text("at least 0, at most 60").wait_for()
    data.get_by_role("button", name="Check now").click()
    data.get_by_text("72 rows of 400 break 1 rule.").wait_for()
    contract = Workspace(served.root).datasets["people"].contract
    assert contract is not None and contract["age"].high == 60
    data.get_by_role("button", name="Remove", exact=True).click()
    data.get_by_role("button", name="Undo").click()
    rules.get_by_text("at least 0, at most 60").wait_for()


def test_a_remedy_is_applied_and_undone(data: Any, served: Served) -> None:
    dataset = Workspace(served.root).datasets["people"]
    kept = dataset.schema
    data.get_by_role("button", name="Make age sensitive").first.click()
    data.get_by_text("Done: Make age sensitive.").wait_for()
    card(data, "age").get_by_text("sensitive").wait_for()
    assert Workspace(served.root).datasets[dataset.ref].schema["age"].role == "sensitive"
    data.get_by_role("button", name="Undo").click()
    data.get_by_role("button", name="Make age sensitive").first.wait_for()
    assert Workspace(served.root).datasets[dataset.ref].schema == kept


def test_two_versions_are_compared(data: Any, served: Served, frame: pd.DataFrame) -> None:
    data.get_by_text("One version so far").wait_for()
    changed = frame.iloc[50:].rename(columns={"group": "region"})
    Workspace(served.root).import_data(changed, name="people", broken="note")
    data.reload()
    data.get_by_role("table", name="Versions of the data set").wait_for()
    data.get_by_role("button", name="Compare versions").click()
    data.get_by_text("'group' is called 'region' now.").wait_for()
    table = data.get_by_role("table", name="Changed columns")
    assert table.get_by_text("was group").count() == 1
    data.get_by_role("button", name="Test for drift").click()
    drift = data.get_by_role("table", name="Drift of each column")
    drift.wait_for(timeout=60_000)
    assert drift.get_by_role("row").count() == 3  # its head, age and member: a name has changed
    data.get_by_text("against 400 of people@1").wait_for()
    data.get_by_role("button", name="Open the full report").click()
    frame_of = data.frame_locator("iframe[title='Evidently report']")
    frame_of.get_by_text("Share of Drifted Columns").first.wait_for(timeout=60_000)


def test_relations_and_time_have_cards(served: Served, browser: Any) -> None:
    frame = pd.DataFrame(
        {
            "x": range(300),
            "<i>twice</i>": [2 * i + i % 7 for i in range(300)],
            "gap": [None if i % 3 else 1.5 * i for i in range(300)],
            "day": pd.date_range("2024-01-01", periods=300),
        }
    )
    Workspace(served.root).import_data(frame, name="pairs", roles={"x": "feature"})
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    seen = watched(page)
    page.goto(served.address("data", data="pairs"))
    page.get_by_role("group", name="Associations of the columns").wait_for()
    told = page.locator('td[title*="twice"][title*="gap"]').first.get_attribute("title")
    assert told == "<i>twice</i> and gap: Spearman 1.000"
    page.get_by_text("Rows that lack exactly these cells; 100 rows lack none.").wait_for()
    page.get_by_role("img", name="day: rows by week, no gap").wait_for()
    assert seen.errors == []
    context.close()


def test_a_large_table_shows_a_sample_until_it_is_counted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": range(400_000), "k": [i % 17 for i in range(400_000)]})
    workspace = Workspace(tmp_path / "ws")
    data = workspace.import_data(frame, name="large", target="k")
    model = DataModel(workspace)
    model.ref = data.ref
    first, exact = model.first(), model.portrait()
    assert first.sampled and first.profile.facts["rows"] == 50_000
    assert not exact.sampled and exact.profile.facts["rows"] == 400_000
    assert not model.first().sampled

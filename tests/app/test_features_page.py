"""The Features page in a browser: try a column, add it, take it away and put it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served, start, watched
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("features-page")
    Workspace(folder / "ws").import_data("titanic")
    served = start(folder / "ws", Path(folder / "app.log"))
    yield served
    served.stop()


@pytest.fixture
def page(served: Served, chromium: Callable[..., Any]) -> Iterator[Any]:
    context = chromium().new_context(viewport={"width": 1440, "height": 1400})
    page = context.new_page()
    seen = watched(page)
    page.goto(served.address("features", data="titanic"))
    page.get_by_text("580 training rows were looked at.").wait_for()
    yield page
    assert seen.errors == []
    context.close()


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("menuitem", name=option, exact=True).click()


def test_a_feature_is_tried_added_removed_and_put_back(page: Any, served: Served) -> None:
    choose(page, "How", "Counts of the most frequent words")
    page.get_by_text("tells survived with an AUC of").first.wait_for()
    choose(page, "Category or text", "name")
    page.get_by_text("words(name): mr tells survived").wait_for()
    page.get_by_label("Name (made from the rest)").fill("title")
    page.get_by_role("button", name="Add feature").click()
    table = page.get_by_role("table", name="Features of the data set")
    table.get_by_role("cell", name="title", exact=True).wait_for()
    workspace = Workspace(served.root)
    assert [f.called for f in workspace.datasets["titanic"].features] == ["title"]

    row = table.get_by_role("row").nth(1)
    row.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Remove title").click()
    page.get_by_text("title was removed.").wait_for()
    assert workspace.datasets["titanic"].features == ()
    page.get_by_role("button", name="Undo").click()
    table.get_by_role("cell", name="title", exact=True).wait_for()
    assert [f.called for f in workspace.datasets["titanic"].features] == ["title"]


def test_what_cannot_be_made_is_said_where_the_preview_would_be(page: Any) -> None:
    choose(page, "How", "Bins of a number")
    page.get_by_text("tells survived with an AUC of").first.wait_for()
    count = page.get_by_label("How many bins")
    count.fill("1")
    count.press("Enter")
    page.get_by_text("count is 2 to 256, not 1").wait_for()

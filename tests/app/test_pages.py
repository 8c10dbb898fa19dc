"""Pages in a real browser: addresses, history, empty states, keyboard, narrow windows, jobs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served, watched
from workbench.core.errors import WorkbenchError
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser
TITLES = (
    "Data",
    "Features",
    "Train",
    "Tune",
    "Runs",
    "Compare",
    "Explain",
    "Fairness",
    "Export",
    "Serve",
    "Monitor",
    "Jobs",
)


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Any]) -> Any:
    return chromium()


@pytest.fixture
def page(browser: Any) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    yield context.new_page()
    context.close()


def heading(page: Any, title: str) -> Any:
    found = page.get_by_role("heading", level=1, name=title)
    found.wait_for()
    return found


def menu(page: Any, title: str) -> Any:
    return page.get_by_role("button").filter(has_text=re.compile(rf"{title}$")).first


@pytest.mark.parametrize("title", TITLES)
def test_an_empty_workspace_says_what_to_do_next(app: Served, page: Any, title: str) -> None:
    seen = watched(page)
    page.goto(app.address(title.lower()))
    heading(page, title)
    page.get_by_text(re.compile(r"(There is no|There is nothing|No job has run)")).first.wait_for()
    assert seen.foreign(app.base) == []
    assert seen.errors == []


def test_back_and_forward_walk_between_pages(app: Served, page: Any) -> None:
    page.goto(app.address("data"))
    heading(page, "Data")
    for title in ("Train", "Jobs"):
        menu(page, title).click()
        heading(page, title)
        page.wait_for_url(re.compile(f"page={title.lower()}"))  # the address follows the page
        page.wait_for_function("t => document.title === t", arg=f"{title} · credit")
    page.go_back()
    heading(page, "Train")
    page.go_back()
    heading(page, "Data")
    page.go_forward()
    heading(page, "Train")


def test_an_unknown_page_in_the_address_opens_the_first_one(app: Served, page: Any) -> None:
    page.goto(app.address("<b>nowhere</b>", run="<img src=x onerror=alert(1)>"))
    heading(page, "Data")


def test_the_menu_is_closed_on_a_phone_and_pages_fit(app: Served, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(90_000)
    for title in TITLES:
        page.goto(app.address(title.lower()))
        heading(page, title)
        page.wait_for_timeout(700)
        page.wait_for_function("!document.querySelector('.MuiBackdrop-root')")
        main = page.get_by_role("main").first
        assert main.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), title
    context.close()


def test_the_menu_answers_to_the_keyboard(app: Served, page: Any) -> None:
    page.goto(app.address("data"))
    heading(page, "Data")
    menu(page, "Explain").focus()
    page.keyboard.press("Enter")
    heading(page, "Explain")


def test_a_bad_file_is_one_sentence_and_the_app_goes_on(
    app: Served, page: Any, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    page.goto(app.address("data"))
    heading(page, "Data")
    page.get_by_role("button").filter(has_text=re.compile("Import$")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This machine").click()
    path = dialog.get_by_label("Path of a file or of a folder of Parquet files")
    path.fill(str(empty))
    path.press("Tab")
    dialog.get_by_role("alert").wait_for()
    sentence = dialog.get_by_role("alert").inner_text()
    assert "empty.csv is empty" in sentence
    assert "Traceback" not in sentence
    page.keyboard.press("Escape")
    with pytest.raises(WorkbenchError, match="is empty"):
        Workspace(app.root).submit("import", source=str(empty)).wait()
    menu(page, "Jobs").click()
    heading(page, "Jobs")
    page.get_by_role("row").filter(has_text="failed").first.wait_for()


def test_dark_mode_paints_the_page_dark(app: Served, page: Any) -> None:
    page.goto(app.address("jobs", theme="dark"))
    heading(page, "Jobs")
    main = page.get_by_role("main").first
    assert main.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(11, 15, 25)"


def test_dark_mode_is_remembered(app: Served, chromium: Callable[..., Any]) -> None:
    context = chromium().new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    page.goto(app.address("train"))
    page.get_by_role("heading", level=1).first.wait_for()
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_function("document.cookie.includes('workbench-theme=dark')")
    page.goto(f"{app.base}/?page=jobs")
    page.get_by_role("heading", level=1, name="Jobs").wait_for()
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert sum(int(n) for n in re.findall(r"\d+", ground)[:3]) < 150
    context.close()

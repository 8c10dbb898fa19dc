"""The import dialog in a browser: look at a source, say how it is read, import it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import Served, start, watched
from workbench.workspace import Workspace

pytestmark = pytest.mark.browser
SHOTS = Path(__file__).parents[2] / "screenshots"
MARKUP = "<img src=x onerror=\"window.__p='ran'\">"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import-dialog")
    rows = "".join(f"{MARKUP};{i},5;{i % 28 + 1:02d}.12.2025\n" for i in range(60))
    (folder / "loans.csv").write_text(f"{MARKUP};amount;day\n{rows}")
    with sqlite3.connect(folder / "shop.db") as base:
        base.execute("CREATE TABLE orders (id INTEGER, price REAL)")
        base.executemany("INSERT INTO orders VALUES (?, ?)", [(i, i / 4) for i in range(9)])
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    Workspace(folder / "ws").import_data("wine")
    served = start(folder / "ws", folder / "app.log")
    yield served
    served.stop()
    assert "s3cret" not in (folder / "app.log").read_text()


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Any]) -> Any:
    return chromium()


@pytest.fixture(params=[(1280, "light")])
def page(request: pytest.FixtureRequest, served: Served, browser: Any) -> Iterator[Any]:
    width, theme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    seen = watched(page)
    page.goto(served.address("data", data="wine", theme=theme))
    page.get_by_text("of 178").wait_for(timeout=60_000)
    yield page
    assert page.evaluate("window.__p") is None
    assert seen.errors == []
    assert seen.foreign(served.base) == []
    context.close()


def opened(page: Any, way: str) -> Any:
    page.get_by_role("button").filter(has_text=re.compile("Import$")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=way).click()
    return dialog


def photograph(page: Any, name: str) -> None:
    """For people to look at."""
    SHOTS.mkdir(exist_ok=True)
    page.wait_for_timeout(400)
    page.screenshot(path=SHOTS / f"{name}.png")


def looked(dialog: Any, name: str) -> Any:
    """Wait for the column in the preview."""
    dialog.get_by_role("columnheader").filter(has_text=name).wait_for()


def test_a_file_is_seen_changed_and_imported_by_the_keyboard(
    page: Any, served: Served, folder: Path
) -> None:
    dialog = opened(page, "This machine")
    dialog.get_by_label("Path of a file").fill(str(folder / "loans.csv"))
    looked(dialog, "decimal comma")
    assert dialog.get_by_role("cell", name=MARKUP, exact=True).count() == 20
    assert dialog.get_by_label("Delimiter").evaluate("e => e.selectedOptions[0].text") == (
        "semicolon (found)"
    )
    dialog.get_by_label("Column names").select_option("none")
    looked(dialog, "column 2")
    dialog.get_by_label("Column names").select_option("")
    looked(dialog, "decimal comma")
    dialog.get_by_label("Role of amount").select_option("target")
    dialog.get_by_label("Name", exact=False).last.fill("loans")
    photograph(page, "import-wide")
    page.keyboard.press("Enter")
    dialog.wait_for(state="hidden", timeout=60_000)
    page.get_by_text("of 60").wait_for()
    data = Workspace(served.root).datasets["loans"]
    assert data.schema.target is not None and data.schema.target.name == "amount"
    assert data.frame()["amount"].tolist()[:2] == [0.5, 1.5]


def test_escape_closes_and_what_was_said_stays(page: Any, folder: Path) -> None:
    dialog = opened(page, "This machine")
    path = dialog.get_by_label("Path of a file")
    path.fill(str(folder / "loan"))
    dialog.get_by_text("Folders are listed below your home").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.get_by_role("button").filter(has_text=re.compile("Import$")).first.click()
    assert path.input_value() == str(folder / "loan")


def test_a_file_that_is_dropped_on_the_page_is_uploaded_and_imported(
    page: Any, served: Served
) -> None:
    page.evaluate(
        """async () => {
        const data = new DataTransfer()
        data.items.add(new File(['a,b\\n' + '1,x\\n2,y\\n'.repeat(700000)], 'dropped.csv'))
        const options = {dataTransfer: data, bubbles: true, cancelable: true}
        for (const name of ['dragenter', 'dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(name, options))
        }"""
    )
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("dropped.csv").wait_for()
    looked(dialog, "whole number")
    dialog.get_by_role("button").filter(has_text=re.compile("Import$")).click()
    dialog.wait_for(state="hidden", timeout=60_000)
    page.get_by_text("of 1,400,000").wait_for(timeout=60_000)
    assert not [p for p in (served.root / "cache" / "uploads").rglob("*") if p.is_file()]


def test_what_is_no_table_is_refused_before_it_travels(page: Any) -> None:
    dialog = opened(page, "Upload")
    with page.expect_file_chooser() as chooser:
        dialog.get_by_text("Drop a file here").click()
    chooser.value.set_files({"name": "photo.png", "mimeType": "image/png", "buffer": b"x" * 99})
    dialog.get_by_text("'photo.png' is no kind of file that can be imported.").wait_for()


def test_a_database_offers_its_tables_and_a_query(page: Any, folder: Path) -> None:
    dialog = opened(page, "Database")
    dialog.get_by_label("Address").fill(f"sqlite:///{folder}/shop.db")
    dialog.get_by_role("textbox", name="Password").focus()
    looked(dialog, "price")
    dialog.get_by_label("Or a query").fill("SELECT max(price) AS top FROM orders")
    dialog.get_by_role("textbox", name="Password").focus()
    looked(dialog, "top")
    assert dialog.get_by_role("cell", name="2", exact=True).count() == 1


def test_a_password_leaves_the_address_and_is_never_shown(page: Any) -> None:
    dialog = opened(page, "Database")
    dialog.get_by_label("Address").fill("postgresql://me:s3cret@127.0.0.1:1/shop")
    dialog.get_by_role("textbox", name="Password").focus()
    dialog.get_by_text(re.compile(r"me:\*\*\*@127\.0\.0\.1:1/shop cannot be read")).wait_for()
    assert dialog.get_by_label("Address").input_value() == "postgresql://me@127.0.0.1:1/shop"
    assert "s3cret" not in page.content()


@pytest.mark.parametrize("page", [(390, "dark")], indirect=True)
def test_the_dialog_fits_a_phone(page: Any, folder: Path) -> None:
    dialog = opened(page, "This machine")
    dialog.get_by_label("Path of a file").fill(str(folder / "loans.csv"))
    looked(dialog, "decimal comma")
    box = dialog.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    content = page.locator(".MuiDialogContent-root")
    assert content.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    photograph(page, "import-narrow")

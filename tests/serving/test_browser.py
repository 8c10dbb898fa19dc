"""The page /docs in a real browser: sign in, ask, hear the answer; nothing comes from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.endpoints import Live, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
pytestmark = pytest.mark.browser


@pytest.fixture
def context() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_context()
        browser.close()


def _signed_in(context: Any, live: Live) -> Any:
    page = context.new_page()
    page.goto(f"{live.url}/docs")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Enter").click()
    page.get_by_text("This is not its token.").wait_for()
    page.get_by_label("Token").fill(live.token)
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("heading", name="Try it").wait_for()
    return page


def test_a_person_signs_in_and_asks(context: Any, live: Live) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    faults: list[str] = []
    context.on("weberror", lambda fault: faults.append(str(fault.error)))
    page = _signed_in(context, live)
    page.get_by_label("age", exact=True).fill("900")
    page.get_by_label("workclass").select_option("")
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_text("Answered in").wait_for()
    assert "900 is outside of" in page.locator(".warn").inner_text()
    assert page.locator(".bar").count() == 2
    page.get_by_text("The request as JSON").click()
    page.get_by_label("Body of POST /predict").fill('{"rows": []}')
    page.get_by_role("button", name="Ask the model").click()
    page.locator("#answer").get_by_text("There is no row in the request.").wait_for()
    page.get_by_role("tab", name="Python").click()
    assert page.get_by_text("import httpx").is_visible()
    assert f"{live.url}/predict" in page.locator("#python").inner_text()
    assert not faults
    assert all(url.startswith(live.url) for url in asked)
    assert all(live.token not in url for url in asked)


def test_markup_in_names_stays_text(context: Any, bundles: dict[str, Path], tmp_path: Path) -> None:
    with running(bundles["regression"], tmp_path) as live:
        page = _signed_in(context, live)
        page.get_by_role("button", name="Ask the model").click()
        page.get_by_text("Answered in").wait_for()
        assert page.get_by_role("heading", level=1).inner_text() == "tried & <tested>"
        assert page.locator("b, tested").count() == 0
        assert page.get_by_label('<b>bold</b> and "quoted"').is_visible()

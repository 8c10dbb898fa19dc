"""A report's page in a real browser, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.app.conftest import chromium  # noqa: F401
from workbench.core.report import Report
from workbench.views.html import page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_without_network_faults_or_sideways_scrolling(
    chromium: Callable[..., Browser], hostile: list[Report], tmp_path: Path, scheme: str, width: int
) -> None:
    browser = chromium()
    for report in hostile:
        path = tmp_path / f"{report.kind}.html"
        path.write_text(page(report), encoding="utf-8")
        tab = browser.new_page(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        asked: list[str] = []
        faults: list[str] = []
        tab.on("request", lambda r: asked.append(r.url))  # noqa: B023
        tab.on("console", lambda m: faults.append(m.text))  # noqa: B023
        tab.on("dialog", lambda d: faults.append(d.message))  # noqa: B023
        tab.goto(path.as_uri())
        assert asked == [path.as_uri()]
        assert not faults
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.close()

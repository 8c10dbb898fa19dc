"""Text from data is only ever text: every door and every picture, tried in Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.xss_app import DOORS, payload

pytestmark = pytest.mark.browser
DRAWN = {
    "roc",
    "calibration",
    "intervals",
    "importance",
    "groups",
    "drift",
    "beeswarm",
    "waterfall",
    "live-curve",
}  # on a canvas: there is no text to look for
UNSEEN = {"document-title", "picture", "slider"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app that shows one door a page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = Path(__file__).parents[2]
    log = (tmp_path_factory.mktemp("doors") / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.xss_app", str(port)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=log,
        stderr=log,
    )
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/?k=text", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def page(chromium: Callable[..., Any]) -> Any:
    return chromium().new_page(viewport={"width": 900, "height": 800})


@pytest.mark.parametrize("case", sorted(DOORS))
def test_a_payload_from_data_is_shown_and_never_run(doors: str, page: Any, case: str) -> None:
    page.goto(f"{doors}/?k={case}")
    page.get_by_role("heading", name="ready").wait_for()
    page.wait_for_timeout(350)
    if case in DRAWN:  # tooltips are made when the mouse comes by
        for y in range(120, 520, 40):
            for x in (200, 450, 700):
                page.mouse.move(x, y)
    else:
        page.mouse.move(200, 150)
    assert page.evaluate("window.__p") is None
    assert page.locator("img[src=x]").count() == 0
    if case not in DRAWN | UNSEEN:
        for _ in range(40):  # some come a moment after the page
            shown = page.get_by_text("onerror=").count()
            written = page.locator("input").evaluate_all("all => all.map(i => i.value).join()")
            if shown or payload(case) in written:
                break
            page.wait_for_timeout(250)
        assert shown or payload(case) in written
        assert page.evaluate("window.__p") is None


def test_the_payload_would_run_without_the_doors(page: Any) -> None:
    page.set_content(payload("bare"))
    page.wait_for_timeout(300)
    assert page.evaluate("window.__p") == ["bare"]

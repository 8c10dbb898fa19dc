"""A served app and one Chromium for the browser tests."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-background-networking"]
# panel-material-ui #548: harmless, seen on about half of the loads with plots
KNOWN_ERRORS = re.compile(r"reading 'top_panel'|ResizeObserver loop")


@dataclass
class Served:
    """The app of a workspace in a process of its own."""

    root: Path
    port: int
    token: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, page: str = "", **about: str) -> str:
        """An address with the token, as the terminal prints it."""
        asked = {"page": page, **about, "token": self.token}
        return f"{self.base}/?{'&'.join(f'{k}={v}' for k, v in asked.items() if v)}"

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client that holds the cookie."""
        cookies = {f"workbench-{self.port}": self.token}
        return httpx.Client(base_url=self.base, cookies=cookies, trust_env=False, **options)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        said = self.log.read_text(errors="replace")
        assert "Traceback" not in said, said[-6000:]


def start(root: Path, log: Path) -> Served:
    """Start the app on a free port and wait until it answers."""
    token = secrets.token_urlsafe(16)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.app", str(root), "--no-browser"],
            env={**os.environ, "WORKBENCH_APP_TOKEN": token, "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        found = re.search(rb"127\.0\.0\.1:(\d+)/", log.read_bytes())
        if found and _answers(int(found[1])):
            return Served(root, int(found[1]), token, process, log)
        time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the app did not start:\n{log.read_text()}")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 401
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app of an empty workspace."""
    folder = tmp_path_factory.mktemp("app")
    served = start(folder / "credit", folder / "app.log")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Callable[..., Any]]:
    """A function that opens one Chromium; the one before it is closed first."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened: list[Any] = []

        def open_browser(*more: str) -> Any:
            while opened:
                opened.pop().close()
            opened.append(
                playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more])
            )
            return opened[-1]

        yield open_browser
        for browser in opened:
            browser.close()


@dataclass
class Watch:
    """What a browser page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def foreign(self, base: str) -> list[str]:
        """Requests that left this server."""
        own = (base, base.replace("http", "ws", 1), "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]


def watched(page: Any) -> Watch:
    """Write down a page's requests and errors from now on."""
    found = Watch()
    page.on("request", lambda r: found.requests.append(r.url))
    page.on("websocket", lambda s: found.requests.append(s.url))

    def complain(error: Any) -> None:
        if not KNOWN_ERRORS.search(str(error)):
            found.errors.append(str(error))

    page.on("pageerror", complain)
    return found

"""A real Jupyter in a process of its own, on a folder of its own, with our extension from here.

An installed copy of the built front end may be older than the checkout's: ``JUPYTER_PATH`` comes
before every other place that Jupyter looks into.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from workbench.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "extensions" / "jupyterlab"
BASE = "/user/ada/"
TOKEN = "lab-token"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass
class Jupyter:
    """A running server and the folders that it sees."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=60)

    @property
    def work(self) -> Path:
        """Jupyter's root folder."""
        return self.home / "work"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE}"

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """A request to our handlers with the token."""
        headers = {"Authorization": f"token {TOKEN}", **options.pop("headers", {})}
        return self._client.request(
            method, f"workbench/api/{path}", json=body, headers=headers, **options
        )

    def rows(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", kind).raise_for_status().json()["rows"]
        return found

    def ended(self, job: str) -> dict[str, Any]:
        """The job's row once it has ended."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            row = next(r for r in self.rows("jobs") if r["id"] == job)
            if row["state"] not in ("queued", "running"):
                return row
            time.sleep(0.2)
        raise AssertionError(f"the job goes on and on: {row}")

    def stop(self) -> None:
        self._client.close()
        self._end()

    def restart(self) -> None:
        """End the server and start it again at the same address."""
        self._end()
        self.process = _begin(self.home, self.port, [str(a) for a in self.process.args], self.log)

    def _end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def start(home: Path, module: str, *more: str) -> Jupyter:
    """Start Jupyter on the folder ``home/work`` and wait until it answers."""
    port = _free_port()
    for name in ("work", "config/jupyter_server_config.d", "share/labextensions/@ml-workbench"):
        (home / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(
        EXTENSION / "server-config" / "workbench.json", home / "config" / "jupyter_server_config.d"
    )
    built = ROOT / "workbench" / "lab" / "labextension"
    (home / "share/labextensions/@ml-workbench/jupyterlab").symlink_to(built)
    _quiet(home / "settings")
    log = home / "jupyter.log"
    command = [
        sys.executable, "-m", module, "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.base_url={BASE}",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home / 'work'}", *more,
    ]  # fmt: skip
    return Jupyter(home, port, _begin(home, port, command, log), log)


def _begin(home: Path, port: int, command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=_environment(home), stdout=out, stderr=subprocess.STDOUT, cwd=home,
            start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}{BASE}api", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise AssertionError(f"Jupyter did not start:\n{log.read_text()[-4000:]}")


def _environment(home: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTER_PATH": home / "share",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
        "PYTHONPATH": ROOT,
        "JUPYTER_PLATFORM_DIRS": "1",
        "OMP_NUM_THREADS": "1",
    }
    inherited = {k: v for k, v in os.environ.items() if k != "WORKBENCH_WORKSPACE"}
    return inherited | {name: str(value) for name, value in own.items()}


def _quiet(settings: Path) -> None:
    """No news and no update notes over what is to be clicked."""
    plugin = settings / "@jupyterlab" / "apputils-extension"
    plugin.mkdir(parents=True, exist_ok=True)
    told = {"fetchNews": "false", "checkForUpdates": False}
    (plugin / "notification.jupyterlab-settings").write_text(json.dumps(told))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def filled(folder: Path) -> Workspace:
    """A workspace with a data set, two runs, and a champion that was exported."""
    ws = Workspace(folder)
    data = ws.import_data("breast_cancer")
    runs = ws.train(data, families=["logistic", "histboost"])
    ws.promote(runs.best)
    runs.best.export()
    return ws


@pytest.fixture(scope="module")
def chromium() -> Iterator[Callable[..., Any]]:
    """A function that opens a page of a Jupyter; all are closed in the end."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def opened(lab: Jupyter, path: str = "", width: int = 1440, height: int = 900) -> Any:
            context = browser.new_context(
                viewport={"width": width, "height": height}, reduced_motion="reduce"
            )
            context.set_default_timeout(60_000)
            page = context.new_page()
            page.outside = []
            page.on("request", lambda r: _note(page.outside, r.url, lab))
            page.on("websocket", lambda s: _note(page.outside, s.url, lab))
            name = f"w{time.monotonic_ns()}"  # else the layout of the last test comes back
            page.goto(f"{lab.url}lab/workspaces/{name}{path}?token={TOKEN}&reset")
            page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored")
            page.evaluate("async () => { await window.jupyterapp.restored }")
            page.locator("#jupyterlab-splash").wait_for(state="detached")
            return page

        yield opened
        browser.close()


def _note(outside: list[str], url: str, lab: Jupyter) -> None:
    if f"127.0.0.1:{lab.port}" not in url and not url.startswith(("data:", "blob:", "about:")):
        outside.append(url)


def command(page: Any, name: str, **args: Any) -> None:
    """Carry out one of Lab's commands."""
    page.evaluate(
        "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args) }",
        [name, args],
    )

"""The app in a notebook: on Jupyter's own path, or from a server that ends with the kernel."""

from __future__ import annotations

import http.server
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import workbench as wb
from tests.app.conftest import chromium, watched
from workbench.core.tickets import ticket
from workbench.notebook import frame
from workbench.workspace import Workspace

pytest.importorskip("panel_material_ui", reason="the app comes with the extra app")
__all__ = ["chromium"]


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path_factory.mktemp("frame") / "credit")
    made.import_data("breast_cancer")
    return made


@pytest.fixture(scope="module")
def served(ws: Workspace) -> Iterator[frame.Served]:
    ws.app()
    found = frame._SERVERS.pop(ws.root)
    frame._SERVERS[ws.root] = found
    yield found
    found.process.terminate()
    found.process.wait(20)
    del frame._SERVERS[ws.root]


def get(address: str, **headers: str) -> httpx.Response:
    return httpx.get(address, headers=headers, trust_env=False)


def test_a_ticket_becomes_the_cookie_and_pages_of_this_machine_may_frame(
    ws: Workspace, served: frame.Served
) -> None:
    answer = get(ws.app("compare", runs="a,b").address)
    assert answer.status_code == 303 and answer.headers["location"] == "/?page=compare&runs=a%2Cb"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert served.token not in ws.app()._repr_html_()  # an output is saved and sent on
    cookies = {answer.cookies.jar._cookies["127.0.0.1"]["/"].popitem()[0]: served.token}
    page = httpx.get(served.address, cookies=cookies, trust_env=False)
    assert page.status_code == 200
    assert "http://localhost:*" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers


def test_nobody_else_comes_in(served: frame.Served) -> None:
    old = ticket(served.token, now=time.time() - 100)
    assert get(served.address).status_code == 401
    assert get(f"{served.address}?ticket={old}").status_code == 401
    assert get(f"{served.address}?ticket={ticket('x')}").status_code == 401
    fresh = f"{served.address}?ticket={ticket(served.token)}"
    assert get(fresh, Host="evil.test").status_code == 421
    assert get(fresh, Origin="http://evil.test").status_code == 403


def test_one_server_does_for_all_cells(ws: Workspace, served: frame.Served) -> None:
    assert wb.app(ws).address.startswith(served.address)
    assert frame._SERVERS[ws.root].process is served.process


def test_wb_app_can_be_called_whatever_was_imported_before() -> None:
    code = (
        "import workbench as wb, workbench.app; assert callable(wb.app); from workbench import app"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_server_ends_with_its_kernel(tmp_path: Path) -> None:
    code = (
        "import os, workbench as wb\nfrom workbench.notebook import frame\n"
        f"ws = wb.open({str(tmp_path / 'ws')!r})\nws.app()\n"
        "print(frame._SERVERS[ws.root].address, flush=True)\nos.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    address = done.stdout.strip()
    assert done.returncode == -9 and address.startswith("http://127.0.0.1:")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            get(address)
        except httpx.TransportError:
            return
        time.sleep(0.2)
    raise AssertionError("it is still there")


def test_behind_jupyter_the_frame_is_on_jupyters_own_path(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("JPY_PARENT_PID", "77")
    monkeypatch.setenv("WORKBENCH_JUPYTER_APP", "/user/eve/workbench-app/")
    shown = tmp_path / "workbench-77"
    shown.write_text(str(ws.root))
    assert ws.app("data").address == "/user/eve/workbench-app/?page=data"
    # Jupyter shows another workspace, shows none, or has not written down what it shows
    for other in (str(tmp_path), ""):
        shown.write_text(other)
        assert ws.app().address.startswith("http://127.0.0.1:")
    shown.unlink()
    assert ws.app().address.startswith("http://127.0.0.1:")


def test_a_name_in_the_address_stays_text() -> None:
    html = frame.Frame("/x/?page=</script><img src=x onerror=alert(1)>")._repr_html_()
    assert "<img" not in html and html.count("</script>") == 1


@pytest.mark.browser
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_this_machine_shows_the_app(
    ws: Workspace, served: frame.Served, chromium: Callable[..., Any], tmp_path: Path, host: str
) -> None:
    """As in a notebook: the output of the cell, in a page of another port."""
    html = f"<!doctype html><title>Notebook</title>{ws.app('data')._repr_html_()}"
    (tmp_path / "index.html").write_text(html)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, directory=str(tmp_path), **more)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium().new_page()
        watch = watched(page)
        page.goto(f"http://{host}:{server.server_port}/")
        inside = page.frame_locator("iframe")
        inside.get_by_text(re.compile("breast_cancer")).first.wait_for(timeout=60_000)
        assert not [e for e in watch.errors if "frame" in e]
        server.shutdown()

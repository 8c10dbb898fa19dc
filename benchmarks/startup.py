"""Start-up: import, ``--help``, each server from its start to its first answer, and to its first
page in a browser.

Peers: ``panel serve`` of one line, ``mlflow server``, explainerdashboard on 1,000 rows of LightGBM.
"""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import (
    Sample,
    Subject,
    arguments,
    free_port,
    machine,
    rounds,
    run_command,
    serve,
    table,
    write,
)
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
Look = Callable[[str, str, str], Callable[[], None]]  # url, selector, cookie -> wait until seen


def commands() -> list[Subject]:
    python = sys.executable
    return [
        Subject("import workbench", lambda: run_command([python, "-c", "import workbench"]), True),
        Subject(
            "workbench --help", lambda: run_command([python, "-m", "workbench.cli", "--help"]), True
        ),
        Subject("import panel", lambda: run_command([python, "-c", "import panel"])),
        Subject("import mlflow", lambda: run_command([python, "-c", "import mlflow"])),
        Subject("python -c pass", lambda: run_command([python, "-c", "pass"])),
    ]


def app(workspace: str, look: Look) -> Sample:
    port, token = free_port(), secrets.token_urlsafe(16)
    command = [sys.executable, "-m", "workbench.cli", "--workspace", workspace, "app"]
    command += ["--port", str(port), "--no-browser"]
    url, cookie = f"http://127.0.0.1:{port}/", f"workbench-{port}={token}"
    env = {"WORKBENCH_APP_TOKEN": token}
    return serve(command, url, env=env, cookie=cookie, then=look(url, "h1", cookie))


def panel_hello(look: Look) -> Sample:
    port = free_port()
    command = [sys.executable, "-m", "panel", "serve", str(HERE / "peers" / "panel_hello.py")]
    url = f"http://127.0.0.1:{port}/panel_hello"
    return serve([*command, "--port", str(port)], url, then=look(url, "text=Hello", ""))


def mlflow_server(python: str, look: Look) -> Sample:
    port, folder = free_port(), tempfile.mkdtemp()
    command = [python, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    url = f"http://127.0.0.1:{port}/"
    try:
        return serve(command, f"{url}health", then=look(url, "text=Experiments", ""))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def explainer(python: str, look: Look) -> Sample:
    port = free_port()
    command = [python, str(HERE / "peers" / "explainer.py"), str(port)]
    url = f"http://127.0.0.1:{port}/"
    return serve(
        command, f"{url}_dash-layout", then=look(url, "h1,h2,h3,.card-title >> visible=true", "")
    )


def servers(workspace: str, peers: str, look: Look) -> list[Subject]:
    found = [
        Subject("workbench app", lambda: app(workspace, look), True),
        Subject("panel serve, one line", lambda: panel_hello(look)),
    ]
    if peers:
        found += [
            Subject("mlflow server, 1 worker", lambda: mlflow_server(peers, look)),
            Subject("explainerdashboard, 1,000 rows", lambda: explainer(peers, look)),
        ]
    return found


def unseen(url: str, selector: str, cookie: str) -> Callable[[], None]:
    return lambda: None


def in_browser(browser: Browser) -> Look:
    """Wait until the page shows its first heading; the browser itself runs already."""

    def look(url: str, selector: str, cookie: str) -> Callable[[], None]:
        def seen() -> None:
            context = browser.new_context()
            if cookie:
                name, _, value = cookie.partition("=")
                context.add_cookies([{"name": name, "value": value, "url": url}])
            page = context.new_page()
            page.goto(url)
            page.locator(selector).first.wait_for(timeout=60_000)
            context.close()

        return seen

    return look


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    print(machine())
    found = rounds(commands(), options.rounds)
    print(table(found, "workbench --help"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run_command([sys.executable, "-m", "workbench.cli", "init", folder, "--quiet"])
        ports = rounds(servers(folder, options.peers, unseen), options.rounds)
        print("\nTo the first answer\n\n" + table(ports, "workbench app"))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        pages = rounds(servers(folder, options.peers, in_browser(browser)), options.rounds)
        print("\nTo the first page in a browser\n\n" + table(pages, "workbench app"))
        browser.close()
    write(options.json, {**found, **{f"{k}, page": v for k, v in pages.items()}, **ports})


if __name__ == "__main__":
    main()

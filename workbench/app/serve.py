"""Start the app: one server on this machine's own address, behind our door."""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
import threading
import traceback
import webbrowser
from importlib import import_module
from typing import Any

import panel as pn
from tornado.websocket import WebSocketClosedError

from workbench.app.door import Guard, ProxyGuard
from workbench.app.reports import ReportHandler
from workbench.app.scripts import STATIC
from workbench.app.shell import Shell
from workbench.core.doors import Door, new_token, write_token
from workbench.core.errors import UsageError
from workbench.workspace import Workspace

HOST = "127.0.0.1"
WARM_AFTER = 4.0  # seconds after the first page: imports in a thread hold it up
HEAVY = ("workbench.actions.train", "workbench.actions.compare")
log = logging.getLogger("workbench.app")


class App:
    """The app of one workspace, listening.

    Parameters
    ----------
    root
        The workspace's folder.
    port
        0 takes a free one.
    token
        The secret that opens the door; a fresh one by default.
    """

    def __init__(
        self, root: str | os.PathLike[str], *, port: int = 0, token: str | None = None
    ) -> None:
        self.workspace = Workspace(root)
        self.port = port or _free_port()
        self.token = token or new_token()
        guard = Guard(Door.loopback(self.port, self.token), self.port)
        names = [f"{name}:{self.port}" for name in (HOST, "localhost")]
        self._open(guard, port=self.port, address=HOST, websocket_origin=names)

    def _open(self, guard: Guard | ProxyGuard, **where: Any) -> None:
        self._warmed = threading.Event()
        pn.extension(notifications=True, js_files={"children": "assets/children.js"})
        self.server = self._listen(**where)
        guard.protect(self.server._tornado)

    @property
    def url(self) -> str:
        """The address to open; it holds the token, so it belongs into no log."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def run(self, *, browser: bool = True) -> None:
        """Answer until the process is told to stop."""
        for name in ("asyncio", "bokeh.server.views.ws", "tornado.application"):
            logging.getLogger(name).addFilter(_still_here)
        if browser:
            self.server.io_loop.call_later(0.1, _show, self.url)
        self.server.run_until_shutdown()

    def page(self) -> Any:
        """What one browser session gets."""
        shell = Shell(self.workspace)
        pn.state.onload(self._warm)
        return shell.root

    def _listen(self, **where: Any) -> Any:
        try:
            return pn.io.server.get_server(
                {"/": self.page},
                **where,
                static_dirs={"assets": str(STATIC)},
                extra_patterns=[(r"/reports/drift/(.+)", ReportHandler, {"app": self})],
                title="Workbench",
                show=False,
                start=False,
            )
        except OSError as error:
            raise UsageError(
                f"Port {self.port} of this machine is taken.", "Choose another one: --port 0."
            ) from error

    def _warm(self) -> None:
        """Import what the first click will need, in a thread, once the first page is out."""
        if not self._warmed.is_set():
            self._warmed.set()
            timer = threading.Timer(WARM_AFTER, _import_heavy)
            timer.daemon = True
            timer.start()


def _still_here(record: logging.LogRecord) -> bool:
    """Not what is said when a tab was closed while something was on its way to it."""
    error = record.exc_info[1] if record.exc_info else None
    gone = isinstance(error, WebSocketClosedError) or "connection was closed" in record.getMessage()
    return not (gone or _never_met(error))


def _never_met(error: BaseException | None) -> bool:
    """Whether a tab was closed before Bokeh had given its connection a session."""
    if not isinstance(error, AssertionError):
        return False
    *_, last = traceback.extract_tb(error.__traceback__)
    return last.filename.endswith("connection.py") and last.name == "session"


def _import_heavy() -> None:
    for module in HEAVY:
        import_module(module)
    # Panel collects garbage after each session that ends, and everybody waits for it meanwhile:
    # what libraries hold for good, most of all objects by now, need not be looked through
    gc.freeze()


def _show(url: str) -> None:
    # in a thread: some browsers' launchers wait
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def serve(
    root: str | os.PathLike[str],
    *,
    port: int = 0,
    browser: bool = True,
    token: str | None = None,
) -> None:
    """Serve the app of the workspace at ``root`` until interrupted; prints its address once.

    A terminal gets the address with the token in it. Output that goes to a file gets the name of
    a file that holds it, for this user alone: logs are read by others.
    """
    app = App(root, port=port, token=token)
    if sys.stdout.isatty():
        print(f"Workbench is at {app.url}", flush=True)
    else:
        place = app.workspace.root / "app" / f"address-{app.port}"
        write_token(place, app.url)
        print(f"Workbench is at http://{HOST}:{app.port}/ (with its token in {place})", flush=True)
    app.run(browser=browser)

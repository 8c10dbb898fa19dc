"""The app inside Jupyter: behind its proxy, and on whichever workspace Jupyter shows."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import panel as pn
from tornado.ioloop import PeriodicCallback

from workbench.app import ui
from workbench.app.door import ProxyGuard
from workbench.app.serve import HOST, App
from workbench.core.doors import ProxyDoor
from workbench.core.errors import NotFound, WorkbenchError
from workbench.core.files import identity
from workbench.core.settings import FILE
from workbench.workspace import Workspace

ALONE = 2000  # milliseconds between two looks whether Jupyter is still there


class FramedApp(App):
    """The app of the workspace that a file names at the moment; a new session looks again.

    Parameters
    ----------
    told
        A file that holds the path of the workspace's folder.
    secret
        What the proxy sends with each request.
    socket
        The unix socket to listen on; a port of this machine's own address otherwise.
    """

    def __init__(self, told: Path, *, secret: str, socket: str = "", port: int = 0) -> None:
        self.told = told
        self.port = port
        self._held: tuple[tuple[str, tuple[int, int, int]], Workspace] | None = None
        where: dict[str, Any] = {"unix_socket": socket} if socket else {"port": port}
        if not socket:
            where["address"] = HOST
        # Bokeh knows no name that the proxy was called by; the guard has looked at the Origin
        logging.getLogger("bokeh.server.util").setLevel(logging.ERROR)
        self._open(ProxyGuard(ProxyDoor(secret)), websocket_origin=["*"], **where)

    @property
    def workspace(self) -> Workspace:  # type: ignore[override]
        """The workspace of the moment.

        Raises
        ------
        NotFound
            It is not there, or not any more.
        """
        folder = self.told.read_text("utf-8") if self.told.is_file() else ""
        if not folder or not (Path(folder) / FILE).is_file():
            self._held = None  # what comes back under this name is looked at afresh
            raise NotFound(
                "There is no workspace to show.",
                "Choose or make one in the Workbench side bar, then open this page again.",
            )
        key = folder, identity(Path(folder) / FILE)
        if self._held is None or self._held[0] != key:
            self._held = key, Workspace(folder)
        return self._held[1]

    def page(self) -> Any:
        try:
            return super().page()
        except WorkbenchError as error:
            return pn.Column(ui.failed(error.sentence, error.hint), margin=24)

    def run(self, *, browser: bool = False) -> None:
        parent = os.getppid()

        def look() -> None:
            if os.getppid() != parent:  # Jupyter was killed, and could not end us
                self.server.io_loop.stop()

        PeriodicCallback(look, ALONE).start()
        super().run(browser=False)


def serve_framed(told: str, *, secret: str, socket: str = "", port: int = 0) -> None:
    """Serve the app behind Jupyter's proxy until it ends."""
    FramedApp(Path(told), secret=secret, socket=socket, port=port).run()

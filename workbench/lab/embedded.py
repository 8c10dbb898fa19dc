"""The app inside Jupyter: started when first asked for, behind Jupyter's own login.

jupyter-server-proxy starts the process on a unix socket that only this user can reach, and sends
a secret with each request, so that nobody else on this machine comes in where there are none.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

APP = "workbench-app"
SECRET = "WORKBENCH_PROXY_SECRET"  # noqa: S105 - the variable's name
HEADER = "X-Workbench-Proxy"
PATIENCE = 90.0  # seconds that the app may take to start on a busy machine


def handlers(base: str, told: Path) -> list[Any]:
    """The handlers of the app below Jupyter's base URL."""
    try:
        from jupyter_server_proxy.config import ServerProcess, make_handlers
    except ImportError:
        return [(url_path_join(base, APP) + ".*", Absent)]
    secret = secrets.token_urlsafe(32)
    unix = os.name == "posix"
    where = ["--unix-socket", "{unix_socket}"] if unix else ["--port", "{port}"]
    process = ServerProcess(
        name=APP,
        command=[sys.executable, "-m", "workbench.app", "--follow", _literal(told), *where],
        environment={SECRET: secret},
        request_headers_override={HEADER: secret},
        unix_socket=unix,
        timeout=PATIENCE,
        absolute_url=False,
        launcher_entry={"enabled": False, "title": "Workbench"},
    )
    return list(make_handlers(base, [process]))


def _literal(path: Path) -> str:
    """A path that the proxy's templates leave as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


class Absent(JupyterHandler):
    """Says what is missing."""

    @web.authenticated
    def get(self) -> None:
        self.set_status(501)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(
            "The app in a tab needs jupyter-server-proxy. "
            "Install it with: pip install 'ml-workbench[jupyter]'\n"
        )

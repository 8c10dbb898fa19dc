"""``python -m workbench.app.inline FOLDER``: the app for the notebook that started it.

Pages of this machine may frame it, and a ticket opens the door instead of the token. It ends with
the kernel, whose end it notices by its standard input.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform

from workbench.app.door import Exchange
from workbench.app.serve import HOST, App
from workbench.core.doors import Door
from workbench.core.errors import Refused
from workbench.core.tickets import admits

# Jupyter's pages on this machine, whatever their port
FRAMES = "frame-ancestors 'self' http://127.0.0.1:* http://localhost:* https://localhost:*"


class Tickets:
    """Stands before an app's own door and lets in who holds a ticket; the rest is the door's."""

    def __init__(self, port: int, token: str) -> None:
        self.door = Door.loopback(port, token)
        self.keep = {"cookie": f"workbench-{port}", "token": token}

    def protect(self, application: Application) -> None:
        """Put this before ``application``."""
        find = application.find_handler

        def find_handler(request: HTTPServerRequest, **options: Any) -> Any:
            if self._holds_one(request):
                return application.get_handler_delegate(request, TicketExchange, self.keep)
            return find(request, **options)

        application.find_handler = find_handler  # type: ignore[method-assign]
        application.add_transform(FramedByNotebooks)

    def _holds_one(self, request: HTTPServerRequest) -> bool:
        given = request.query_arguments.get("ticket")
        headers = request.headers
        try:
            self.door.check_page(headers.get("Host"), headers.get("Origin"))
        except Refused:
            return False
        return bool(given) and admits(self.door.token, given[-1].decode("utf-8", "replace"))


class TicketExchange(Exchange):
    """Turns a ticket into the cookie."""

    def get(self, *path: str) -> None:
        """To the same page, without the ticket."""
        rest = [p for p in parse_qsl(self.request.query) if p[0] != "ticket"]
        self.request.query = urlencode(rest)
        super().get(*path)


class FramedByNotebooks(OutputTransform):
    """Lets pages of this machine frame the app."""

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        headers.pop("X-Frame-Options", None)  # it knows no list of pages
        if "frame-ancestors 'none'" in headers.get("Content-Security-Policy", ""):
            headers["Content-Security-Policy"] = FRAMES
        return status_code, headers, chunk


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="workbench.app.inline")
    parser.add_argument("folder")
    app = App(parser.parse_args().folder, token=os.environ.pop("WORKBENCH_APP_TOKEN"))
    tornado: Application = app.server._tornado  # noqa: SLF001 - Bokeh keeps it private
    Tickets(app.port, app.token).protect(tornado)
    threading.Thread(target=_end_with_the_kernel, daemon=True).start()
    sys.stdout.write(f"http://{HOST}:{app.port}/\n")  # read by the kernel
    sys.stdout.flush()
    app.run(browser=False)


def _end_with_the_kernel() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()

"""The door around the app's server: Host, Origin, token, safe headers, and a discreet log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform, RequestHandler

from workbench.core.doors import FRAMED, HEADERS, Door, ProxyDoor
from workbench.core.errors import Refused

log = logging.getLogger("workbench.app.access")

PROXY = "X-Workbench-Proxy"  # the header with the secret of Jupyter's proxy
Instead = tuple[type[RequestHandler], dict[str, Any]]  # who answers in place of the app


class Guard:
    """Stands before every handler of a server, the websocket's included.

    The token comes once, as ``?token=...`` in the address that the terminal shows. It is
    exchanged for a cookie at once, so that it stays in no address bar, history or log.
    """

    def __init__(self, door: Door, port: int) -> None:
        self.door = door
        self.cookie = f"workbench-{port}"  # cookies know no ports: two apps must not share one

    def protect(self, application: Application) -> None:
        """Put this guard before ``application``."""
        stand_before(application, self._turned, SafeHeaders)

    def _turned(self, request: HTTPServerRequest) -> Instead | None:
        refused = self._refused(request)
        if refused is not None:
            return Refusal, {"why": refused}
        if "token" in request.query_arguments:
            return Exchange, {"cookie": self.cookie, "token": self.door.token}
        return None

    def _refused(self, request: HTTPServerRequest) -> Refused | None:
        headers = request.headers
        try:
            self.door.check(headers.get("Host"), headers.get("Origin"), self._token(request))
        except Refused as refused:
            return refused
        return None

    def _token(self, request: HTTPServerRequest) -> str | None:
        given = request.query_arguments.get("token")
        if given:
            return given[-1].decode("utf-8", "replace")
        morsel = request.cookies.get(self.cookie)
        return morsel.value if morsel else None


class ProxyGuard:
    """Stands behind Jupyter's proxy, which has asked for the login: nobody else comes in."""

    def __init__(self, door: ProxyDoor) -> None:
        self.door = door

    def protect(self, application: Application) -> None:
        """Put this guard before ``application``."""
        stand_before(application, self._turned, FramedHeaders)

    def _turned(self, request: HTTPServerRequest) -> Instead | None:
        headers = request.headers
        names = headers.get("Host"), headers.get("X-Forwarded-Host")
        try:
            self.door.check(headers.get(PROXY), headers.get("Origin"), names)
        except Refused as refused:
            return Refusal, {"why": refused}
        return None


def stand_before(
    application: Application,
    turned: Callable[[HTTPServerRequest], Instead | None],
    headers: type[OutputTransform],
) -> None:
    """Ask ``turned`` before every handler, the websocket's included; its answer goes first."""
    find = application.find_handler

    def find_handler(request: HTTPServerRequest, **options: Any) -> Any:
        instead = turned(request)
        if instead is not None:
            return application.get_handler_delegate(request, *instead)
        return find(request, **options)

    application.find_handler = find_handler  # type: ignore[method-assign]
    application.add_transform(headers)
    application.settings["log_function"] = write_access


class Refusal(RequestHandler):
    """Says no in one sentence and runs nothing else."""

    def initialize(self, why: Refused) -> None:
        self.why = why

    def prepare(self) -> None:
        self.set_status(self.why.http_status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        hint = (
            "Open the address that 'workbench app' printed." if self.why.http_status == 401 else ""
        )
        self.finish(f"{self.why.sentence} {hint}".strip() + "\n")

    def check_xsrf_cookie(self) -> None:
        pass  # nothing is done here that could be forged


class Exchange(RequestHandler):
    """Turns the token in the address into a cookie that scripts and other sites never see."""

    def initialize(self, cookie: str, token: str) -> None:
        self.keep = cookie, token

    def get(self, *_: str) -> None:
        name, token = self.keep
        self.set_cookie(name, token, httponly=True, samesite="Strict", path="/", expires_days=None)
        rest = urlencode([p for p in parse_qsl(self.request.query) if p[0] != "token"])
        # "//host" would lead away from here
        path = "/" + self.request.path.lstrip("/\\")
        self.set_header("Cache-Control", "no-store")
        self.redirect(path + (f"?{rest}" if rest else ""), status=303)


class SafeHeaders(OutputTransform):
    """Adds the safe headers to every reply that does not bring stricter ones of its own."""

    headers: ClassVar[Mapping[str, str]] = HEADERS

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name, value in self.headers.items():
            if name not in headers:
                headers[name] = value
        return status_code, headers, chunk


class FramedHeaders(SafeHeaders):
    """Jupyter shows these pages inside its own."""

    headers = FRAMED


def write_access(handler: RequestHandler) -> None:
    """One line for a request, without its query: that is where secrets would be."""
    request = handler.request
    status = handler.get_status()
    level = logging.INFO if status < 400 else logging.WARNING
    took = 1000 * request.request_time()
    log.log(level, "%s %s %s %.0f ms", status, request.method, request.path, took)

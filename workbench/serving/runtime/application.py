"""The application: which request gets which answer, and who gets none. Bare ASGI."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

import msgspec

from workbench.core.doors import HEADERS, Door
from workbench.core.errors import Refused, WorkbenchError
from workbench.serving.runtime import openapi, page
from workbench.serving.runtime.metrics import KIND
from workbench.serving.runtime.problem import Disconnected, HttpError, Reply, problem
from workbench.serving.runtime.requestlog import RequestLog
from workbench.serving.runtime.service import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_BYTES = 8 << 20
BODY_WITHIN = 15.0  # seconds from the headers to the end of the body
UNREAD = 32 << 20  # bytes of a refused body that are read all the same, so that the answer is heard
DRAIN_WITHIN = 2.0  # seconds for those

_HEADERS = tuple((n.lower().encode(), v.encode()) for n, v in HEADERS.items())
_HEADERS = (*_HEADERS, (b"cache-control", b"no-store"))
SIGN_IN = "A valid token is needed: Authorization: Bearer TOKEN."
METHODS = {
    "/health": "GET",
    "/predict": "POST",
    "/docs": "GET",
    "/openapi.json": "GET",
    "/metrics": "GET",
    "/": "GET",
}


@dataclass(slots=True)
class Caller:
    """The headers that matter."""

    host: str | None = None
    origin: str | None = None
    authorization: str = ""
    cookie: str = ""
    kind: str = ""
    encoding: str = ""
    accept: str = ""
    length: int | None = None

    @classmethod
    def of(cls, scope: Scope) -> Caller:
        caller = cls()
        for name, value in scope["headers"]:
            key = _FIELDS.get(name)
            if key is None:
                continue
            if key == "host" and caller.host is not None:
                raise HttpError(400, "The request has two Host headers.")
            text = value.decode("latin-1")
            if key == "length":
                caller.length = int(text) if text.isdigit() else None
            else:
                setattr(caller, key, text)
        return caller


_FIELDS = {
    b"host": "host",
    b"origin": "origin",
    b"authorization": "authorization",
    b"cookie": "cookie",
    b"content-type": "kind",
    b"content-encoding": "encoding",
    b"accept": "accept",
    b"content-length": "length",
}


class Application:
    """Answers the requests of one endpoint.

    Parameters
    ----------
    service
        What answers ``/predict``.
    door
        Who may come in: Host and Origin for all addresses, the token for all but ``/health``.
    port
        Names the cookie: cookies know no ports, and two endpoints must not share one.
    """

    def __init__(self, service: Service, door: Door, port: int, log: RequestLog) -> None:
        self.service = service
        self.door = door
        self.draining = False
        self.log = log
        self._cookie = f"workbench-{port}"
        manifest = service.model.manifest
        self._openapi = msgspec.json.encode(openapi.document(manifest))
        self._page = page.document(manifest)
        self._sign_in = page.sign_in(manifest)
        self._health = {"model": manifest.name, "run_id": manifest.run_id}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        start = time.perf_counter()
        try:
            reply = await self._reply(scope, receive)
        except WorkbenchError as error:
            reply = problem(error)
        except Disconnected:
            return
        except Exception:  # noqa: BLE001 - the outer rim: no trace may reach the caller
            traceback.print_exc()
            reply = problem(HttpError(500, "The server failed.", "Its log says more."))
        await self._send(send, reply)
        seconds = time.perf_counter() - start
        route = scope["path"] if scope["path"] in METHODS else "other"
        self.service.metrics.request(route, reply.status, seconds)
        self.log.add(scope["method"], route, reply.status, seconds)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        caller = Caller.of(scope)
        path, method = scope["path"], scope["method"]
        self.door.check_page(caller.host, caller.origin)
        if path == "/docs" and not self._known(caller):
            return self._enter(scope, caller)
        if path != "/health" and not self._known(caller):
            raise Refused(401, SIGN_IN)
        if path == "/docs" and method == "POST":
            return self._with_cookie(204)
        allowed = METHODS.get(path)
        if allowed is None:
            raise HttpError(404, "There is nothing at this address.", "See /docs.")
        if method != allowed and not (method == "HEAD" and allowed == "GET"):
            allow = b"GET, HEAD" if allowed == "GET" else allowed.encode()
            raise HttpError(405, f"This address takes {allowed}.", headers=((b"allow", allow),))
        if path == "/predict":
            return await self._predict(caller, receive)
        return self._get(path)

    async def _predict(self, caller: Caller, receive: Receive) -> Reply:
        if caller.kind.partition(";")[0].strip().lower() != "application/json":
            raise HttpError(415, "The body must be application/json.", "Set Content-Type.")
        if caller.encoding not in ("", "identity"):
            raise HttpError(415, "Compressed bodies are not read.", "Send it as it is.")
        body = await _read(receive, caller.length)
        return await self.service.answer(body)

    def _get(self, path: str) -> Reply:
        if path == "/health":
            status = "draining" if self.draining else "ready"
            body = msgspec.json.encode({"status": status, **self._health})
            return Reply(503 if self.draining else 200, body)
        if path == "/openapi.json":
            return Reply(200, self._openapi)
        if path == "/metrics":
            return Reply(200, self.service.metrics.page(), KIND)
        if path == "/":
            return Reply(303, b"", headers=((b"location", b"/docs"),))
        return _html(200, self._page)

    def _known(self, caller: Caller) -> bool:
        scheme, _, token = caller.authorization.partition(" ")
        if scheme.lower() == "bearer" and self.door.knows(token.strip()):
            return True
        return bool(caller.cookie) and self.door.knows(self._kept(caller.cookie))

    def _kept(self, cookie: str) -> str | None:
        try:
            found = SimpleCookie(cookie).get(self._cookie)
        except CookieError:
            return None
        return found.value if found is not None else None

    def _enter(self, scope: Scope, caller: Caller) -> Reply:
        """``/docs`` for somebody who has not shown the token: a person is asked for it.

        One who comes with ``?token=...`` gets a cookie, and it leaves the address bar at once.
        """
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[-1]
        if scope["method"] == "GET" and given and self.door.knows(given):
            return self._with_cookie(303)
        if scope["method"] == "GET" and "text/html" in caller.accept:
            return _html(401, self._sign_in)
        raise Refused(401, SIGN_IN)

    def _with_cookie(self, status: int) -> Reply:
        cookie = f"{self._cookie}={self.door.token}; Path=/; HttpOnly; SameSite=Strict"
        headers = ((b"location", b"/docs"),) if status == 303 else ()
        return Reply(status, b"", headers=(*headers, (b"set-cookie", cookie.encode())))

    async def _send(self, send: Send, reply: Reply) -> None:
        own = dict(reply.headers)
        headers = [(n, v) for n, v in _HEADERS if n not in own]
        headers += [
            (b"content-type", reply.kind),
            (b"content-length", str(len(reply.body)).encode()),
            *reply.headers,
        ]
        if reply.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        if self.draining or reply.status in (408, 413):
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def _html(status: int, document: page.Page) -> Reply:
    body, policy = document.with_nonce()
    headers = ((b"content-security-policy", policy),)
    return Reply(status, body, b"text/html; charset=utf-8", headers)


async def _read(receive: Receive, length: int | None) -> bytes:
    """The whole body, within its limits of size and time."""
    if length is not None and length > BODY_BYTES:
        await _drain(receive)
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await _gathered(receive)
    except TimeoutError:
        raise HttpError(408, f"The body took more than {BODY_WITHIN:g} seconds.") from None


async def _gathered(receive: Receive) -> bytes:
    body, more = await _part(receive)
    if more:
        parts, size = [body], len(body)
        while more and size <= BODY_BYTES:
            body, more = await _part(receive)
            parts.append(body)
            size += len(body)
        body = b"".join(parts)
    if len(body) > BODY_BYTES:
        if more:
            await _drain(receive)
        raise _too_large()
    return body


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), message.get("more_body", False)


async def _drain(receive: Receive) -> None:
    """Read on for a moment and keep nothing: a client that still sends hears no answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_WITHIN):
            size, more = 0, True
            while more and size < UNREAD:
                body, more = await _part(receive)
                size += len(body)


def _too_large() -> HttpError:
    return HttpError(
        413,
        f"A body may have {BODY_BYTES >> 20} MB.",
        "Send the rows in several requests.",
    )

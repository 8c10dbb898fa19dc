"""Connections that wait for nobody for ever: limits on a request while it arrives.

uvicorn bounds neither the time nor the size of headers: forty half-open requests held it for as
long as they liked. How long a body may take and how large it may be is said in
:mod:`.application`; the limits here are wider and end what did not listen to that.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from workbench.core.doors import HEADERS
from workbench.serving.runtime.problem import PROBLEM, HttpError, problem

HEADERS_WITHIN = 10.0  # seconds from the first byte (or the connection) to the end of the headers
MESSAGE_WITHIN = 20.0  # seconds from there to the end of the body, whatever was answered meanwhile
HEADER_BYTES = 32 << 10
MESSAGE_BYTES = 64 << 20  # a body in chunks of one byte takes six times its size
MOST = 512  # connections; more are closed at once

_OFFER = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)
_TOO_LONG = HttpError(431, "The headers are too long.")
_NO_HTTP = HttpError(400, "This is not a valid HTTP request.")


class Connection(HttpToolsProtocol):
    """uvicorn's connection with a watchdog."""

    _timer: asyncio.TimerHandle | None = None
    _size = 0  # bytes of the headers so far; after their end, of all that follows
    _in_head = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
        self._watch(HEADERS_WITHIN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        if self._in_head:
            if self._size > HEADER_BYTES and self._too_long(data):
                self._refuse(_TOO_LONG)
                return
            if b"pgrade:" in data:
                data = _without_offer(data)
        elif self._size > MESSAGE_BYTES:
            self.transport.abort()
            return
        super().data_received(data)
        if self._timer is None and self._size and not self.transport.is_closing():
            self._watch(HEADERS_WITHIN if self._in_head else MESSAGE_WITHIN)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after the body would be kept without a limit
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._unwatch()
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._unwatch()
        self._in_head, self._size = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word for what is no HTTP, in the form that all refusals have."""
        self._refuse(_NO_HTTP)

    def _refuse(self, error: HttpError) -> None:
        self._unwatch()
        if not self._answering():  # else it would mix with the answer to an earlier request
            self.transport.write(_plain(error))
        self.transport.close()

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn says that there always is one
        return cycle is not None and not cycle.response_complete

    def _too_long(self, data: bytes) -> bool:
        """A body may come along with the last of the headers."""
        end = data.find(b"\r\n\r\n")
        return end < 0 or self._size - len(data) + end > HEADER_BYTES

    def _watch(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._late)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._in_head and self._answering():
            self._watch(HEADERS_WITHIN)  # it waits for an answer, and has begun the next request
        else:
            self.transport.abort()


def _without_offer(data: bytes) -> bytes:
    """A request without the offer to go on in HTTP/2, which Java makes by default.

    We stay with HTTP/1.1; the parser would take the body for the other protocol and drop it.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _OFFER.sub(b"", head) + end + rest


def _plain(error: HttpError) -> bytes:
    """A refusal as the bytes of an answer, for a request that no application will see."""
    reply = problem(error)
    lines = [
        f"HTTP/1.1 {reply.status} {error.sentence.rstrip('.')}",
        *(f"{name.lower()}: {value}" for name, value in HEADERS.items()),
        f"content-type: {PROBLEM.decode()}",
        f"content-length: {len(reply.body)}",
        "cache-control: no-store",
        "connection: close",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body

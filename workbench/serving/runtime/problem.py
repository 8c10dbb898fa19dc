"""What the server answers: a reply, and the one shape of all refusals (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from workbench.core.errors import InvalidValue, WorkbenchError

JSON = b"application/json"
PROBLEM = b"application/problem+json"
Headers = tuple[tuple[bytes, bytes], ...]

_TITLES = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Refused",
    404: "No such address",
    405: "Not done this way",
    408: "The request took too long to arrive",
    413: "Too much at once",
    415: "Wrong kind of body",
    421: "Wrong host",
    422: "The rows do not fit the model",
    431: "Too many headers",
    500: "The server failed",
    503: "Busy",
    504: "The model took too long",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, a body and its type, and headers besides those that every reply has."""

    status: int
    body: bytes
    kind: bytes = JSON
    headers: Headers = ()


class HttpError(WorkbenchError):
    """A request that is answered with a status of its own."""

    def __init__(
        self, status: int, sentence: str, hint: str = "", *, headers: Headers = (), **members: Any
    ) -> None:
        super().__init__(sentence, hint)
        self.http_status = status
        self.headers = headers
        self.members = members


class Disconnected(Exception):
    """The caller went away before the request was complete: nobody is left to answer."""


def problem(error: WorkbenchError) -> Reply:
    """An error as ``application/problem+json``: only its own words, never where it came from."""
    status = error.http_status
    members: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": error.sentence,
    }
    if error.hint:
        members["hint"] = error.hint
    if isinstance(error, InvalidValue):
        members |= {"column": error.column, "row": error.row}
    headers: Headers = ()
    if isinstance(error, HttpError):
        members |= error.members
        headers = error.headers
    return Reply(status, msgspec.json.encode(members), PROBLEM, headers)

"""What all handlers share: Jupyter's login, threads, and errors as one sentence with a hint."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from workbench.core.errors import UsageError, WorkbenchError
from workbench.lab.desk import Desk

log = logging.getLogger("workbench.lab")


class Handler(APIHandler):
    """A handler over the workspace; XSRF and tokens are Jupyter's own."""

    auth_resource = "workbench"

    def update_api_activity(self) -> None:
        """Only what somebody does counts: a page looks by itself, and would keep an idle server."""
        if self.request.method != "GET":
            super().update_api_activity()

    def initialize(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def place(self) -> Any:
        return self.desk.place

    def said(self) -> dict[str, Any]:
        """The body as an object.

        Raises
        ------
        UsageError
            It is no JSON object.
        """
        try:
            body = self.get_json_body()
        except web.HTTPError as error:
            raise UsageError("The request is no valid JSON.") from error
        if body is not None and not isinstance(body, dict):
            raise UsageError("The request is no JSON object.")
        return body or {}

    def text(self, name: str, default: str | None = None) -> str:
        """A text of the body; one that must be there unless a default is given."""
        value = self.said().get(name)
        value = default if value is None else value
        if not isinstance(value, str):
            raise UsageError(f"The request needs a text called {name!r}.")
        return value


def answers(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
    """A handler's method whose result is sent as JSON; errors become a sentence with a hint."""

    @web.authenticated
    @authorized
    @wraps(function)
    async def answered(self: Handler, *args: Any) -> None:
        try:
            found = await function(self, *args)
        except WorkbenchError as error:
            self.set_status(error.http_status, type(error).__name__)
            found = {"message": error.sentence, "hint": error.hint, "kind": type(error).__name__}
        except Exception as error:  # the rim: Jupyter's own answer would be a stack trace
            log.exception("%s %s", self.request.method, self.request.path)
            self.set_status(500)
            found = {
                "message": f"Workbench failed: {type(error).__name__}: {error}",
                "hint": "Jupyter's log has the details.",
                "kind": "Fault",
            }
        self.set_header("Cache-Control", "no-store")
        self.finish(found if isinstance(found, dict) else {"rows": found})

    return answered

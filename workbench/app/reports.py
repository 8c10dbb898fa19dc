"""The drift pages that Evidently wrote, served so that they can do nothing but be looked at."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado.web import HTTPError, RequestHandler

from workbench.core.errors import UsageError
from workbench.core.files import inside

# The page is full of scripts that we did not write: no origin, no network, no way out.
POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'self'"
)


class ReportHandler(RequestHandler):
    """``/reports/drift/<endpoint>.html`` from the workspace's cache."""

    def initialize(self, app: Any) -> None:
        self.app = app

    async def get(self, name: str) -> None:
        """The page, with a policy of its own."""
        try:
            path = inside(self.app.workspace.root / "cache" / "drift", name)
        except UsageError as error:
            raise HTTPError(404) from error
        if path.suffix != ".html" or not path.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Frame-Options", "SAMEORIGIN")
        self.set_header("Cache-Control", "no-store")
        self.finish(await asyncio.to_thread(path.read_bytes))

"""uvicorn, told to stop without losing what was asked."""

from __future__ import annotations

import asyncio
import socket
import time
from types import FrameType

import uvicorn

from workbench.serving.runtime.application import Application
from workbench.serving.runtime.connection import Connection

KEEP_ALIVE = 60  # seconds an idle connection is kept
QUIET = 2.0  # seconds without a request after which idle connections are closed
DRAIN = 30.0  # seconds for everything that was begun


class Server(uvicorn.Server):
    """Stops in steps: no new connections, ``Connection: close`` on every answer, then the end.

    uvicorn closes kept connections after an answer without having said so, and loses the request
    that the client is just sending.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        super().__init__(
            uvicorn.Config(
                application,
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # of what is no HTTP it would write a line each
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=5,
                backlog=1024,
            )
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; the second signal ends at once."""
        if self._stopping or self._loop is None:
            self.should_exit = True
            return
        self._stopping = True
        self._loop.call_soon_threadsafe(self._begin)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()

    def _begin(self) -> None:
        # first the listener: who is told to close will come back at once
        for server in self.servers:
            server.close()
        self.application.draining = True
        self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        begun = quiet = time.monotonic()
        seen = self.server_state.total_requests
        while self.server_state.connections and time.monotonic() - begun < DRAIN:
            await asyncio.sleep(0.02)
            if self.server_state.tasks or self.server_state.total_requests != seen:
                seen, quiet = self.server_state.total_requests, time.monotonic()
            if time.monotonic() - quiet > QUIET:
                break
        self.should_exit = True

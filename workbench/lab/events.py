"""Server-sent events: which lists have changed, told to every tab from one look a second."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from workbench.core.errors import WorkbenchError
from workbench.lab.desk import Desk
from workbench.lab.handlers import Handler, log
from workbench.workspace import Workspace

EVERY = 1.0  # seconds between two looks while somebody listens
ALIVE = 15.0  # seconds after which a word is sent in any case: proxies close silent connections
LOOKED = 50  # jobs


class Watch:
    """Looks at the workspace while somebody listens, and tells what has changed."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._listeners: set[asyncio.Queue[list[str]]] = set()
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> asyncio.Queue[list[str]]:
        """A queue of the kinds of lists that changed; to be given back to :meth:`leave`."""
        queue: asyncio.Queue[list[str]] = asyncio.Queue()
        self._listeners.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look())
        return queue

    def leave(self, queue: asyncio.Queue[list[str]]) -> None:
        self._listeners.discard(queue)

    async def _look(self) -> None:
        before: dict[str, Any] | None = None
        while self._listeners:
            try:
                seen = await self.desk.ask(self._stamps, "stamps")
            except WorkbenchError as error:
                seen = {"workspace": str(error)}
            except Exception:  # noqa: BLE001 - a look that fails must not end the next
                log.exception("looking at the workspace")
                seen = before or {}
            if before is not None and seen != before:
                kinds = sorted(k for k in {*seen, *before} if seen.get(k) != before.get(k))
                for queue in self._listeners:
                    queue.put_nowait(kinds)
            before = seen
            await asyncio.sleep(EVERY)

    def _stamps(self) -> dict[str, Any]:
        """What differs when a list differs; cheap, and blocks only for a moment."""
        ws: Workspace = self.desk.place.workspace()
        jobs = [j.record for j in ws.jobs.list(LOOKED)]  # ends those whose process is gone
        return {
            "workspace": str(ws.root),
            "jobs": [(j.id, j.state, j.fraction, j.text, j.cancel_asked) for j in jobs],
            "endpoints": [(e.name, e.record.state, e.record.port) for e in ws.endpoints.list()],
            "datasets": _changed(ws.root / "data" / "index.db"),
            "runs": _changed(ws.root / "mlflow.db"),
            "bundles": [str(b.path) for b in ws.bundles()],
        }


def _changed(database: Path) -> list[tuple[int, int]]:
    """When a sqlite file and its journal were last written."""
    found = []
    for path in (database, database.with_name(f"{database.name}-wal")):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((stat.st_mtime_ns, stat.st_size))
    return found


class EventsHandler(Handler):
    """``GET events``: ``changed`` with the names of the lists to ask for again."""

    def initialize(self, desk: Desk, watch: Watch) -> None:
        super().initialize(desk)
        self.watch = watch
        self._gone = asyncio.Event()

    def on_connection_close(self) -> None:
        self._gone.set()

    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")  # nginx would keep it back
        queue = self.watch.listen()
        try:
            await self._send(": listening\n\n")
            while not self._gone.is_set():
                await self._next(queue)
        except StreamClosedError:
            return
        finally:
            self.watch.leave(queue)

    async def _next(self, queue: asyncio.Queue[list[str]]) -> None:
        told = asyncio.ensure_future(queue.get())
        gone = asyncio.ensure_future(self._gone.wait())
        done, open_ = await asyncio.wait(
            {told, gone}, timeout=ALIVE, return_when=asyncio.FIRST_COMPLETED
        )
        for task in open_:
            task.cancel()
        if told in done:
            await self._send(f"event: changed\ndata: {json.dumps(told.result())}\n\n")
        elif not done:
            await self._send(": still here\n\n")

    async def _send(self, text: str) -> None:
        self.write(text)
        await self.flush()

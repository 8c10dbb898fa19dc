"""What can be done from beside a notebook: each is a job of the workspace or a word to one."""

from __future__ import annotations

import asyncio
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import UsageError
from workbench.lab import kernel
from workbench.lab.handlers import Handler, answers
from workbench.lab.place import path_below

INCOMING = "incoming"  # folder of frames on their way from a kernel
OLD = 24 * 3600  # seconds after which a frame that nobody fetched is thrown away
ACTIONS: Mapping[str, frozenset[str]] = {  # what may be asked for, with its parameters
    "rename": frozenset({"run", "name"}),
    "promote": frozenset({"run", "alias", "note"}),
    "export": frozenset({"run"}),
    "serve": frozenset({"bundle"}),
    "profile": frozenset({"dataset"}),
}


class WorkspaceHandler(Handler):
    """``GET workspace``: the one that is shown; ``PUT`` chooses another, ``POST`` makes one."""

    @answers
    async def get(self) -> Any:
        return await self.desk.ask(self._told, "workspace")

    @answers
    async def put(self) -> Any:
        self.place.choose(self.text("folder", ""))
        return await self.desk.ask(self._told)

    @answers
    async def post(self) -> Any:
        folder = self.text("folder", "")
        await self.desk.ask(lambda: self.place.create(folder))
        return await self.desk.ask(self._told)

    def _told(self) -> dict[str, Any]:
        place = self.place
        general = {
            "server": place.server,
            "chosen": place.chosen,
            "offers": place.offers(),
            "root": place.root.name,
        }
        try:
            ws = place.workspace()
        except UsageError as error:
            return {**general, "name": "", "message": error.sentence, "hint": error.hint}
        return {
            **general,
            "name": ws.name,
            "folder": str(ws.root),
            "relative": place.relative(ws.root),
            "nearest": place.nearest() == str(ws.root),
            "store": ws.settings.tracking_uri,
        }


class ImportHandler(Handler):
    """``POST datasets``: import a file, or a frame that a kernel has handed over, as a job."""

    @answers
    async def post(self) -> Any:
        path, name = self.text("path"), self.text("name", "")
        target, handed = self.text("target", ""), self.said().get("handed") is True

        def begun() -> Any:
            source = path_below(self.place, path)
            if not source.exists():
                raise UsageError(f"There is no file {path}.", "Is the kernel on this machine?")
            ws = self.place.workspace()
            return ws.submit(
                "import", source=str(source), name=name.strip() or None, target=target or None
            )

        job = await self.desk.ask(begun)
        if handed:
            task = asyncio.ensure_future(_forget(self, job, path_below(self.place, path)))
            FORGETTING.add(task)
            task.add_done_callback(FORGETTING.discard)
        return _row(job)


FORGETTING: set[asyncio.Future[None]] = set()


async def _forget(handler: Handler, job: Any, path: Path) -> None:
    """Remove a frame that was handed over, once it has been read."""
    while (await handler.desk.ask(job.refresh)).record.active:
        await asyncio.sleep(1)
    if path.parent.parent.name == INCOMING:
        shutil.rmtree(path.parent, ignore_errors=True)


class KernelHandler(Handler):
    """``GET kernel``: what a kernel runs to show its frames, and where it may put one."""

    @answers
    async def get(self) -> Any:
        def told() -> dict[str, str]:
            folder = self.place.workspace().root / INCOMING
            for left in folder.glob("*") if folder.is_dir() else ():
                if time.time() - left.stat().st_mtime > OLD:
                    shutil.rmtree(left, ignore_errors=True)
            code = Path(kernel.__file__).read_text(encoding="utf-8")
            return {"code": code, "folder": str(folder / uuid.uuid4().hex)}

        return await self.desk.ask(told)


class SubmitHandler(Handler):
    """``POST jobs``: begin one of a few actions as a job."""

    @answers
    async def post(self) -> Any:
        action, params = self.text("action"), self.said().get("params", {})
        if action not in ACTIONS or not isinstance(params, dict):
            raise UsageError(f"{action!r} cannot be begun from here.", "Use the app.")
        if unknown := sorted(set(params) - ACTIONS[action]):
            raise UsageError(f"{action} takes no {unknown[0]!r} from here.", "Use the app.")
        return _row(await self.desk.ask(lambda: self.place.workspace().submit(action, **params)))


class CancelHandler(Handler):
    """``POST jobs/<id>/cancel``."""

    @answers
    async def post(self, job: str) -> Any:
        def asked() -> Any:
            return self.place.workspace().jobs[job].cancel()

        return _row(await self.desk.ask(asked))


class EndpointHandler(Handler):
    """``POST endpoints/<name>/stop`` or ``/restart``."""

    @answers
    async def post(self, name: str, verb: str) -> Any:
        from workbench.lab import rows

        def done() -> Any:
            one = self.place.workspace().endpoints[name]
            return one.stop() if verb == "stop" else one.restart()

        return rows.endpoint(await self.desk.ask(done))


def _row(job: Any) -> dict[str, Any]:
    from workbench.lab import rows

    return rows.job(job)

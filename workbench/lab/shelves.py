"""The lists: data sets, runs, bundles, endpoints and jobs, and what a row asks for later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, UsageError
from workbench.lab.handlers import Handler, answers
from workbench.lab.place import path_below
from workbench.workspace import Workspace

RUNS = 2000  # the newest; older ones are in the app
JOBS = 50
AT_ONCE = 100  # courses that may be asked for in one question


def _rows() -> Any:
    from workbench.lab import rows  # with what users hold, which takes a moment to import

    return rows


def _bundles(ws: Workspace) -> list[Any]:
    found = []
    for one in ws.bundles():
        try:
            found.append(_rows().bundle(one))
        except (OSError, ValueError, DataError):
            continue  # it was deleted or damaged meanwhile: the app says so when it is opened
    return found


SHELVES: dict[str, Callable[[Workspace], list[Any]]] = {
    "datasets": lambda ws: [_rows().dataset(d) for d in ws.datasets.list()],
    "runs": lambda ws: [_rows().run(r) for r in ws.runs.list(RUNS)] if ws.context.learned else [],
    "bundles": _bundles,
    "endpoints": lambda ws: [_rows().endpoint(e) for e in ws.endpoints.list()],
    "jobs": lambda ws: [_rows().job(j) for j in ws.jobs.list(JOBS)],
}


class ShelfHandler(Handler):
    """``GET datasets``, ``runs``, ``bundles``, ``endpoints``, ``jobs``."""

    @answers
    async def get(self, kind: str) -> Any:
        def listed() -> list[Any]:
            return SHELVES[kind](self.place.workspace())

        return await self.desk.ask(listed, f"list {kind}")


class CoursesHandler(Handler):
    """``GET courses?runs=a,b``: sparklines of the runs that are in view."""

    @answers
    async def get(self) -> Any:
        asked = [i for i in self.get_query_argument("runs", "").split(",") if i]
        if len(asked) > AT_ONCE:
            raise UsageError(f"At most {AT_ONCE} runs can be asked for at once.")

        def drawn() -> dict[str, Any]:
            courses = self.place.workspace().runs.courses(asked)
            return {i: _rows().sparkline(courses.get(i, {})) for i in asked}

        return await self.desk.ask(drawn, f"courses {','.join(asked)}")


class PreviewHandler(Handler):
    """``GET preview?path=``: how a file would be imported."""

    @answers
    async def get(self) -> Any:
        path = self.get_query_argument("path", "")

        def seen() -> dict[str, Any]:
            return _rows().preview(self.place.workspace().preview(_file(self, path)))

        return await self.desk.ask(seen)


class BundleHandler(Handler):
    """``GET bundle?path=``: what a bundle holds, after its files were checked."""

    @answers
    async def get(self) -> Any:
        path = self.get_query_argument("path", "")

        def opened() -> dict[str, Any]:
            from workbench.objects import Bundle

            folder = path_below(self.place, path)
            folder = folder.parent if folder.name == "bundle.json" else folder
            return _rows().contents(Bundle(self.place.workspace(), folder))

        return await self.desk.ask(opened)


def _file(handler: Handler, path: str) -> Path:
    found = path_below(handler.place, path)
    if not found.exists():
        raise UsageError(f"There is no file {path}.", "Was it moved? Refresh the file browser.")
    return found

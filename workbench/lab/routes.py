"""The addresses below Jupyter's base URL, added when Jupyter starts."""

from __future__ import annotations

import atexit
import contextlib
import os
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join

from workbench.core.errors import WorkbenchError
from workbench.lab.desk import Desk
from workbench.lab.embedded import APP, handlers
from workbench.lab.events import EventsHandler, Watch
from workbench.lab.place import Place
from workbench.lab.shelves import BundleHandler, CoursesHandler, PreviewHandler, ShelfHandler
from workbench.lab.verbs import (
    CancelHandler,
    EndpointHandler,
    ImportHandler,
    KernelHandler,
    SubmitHandler,
    WorkspaceHandler,
)

API = "workbench/api"
IN_NOTEBOOKS = "WORKBENCH_JUPYTER_APP"  # where notebooks find the app; local kernels inherit it


def add(server: Any) -> None:
    """Put our handlers into a running Jupyter server."""
    base = server.web_app.settings["base_url"]
    told = Path(server.runtime_dir) / f"workbench-{os.getpid()}"
    place = Place(Path(server.root_dir), told)
    with contextlib.suppress(WorkbenchError, OSError):
        place.tell()  # at once: a file that a killed Jupyter left may have our number
    atexit.register(told.unlink, missing_ok=True)
    desk = Desk(place)
    given = {"desk": desk}
    routes = [
        ("workspace", WorkspaceHandler, given),
        ("datasets", _Datasets, given),
        ("jobs", _Jobs, given),
        ("(runs|bundles|endpoints)", ShelfHandler, given),
        ("courses", CoursesHandler, given),
        ("preview", PreviewHandler, given),
        ("bundle", BundleHandler, given),
        ("kernel", KernelHandler, given),
        (r"jobs/(\w+)/cancel", CancelHandler, given),
        (r"endpoints/([^/]+)/(stop|restart)", EndpointHandler, given),
        ("events", EventsHandler, {**given, "watch": Watch(desk)}),
    ]
    server.web_app.add_handlers(
        ".*$",
        [(url_path_join(base, API, path) + "$", kind, more) for path, kind, more in routes],
    )
    server.web_app.add_handlers(".*$", handlers(base, told))
    os.environ[IN_NOTEBOOKS] = url_path_join(base, APP) + "/"
    server.log.info("workbench: handlers are at %s", url_path_join(base, API))


class _Datasets(ImportHandler):
    """``GET`` lists, ``POST`` imports."""

    async def get(self) -> None:
        await ShelfHandler.get(self, "datasets")


class _Jobs(SubmitHandler):
    """``GET`` lists, ``POST`` begins one."""

    async def get(self) -> None:
        await ShelfHandler.get(self, "jobs")

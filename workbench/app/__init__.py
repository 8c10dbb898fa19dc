"""The app: Panel pages over a workspace; they show reports, start jobs and compute nothing."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _App(ModuleType):
    # Python puts this package where ``wb.app`` is looked up as soon as any part of it is imported,
    # so that the package itself has to be what ``wb.app()`` calls.
    def __call__(self, *args: Any, **more: Any) -> Any:
        """Show the app in a notebook; see :func:`workbench.notebook.frame.app`."""
        from workbench.workspace import FRAMES

        return FRAMES.get("app")(*args, **more)


sys.modules[__name__].__class__ = _App

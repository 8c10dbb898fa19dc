"""Which workspace a notebook means when it names none."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import UsageError
from workbench.workspace import Workspace, find


def names() -> Mapping[str, Any]:
    """The notebook's own names; none outside of IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell.user_ns if shell is not None else {}


def current(known: Mapping[str, Any] | None = None) -> Workspace:
    """The workspace that a notebook's ``ws`` is, else the last one it made, else the nearest.

    Raises
    ------
    UsageError
        There is none.
    """
    held = names() if known is None else known
    if isinstance(held.get("ws"), Workspace):
        return held["ws"]
    opened = [v for k, v in held.items() if isinstance(v, Workspace) and not k.startswith("_")]
    if opened:
        return opened[-1]
    root = find()
    if root is None:
        raise UsageError(
            "There is no workspace here or above.",
            'Open one: ws = wb.open("NAME"), or %workbench open NAME.',
        )
    return Workspace(root)

"""What a job must know and nobody may keep: it is handed over in memory, to be taken once.

The file lies where the system keeps files in memory (``/dev/shm``), or among its temporary files
where it has no such place; only its owner may read it, and who takes it removes it.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import StoreError
from workbench.core.wire import dumps

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder below it is checked


def give(job: str, secret: Mapping[str, Any]) -> None:
    """Leave ``secret`` for the process that carries out ``job``.

    Raises
    ------
    StoreError
        Somebody else owns the folder for it.
    """
    path = _folder() / job
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(dumps(secret))


def take(job: str) -> dict[str, Any]:
    """What was left for ``job``, once; nothing when nothing was."""
    path = _folder() / job
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    path.unlink(missing_ok=True)
    return found


def forget(job: str) -> None:
    """Remove what was left for a job that will not be carried out."""
    (_folder() / job).unlink(missing_ok=True)


def _folder() -> Path:
    base = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    owner = os.getuid() if hasattr(os, "getuid") else 0
    folder = base / f"workbench-{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (owner and found.st_uid != owner):
        raise StoreError(f"{folder} belongs to somebody else.", "Have it removed.")
    return folder

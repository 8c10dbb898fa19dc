"""Clean: pack old versions of data sets, and remove what can be made again."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from workbench.actions.context import Context
from workbench.jobs.versions import VERSIONS
from workbench.store.checkpoints import FOLDER

FORGOTTEN = 30 * 24 * 3600.0  # seconds
OLD = 24 * 3600.0  # seconds after which nothing that is still running wrote it


def clean(context: Context) -> int:
    """Free what nobody needs; returns the bytes.

    Versions of data sets are packed against the newest, tables without a name are removed, and
    of ``cache/`` everything that is older than a day: profiles, uploads, packages in the versions
    of earlier runs. Checkpoints of runs
    that nobody went on with stay for a month.
    """
    freed: int = context.datasets.clean()
    cache = context.root / "cache"
    # what a killed import left; asked for now, since a folder is as young as its last change
    killed = [p for p in cache.glob("import-*") if p.is_dir() and _age(p) > OLD]
    for folder in cache.glob(f"{VERSIONS}/*"):  # whole, or what is left would pass for it
        if _age(folder) > OLD:
            freed += sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            shutil.rmtree(folder, ignore_errors=True)
    for path in cache.rglob("*") if cache.is_dir() else ():
        kept = VERSIONS in path.relative_to(cache).parts
        if path.is_file() and not kept and _age(path) > OLD:
            freed += path.stat().st_size
            path.unlink(missing_ok=True)
    for folder in (context.root / FOLDER).glob("*"):
        if _age(folder) > FORGOTTEN:
            freed += sum(path.stat().st_size for path in folder.iterdir())
            shutil.rmtree(folder, ignore_errors=True)
    for folder in killed:
        with contextlib.suppress(OSError):  # somebody writes into it after all
            folder.rmdir()
    return freed


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime

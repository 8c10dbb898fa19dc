"""Row numbers that were found once, kept for the pages to come.

::

    cache/orders/<mark>.rows       row numbers, uint32, little-endian, as long as the file

They are mapped, not read: the system keeps what is looked at, and may drop it again. Several
processes may use the folder; a file appears whole and never changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import StoreError
from workbench.core.files import replacing

FORM = 1  # of the files and of the order itself: a new one finds no older files
MOST = 2**30  # bytes of all files; those that were used last stay
NUMBER = np.dtype("<u4")


class Recent:
    """Short answers, held in memory: the last ones that were asked for."""

    def __init__(self, most: int = 256) -> None:
        self._held: OrderedDict[tuple[Any, ...], np.ndarray] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, *question: Any) -> np.ndarray | None:
        """The answer to a question; None when it is not held."""
        with self._lock:
            if question in self._held:
                self._held.move_to_end(question)
            return self._held.get(question)

    def keep(self, rows: np.ndarray, *question: Any) -> np.ndarray:
        """Hold an answer in the place of the one that was asked for longest ago."""
        with self._lock:
            self._held[question] = rows
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return rows


class Orders:
    """The files of one folder."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self.folder = folder
        self._most = most

    def get(self, *question: Any) -> np.ndarray | None:
        """The answer to a question, uint32, read-only; None when it is not kept."""
        path = self._path(question)
        try:
            if path.stat().st_size == 0:
                return np.empty(0, NUMBER)
            found = np.memmap(path, NUMBER, "r")
        except (OSError, ValueError):  # not there, or no room in the address space
            return None
        with contextlib.suppress(OSError):  # another user's workspace
            os.utime(path)
        return found

    def keep(self, rows: np.ndarray, *question: Any) -> np.ndarray:
        """Keep an answer; on a disk that cannot be written it is given back all the same."""
        path = self._path(question)
        try:
            with replacing(path) as temporary:
                rows.astype(NUMBER, copy=False).tofile(temporary)
        except (StoreError, OSError):  # a page is shown without the cache, too
            return rows
        self._trim(path, rows.nbytes)
        return rows

    def forget(self) -> int:
        """Remove all of them; returns the bytes freed."""
        return sum(_removed(path) for path in self.folder.glob("*.rows"))

    def _trim(self, newest: Path, size: int) -> None:
        left = self._most - size
        for path in sorted(self.folder.glob("*.rows"), key=_used, reverse=True):
            if path != newest:
                left -= _size(path)
                if left < 0:
                    _removed(path)

    def _path(self, question: tuple[Any, ...]) -> Path:
        mark = hashlib.sha256(repr((FORM, *question)).encode("utf-8", "surrogatepass"))
        return self.folder / f"{mark.hexdigest()[:32]}.rows"


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process removed it
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _removed(path: Path) -> int:
    size = _size(path)
    try:
        path.unlink()
    except OSError:  # gone, or still mapped where that forbids it
        return 0
    return size

"""Checkpoints of fits as files: one folder a run, the last two states, each checked by its hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from workbench.core.files import inside, replacing

FOLDER = "checkpoints"
PERIOD = 5.0  # seconds between two
SHARE = 0.02  # of the time at most goes into keeping them
HASH = hashlib.sha256().digest_size


class FileCheckpoint:
    """Keeps what a fit offers, seldom enough that nobody notices.

    Parameters
    ----------
    folder
        The fit's own; made when something is kept.
    period
        Seconds between two states that are kept; 0: each is.
    """

    def __init__(self, folder: Path, period: float = PERIOD) -> None:
        self.folder = folder
        self.period = period
        self._next = time.monotonic() + period

    def last(self) -> bytes | None:
        """The newest state that is whole."""
        for path in (self.folder / "last", self.folder / "before"):
            with contextlib.suppress(FileNotFoundError):
                kept = path.read_bytes()
                if hashlib.sha256(kept[HASH:]).digest() == kept[:HASH]:
                    return kept[HASH:]
        return None

    def offer(self, content: Callable[[], bytes]) -> None:
        began = time.monotonic()
        if began < self._next:
            return
        state = content()
        last = self.folder / "last"
        with replacing(last) as temporary:
            with temporary.open("wb") as file:
                file.write(hashlib.sha256(state).digest())
                file.write(state)
            if last.exists():
                os.replace(last, self.folder / "before")
        now = time.monotonic()
        self._next = now + (max(self.period, (now - began) / SHARE) if self.period else 0)

    def forget(self) -> None:
        """Remove what was kept: the fit has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)


def checkpoint(root: Path, run_id: str, period: float = PERIOD) -> FileCheckpoint:
    """The place of a run's fit in the workspace ``root``."""
    return FileCheckpoint(inside(root / FOLDER, run_id), period)

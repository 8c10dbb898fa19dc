"""Progress on standard error: a bar in a terminal, a line now and then elsewhere; Ctrl-C asks."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Self

from workbench.core.errors import Cancelled
from workbench.views.text import flat

PERIOD = 0.1  # seconds between two drawings
SPARSE = 10.0  # seconds between two lines where nobody watches
WIDTH = 24


class Line:
    """A progress that stops the work at its next call after Ctrl-C; the second one ends at once."""

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        self.title = title
        self._live = sys.stderr.isatty()
        self._quiet = quiet
        self._last = self._begun = time.monotonic()
        self._asked = False
        self._before: Any = None

    def __call__(
        self, fraction: float, text: str, metrics: Mapping[str, float] | None = None, /
    ) -> None:
        if self._asked:
            raise Cancelled(f"{self.title.capitalize()} was cancelled; what was finished is kept.")
        now = time.monotonic()
        if self._quiet or now - self._last < (PERIOD if self._live else SPARSE):
            return
        self._last = now
        share = min(max(fraction, 0.0), 1.0)
        if self._live:
            done = "█" * round(share * WIDTH)
            line = f"{self.title} {share:4.0%} |{done:{WIDTH}}| {flat(text)}"
            sys.stderr.write(f"\r{line[:100]:100}")
        else:
            sys.stderr.write(f"{self.title} {share:.0%} {flat(text)}\n")
        sys.stderr.flush()

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)
        if self._live and not self._quiet:
            sys.stderr.write(f"\r{'':100}\r")
            sys.stderr.flush()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        if not self._quiet:
            sys.stderr.write("\nStopping at the next step; press Ctrl-C again to end at once.\n")

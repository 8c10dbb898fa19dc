"""The progress bar of notebooks and scripts."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from workbench.core.progress import Progress
from workbench.views import bits
from workbench.views.html import safe
from workbench.views.text import flat

PERIOD = 0.2  # seconds between two drawings


class Drawn(Protocol):
    """Where a bar is drawn."""

    def draw(self, fraction: float, text: str) -> None:
        """Show how far it is."""

    def close(self) -> None:
        """Take the bar away."""


@contextlib.contextmanager
def bar(title: str) -> Iterator[Progress]:
    """A progress that draws a bar in a notebook's output or in a terminal; nowhere else.

    What is over within a moment draws nothing; of the rest nothing is left behind either.
    """
    place: Drawn = _Cell(title) if in_notebook() else _Terminal(title)
    drawn = time.monotonic()

    def progress(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        nonlocal drawn
        if time.monotonic() - drawn < PERIOD:
            return
        drawn = time.monotonic()
        place.draw(min(max(fraction, 0.0), 1.0), text)

    try:
        yield progress
    finally:
        place.close()


def in_notebook() -> bool:
    """Whether outputs go to a notebook; asks nobody to load IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class _Cell:
    """One output of a cell, drawn over; needs no widgets, so any page of notebooks shows it."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._handle: Any = None

    def draw(self, fraction: float, text: str) -> None:
        shown = {
            "text/plain": f"{self.title} {fraction:.0%} {flat(text)}",
            "text/html": f'<div style="font-size:13px">{safe(self.title)} {bits.meter(fraction)} '
            f'{fraction:.0%} <span style="opacity:.7">{safe(text)}</span></div>',
        }
        self._show(shown)

    def close(self) -> None:
        if self._handle is not None:
            self._show({"text/plain": "", "text/html": ""})

    def _show(self, shown: Mapping[str, str]) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


class _Terminal:
    """A line of standard error that is drawn over; nothing where that is a file or a pipe."""

    def __init__(self, title: str) -> None:
        from tqdm.std import tqdm  # only where a bar is drawn

        self._line: Any = tqdm(
            total=100,
            desc=title,
            leave=False,
            disable=None,
            bar_format="{desc} {percentage:3.0f}% |{bar:24}| {postfix}",
        )

    def draw(self, fraction: float, text: str) -> None:
        self._line.set_postfix_str(flat(text), refresh=False)
        self._line.n = round(100 * fraction)
        self._line.refresh()

    def close(self) -> None:
        self._line.close()

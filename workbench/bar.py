"""The progress bar of notebooks and scripts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.core.progress import Progress

PERIOD = 0.2  # seconds between two drawings


@contextlib.contextmanager
def bar(title: str) -> Iterator[Progress]:
    """A progress that draws a bar on standard error, or a widget in a notebook."""
    from tqdm.auto import tqdm  # only where a bar is drawn

    drawn = 0.0
    line: Any = tqdm(
        total=100,
        desc=title,
        leave=False,
        disable=None,  # no bar in a file or a pipe
        bar_format="{desc} {percentage:3.0f}% |{bar:24}| {postfix}",
    )

    def progress(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        nonlocal drawn
        if fraction < 1 and time.monotonic() - drawn < PERIOD:
            return
        drawn = time.monotonic()
        line.set_postfix_str(text, refresh=False)
        line.n = round(100 * min(max(fraction, 0.0), 1.0))
        line.refresh()

    try:
        yield progress
    finally:
        line.close()

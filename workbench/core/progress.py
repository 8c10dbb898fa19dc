"""How long work reports itself, and how it is stopped.

A room takes ``progress`` and calls it now and then; that call raises
:class:`~workbench.core.errors.Cancelled` when somebody asked to stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Called with the finished fraction (0 to 1), a short text and, optionally, live numbers."""

    def __call__(
        self, fraction: float, text: str, metrics: Mapping[str, float] | None = None, /
    ) -> None: ...


def silent(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
    """A progress that says nothing and never stops the work."""


def within(progress: Progress, low: float, high: float, prefix: str = "") -> Progress:
    """The part of ``progress`` between ``low`` and ``high``, for one step of several."""

    def inner(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        share = min(max(fraction, 0.0), 1.0)
        progress(low + (high - low) * share, f"{prefix}{text}", metrics)

    return inner

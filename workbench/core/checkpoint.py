"""Where a long fit leaves what it needs to go on after its process has died."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol


class Checkpoint(Protocol):
    """The place of one fit; a fit that ended needs it no more.

    ``period`` is how many seconds lie between two states that are kept, at least.
    """

    period: float

    def last(self) -> bytes | None:
        """What was left by the fit that is to be continued; None: start at the beginning."""
        ...

    def offer(self, content: Callable[[], bytes]) -> None:
        """The fit could be continued from here; ``content`` is made only when it is kept."""
        ...


class Nowhere:
    """Keeps nothing: what was interrupted starts again."""

    period = math.inf

    def last(self) -> bytes | None:
        return None

    def offer(self, content: Callable[[], bytes]) -> None:
        pass


NOWHERE: Checkpoint = Nowhere()

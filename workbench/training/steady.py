"""Whether fits are to come out the same to the last bit: then none runs on a GPU unasked.

Boosting libraries add up in another order each time there, and a user's module may, too. On the
processor every family repeats itself (``tests/contracts/test_families.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REASON = "the workspace asks for equal bits"
_steady = ContextVar("steady", default=False)


@contextmanager
def steadily(on: bool) -> Iterator[None]:
    """Fits within are to repeat themselves, or not."""
    before = _steady.set(on)
    try:
        yield
    finally:
        _steady.reset(before)


def steady() -> bool:
    """Whether the fit that goes on here is to repeat itself."""
    return _steady.get()

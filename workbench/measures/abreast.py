"""The same work on several samples, two of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 2  # each has some ten columns of its rows in hand

Given = TypeVar("Given")
Made = TypeVar("Made")


def abreast(work: Callable[[Given], Made], items: Iterable[Given]) -> Iterator[Made]:
    """What ``work`` makes of each item, in their order; sorting and summing let go of the lock."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(work, items)

"""Work ahead: the next values are made while the last one is still being used."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")


def ahead(values: Iterable[T], depth: int = 2) -> Iterator[T]:
    """``values``, made in a thread of their own, at most ``depth`` of them in advance.

    An error comes out where the value would have come; the thread ends when nobody asks any more.
    """
    made: Queue[tuple[T | None, BaseException | None]] = Queue(depth)
    stopped = threading.Event()
    worker = threading.Thread(target=_make, args=(values, made, stopped), daemon=True)
    worker.start()
    try:
        while True:
            value, error = made.get()
            if error is not None:
                raise error
            if value is None:
                return
            yield value
    finally:
        stopped.set()
        worker.join()


def _make(
    values: Iterable[T],
    made: Queue[tuple[T | None, BaseException | None]],
    stopped: threading.Event,
) -> None:
    try:
        for value in values:
            _put(made, (value, None), stopped)
            if stopped.is_set():
                return
        _put(made, (None, None), stopped)
    except BaseException as error:  # noqa: BLE001 - it is raised again by who asks
        _put(made, (None, error), stopped)


def _put(
    made: Queue[tuple[T | None, BaseException | None]],
    item: tuple[T | None, BaseException | None],
    stopped: threading.Event,
) -> None:
    while not stopped.is_set():
        try:
            made.put(item, timeout=0.1)
        except Full:
            continue
        return

"""The server's own log: refusals one by one up to a limit, the rest as a line a minute.

No address as it was called, no header and no value of a row is written: secrets are in those. A
log that grew with every answer would fill a disk before anybody read it.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import time

PERIOD = 60.0  # seconds
SHOWN = 60  # refusals written out in a period


class RequestLog:
    """Counts answers and writes lines to standard error."""

    def __init__(self) -> None:
        self._begin()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note of an answer."""
        if time.monotonic() - self._start > PERIOD:
            self.flush()
        if status >= 400 and route != "/health":
            self._refused += 1
            if self._refused <= SHOWN:
                say(f"{status} {method} {route} {1000 * seconds:.1f} ms")
        elif route == "/predict":
            self._answered += 1
            if len(self._times) < 10_000:
                self._times.append(seconds)

    def flush(self) -> None:
        """Write the summary of the period, when there is something to say."""
        if self._answered:
            median = 1000 * statistics.median(self._times)
            seconds = time.monotonic() - self._start
            say(f"{self._answered} predictions in {seconds:.0f} s, median {median:.2f} ms")
        if self._refused > SHOWN:
            say(f"{self._refused - SHOWN} more requests were refused")
        self._begin()

    def _begin(self) -> None:
        self._start = time.monotonic()
        self._answered = self._refused = 0
        self._times: list[float] = []


def say(text: str) -> None:
    """One line with the time, in UTC."""
    print(f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} {text}", file=sys.stderr, flush=True)

"""Which time a column of moments covers, and where it has gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST = 60  # periods at most
DAY = 86_400
# name, seconds (months and years: about)
PERIODS = (
    ("second", 1), ("minute", 60), ("hour", 3600), ("day", DAY), ("week", 7 * DAY),
    ("month", 30 * DAY), ("year", 365 * DAY), ("decade", 3652 * DAY),
)  # fmt: skip
UNITS = {"second": "s", "minute": "m", "hour": "h", "day": "D", "month": "M", "year": "Y"}


@dataclass(frozen=True)
class Coverage:
    """Moments in order of time, counted by period.

    ``starts`` and ``counts`` hold every period from the first to the last, the empty ones too.
    """

    first: str
    last: str
    period: str
    starts: tuple[str, ...]
    counts: tuple[int, ...]
    longest: float  # seconds between two neighbours, at most
    since: str  # where that gap begins
    until: str

    @property
    def gaps(self) -> int:
        """Periods without a row."""
        return sum(count == 0 for count in self.counts)


def coverage(ordered: np.ndarray) -> Coverage:
    """What moments cover: float64 seconds since 1970, in ascending order, one at least."""
    period = _period(float(ordered[-1] - ordered[0]))
    edges = _edges(float(ordered[0]), float(ordered[-1]), period)
    places = np.searchsorted(ordered, edges, side="left")
    steps = np.diff(ordered)
    widest = int(np.argmax(steps)) if len(steps) else 0
    return Coverage(
        first=moment(ordered[0]),
        last=moment(ordered[-1]),
        period=period,
        starts=tuple(moment(edge) for edge in edges[:-1]),
        counts=tuple(np.diff(places).tolist()),
        longest=float(steps[widest]) if len(steps) else 0.0,
        since=moment(ordered[widest]),
        until=moment(ordered[min(widest + 1, len(ordered) - 1)]),
    )


def moment(seconds: float) -> str:
    """Seconds since 1970 as text, without a time of day where it is midnight."""
    shown = str(np.datetime64(round(float(seconds) * 1e6), "us").astype("datetime64[s]"))
    return shown.removesuffix("T00:00:00")


def _period(span: float) -> str:
    """The shortest period of which the span has no more than ``MOST``."""
    return next((name for name, long in PERIODS if span / long < MOST), "decade")


def _edges(first: float, last: float, period: str) -> np.ndarray:
    """Where the periods begin, from the first row's to the one after the last row's."""
    if period in UNITS:
        unit = UNITS[period]
        ends = [
            np.datetime64(int(np.floor(s)), "s").astype(f"datetime64[{unit}]")
            for s in (first, last)
        ]
        found = np.arange(ends[0], ends[1] + np.timedelta64(2, unit), dtype=f"datetime64[{unit}]")
        seconds: np.ndarray = found.astype("datetime64[s]").astype(np.int64).astype(np.float64)
        return seconds
    if period == "week":  # from Monday; the first of January 1970 was a Thursday
        start = (np.floor(first / DAY) + 3) // 7 * 7 - 3
        return (start + 7 * np.arange(int((last / DAY - start) // 7) + 2)) * DAY
    years = [
        int(np.datetime64(int(s), "s").astype("datetime64[Y]").astype(int)) // 10
        for s in (first, last)
    ]
    tens = np.arange(years[0], years[1] + 2) * 10
    return tens.astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64).astype(np.float64)

"""Which columns are missing together: rows counted by the set of their missing cells."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

MOST = 64  # columns that are followed: one bit each
SHOWN = 12


@dataclass(frozen=True)
class Pattern:
    """Rows that lack the same cells."""

    columns: tuple[str, ...]
    rows: int


class Patterns:
    """The set of missing cells of each row, over the first 64 columns."""

    def __init__(self, rows: int) -> None:
        self._bits = np.zeros(rows, np.uint64)
        self._names: dict[int, str] = {}
        self._lock = threading.Lock()

    def add(self, place: int, name: str, missing: np.ndarray) -> None:
        """Add a column that lacks some cells, by its place in the table."""
        if place >= MOST:
            return
        with self._lock:
            self._names[place] = name
            self._bits |= missing.astype(np.uint64) << np.uint64(place)

    def top(self) -> tuple[Pattern, ...]:
        """The commonest sets, complete rows among them; none where no cell is missing."""
        if not self._names:
            return ()
        ordered = np.sort(self._bits)
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        counts = np.diff(np.r_[starts, len(ordered)])
        best = np.argsort(-counts, kind="stable")[:SHOWN]
        return tuple(
            Pattern(self._lacking(int(ordered[starts[place]])), int(counts[place]))
            for place in best
        )

    def _lacking(self, bits: int) -> tuple[str, ...]:
        return tuple(self._names[place] for place in sorted(self._names) if bits >> place & 1)

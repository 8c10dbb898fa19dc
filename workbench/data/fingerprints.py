"""Rows as 64-bit hashes: which are the same, nearly the same, or in two parts of a split.

Each column adds its own mixed hash to those of the rows, in any order and from several threads.
"""

from __future__ import annotations

import threading

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xBF58476D1CE4E5B9)
MIX_AGAIN = np.uint64(0x94D049BB133111EB)
BLOCK = 1 << 15  # rows that are mixed at a time: they stay in the processor's cache


class Fingerprints:
    """The hashes of all rows, over the columns that were added.

    ``cells`` are over all columns; ``alike`` over all but identifiers, of cells made plain;
    ``inputs`` over those that models learn from.
    """

    def __init__(self, rows: int) -> None:
        self.cells = np.zeros(rows, np.uint64)
        self.alike = np.zeros(rows, np.uint64)
        self.inputs = np.zeros(rows, np.uint64)
        self._lock = threading.Lock()

    def add(self, place: int, key: np.ndarray, alike: np.ndarray | None, *, used: bool) -> None:
        """Add a column by its place; without ``alike`` it does not count there."""
        seed = np.uint64((place + 1) * int(GOLDEN) % 2**64)
        into = [self.cells, *([self.inputs] if used else [])]
        same = alike is key
        if same:
            into.append(self.alike)
        self._fold(key, seed, into)
        if alike is not None and not same:
            self._fold(alike, seed, [self.alike])

    def _fold(self, key: np.ndarray, seed: np.uint64, into: list[np.ndarray]) -> None:
        with np.errstate(over="ignore"):
            for start in range(0, len(key), BLOCK):
                part = slice(start, start + BLOCK)
                mixed = (key[part] ^ seed) * MIX
                mixed ^= mixed >> np.uint64(31)
                mixed *= MIX_AGAIN
                mixed ^= mixed >> np.uint64(29)
                with self._lock:
                    for total in into:
                        total[part] += mixed


def repeated(marks: np.ndarray) -> tuple[int, np.ndarray]:
    """How many rows repeat an earlier one, and the hashes that come twice or more."""
    # np.unique would hash, which takes a hundred times as long
    ordered = np.sort(marks)
    again = ordered[1:] == ordered[:-1]
    twice = ordered[1:][again]
    return len(twice), np.unique(twice)

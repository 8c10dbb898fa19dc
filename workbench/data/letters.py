"""The ends of cells, looked at by their bytes: what needs no second look costs a few comparisons.

Arrow's functions on text make a new column each; most cells need none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa

ZERO, MINUS = ord("0"), ord("-")
# blanks and control characters; from 128 on a character may be a blank of another script
DOUBTFUL = np.array([code <= 32 or code >= 127 for code in range(256)])


@dataclass(frozen=True)
class Ends:
    """The first and the last bytes of the cells of an array.

    What is said of an empty or missing cell is that of a neighbour.
    """

    cells: pa.Array

    @cached_property
    def lengths(self) -> np.ndarray:
        """Bytes of each cell, int32, shape (cells,); 0 where missing."""
        return np.diff(self._places)

    @property
    def blank(self) -> np.ndarray:
        """Where a cell is empty, bool, shape (cells,)."""
        return self.lengths == 0

    @property
    def trimmed(self) -> bool:
        """Whether no cell begins or ends with a blank, without a doubt."""
        last = self._bytes[np.maximum(self._places[1:], 1) - 1]
        return not (DOUBTFUL[self._first] | DOUBTFUL[last])[~self.blank].any()

    @property
    def padded(self) -> bool:
        """Whether a number has a zero in front that it would lose: 007, -07, 0x7."""
        second = self._bytes[np.minimum(self._places[:-1] + 1, len(self._bytes) - 1)]
        zero = (self._first == ZERO) & (self.lengths > 1)
        return bool((zero | ((self._first == MINUS) & (second == ZERO))).any())

    def may_be(self, words: tuple[str, ...]) -> bool:
        """Whether a cell could be one of the words, by its first byte and its length."""
        known, longest = _begins(words)
        near = self.lengths <= longest
        if not near.any():
            return False
        return bool((near & (known[self._first] | self.blank)).any())

    @cached_property
    def _first(self) -> np.ndarray:
        return self._bytes[np.minimum(self._places[:-1], len(self._bytes) - 1)]

    @cached_property
    def _places(self) -> np.ndarray:
        start = self.cells.offset
        offsets = self.cells.buffers()[1]
        if offsets is None or not len(self.cells):
            return np.zeros(len(self.cells) + 1, np.int32)
        return np.frombuffer(offsets, np.int32)[start : start + len(self.cells) + 1]

    @cached_property
    def _bytes(self) -> np.ndarray:
        data = self.cells.buffers()[2]
        if data is None or not data.size:
            return np.zeros(1, np.uint8)
        return np.frombuffer(data, np.uint8)


@lru_cache(16)
def _begins(words: tuple[str, ...]) -> tuple[np.ndarray, int]:
    """The bytes that words begin with, and how many the longest of them has."""
    raw = [word.encode("utf-8", "surrogatepass") for word in words]
    known = np.zeros(256, bool)
    known[[word[0] for word in raw if word]] = True
    return known, max(map(len, raw))

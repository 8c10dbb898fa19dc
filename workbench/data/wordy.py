"""A column of words: everything from the codes of its distinct values."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.dataset import Column
from workbench.data.numeric import ranges
from workbench.data.summary import Bin, Summary, shown
from workbench.data.target import levels, numbers

SHOWN = 12  # values of a category with a bar of their own
FINE = 2000  # values of a category up to which they are listed and sorted


class Words:
    """The cells of a column of texts or booleans, or of anything that is said to be a category."""

    def __init__(self, values: pa.ChunkedArray, column: Column) -> None:
        self.column = column
        self.codes, self.words = levels(values, FINE)
        self.missing = self.codes < 0
        counts = np.bincount(self.codes + 1, minlength=len(self.words) + 1)
        self.counts = counts[1:]
        self.distinct = int(np.count_nonzero(self.counts))

    @property
    def levels(self) -> tuple[np.ndarray, int]:
        """The group of each row, 0 where missing, and the number of groups."""
        return self.codes + 1, len(self.words) + 1

    @cached_property
    def key(self) -> np.ndarray:
        """uint64, equal where cells are equal."""
        return self.codes.astype(np.uint64)

    @cached_property
    def alike(self) -> np.ndarray:
        """Equal where cells are equal once they are trimmed and in lower case."""
        if not pa.types.is_string(self.words.type):
            return self.key
        plain = pc.utf8_lower(pc.utf8_trim_whitespace(self.words)).dictionary_encode()
        if len(plain.dictionary) == len(self.words):
            return self.key
        codes = np.r_[plain.indices.to_numpy(), -1]
        return codes[self.codes].astype(np.uint64)

    def sample(self, picked: np.ndarray) -> np.ndarray:
        """Codes of some cells, -1 where missing."""
        return self.codes[picked]

    def summary(self) -> Summary:
        """The column in numbers."""
        best = int(np.argmax(self.counts)) if len(self.words) else -1
        most = int(self.counts[best]) if best >= 0 else 0
        listed = len(self.words) <= FINE
        return Summary(
            column=self.column,
            rows=len(self.codes),
            missing=int(np.count_nonzero(self.missing)),
            distinct=self.distinct,
            top=shown(self.words[best].as_py()) if most > 1 else None,
            top_count=most if most > 1 else 0,
            bins=self._bars(),
            words=tuple(self.words[:FINE].to_pylist()),
            counts=tuple(self.counts.tolist()) if listed else (),
        )

    def _bars(self) -> tuple[Bin, ...]:
        basis = self.column.basis
        if basis == "identifier" or not len(self.words):
            return ()
        if basis == "text" and kinds.is_string(self.words.type):
            return self._lengths()
        order = np.argsort(-self.counts, kind="stable")
        bars = [Bin(int(self.counts[i]), label=self._label(i)) for i in order[:SHOWN]]
        rest = int(self.counts[order[SHOWN:]].sum())
        if rest:
            more = self.distinct - SHOWN
            bars.append(Bin(rest, label=f"{more:,} other {'value' if more == 1 else 'values'}"))
        return tuple(bars)

    def _label(self, place: Any) -> str:
        return shown(self.words[int(place)].as_py())

    def _lengths(self) -> tuple[Bin, ...]:
        long = numbers(pa.chunked_array([pc.utf8_length(self.words)]))
        order = np.argsort(long, kind="stable")
        return ranges(np.repeat(long[order], self.counts[order]), False)

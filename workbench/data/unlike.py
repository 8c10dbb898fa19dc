"""A long column of texts that nearly all differ: counted by their hashes, without a dictionary."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.dataset import Column
from workbench.data.hashed import hashes
from workbench.data.numeric import ranges
from workbench.data.summary import Bin, Summary, shown
from workbench.data.target import numbers

LONG = 200_000  # rows from which a dictionary is worth sparing
LOOK = 20_000
DIFFER = 0.95  # share of the first cells that differ
LISTED = 2000


class Unlike:
    """The cells of a column of texts that nearly all differ."""

    def __init__(self, values: pa.ChunkedArray, column: Column) -> None:
        self.column = column
        self.key = hashes(values)
        self.missing = self.key == 0
        self._values = values
        ordered = np.sort(self.key)[np.count_nonzero(self.missing) :]
        changes = np.flatnonzero(ordered[1:] != ordered[:-1])
        self.distinct = len(changes) + 1 if len(ordered) else 0
        self._top = (np.uint64(0), 0)
        if 0 < self.distinct < len(ordered):
            starts = np.r_[0, changes + 1]
            lengths = np.diff(np.r_[starts, len(ordered)])
            best = int(np.argmax(lengths))
            self._top = ordered[starts[best]], int(lengths[best])

    @property
    def alike(self) -> np.ndarray:
        """Equal where cells are: to make half a million texts plain is left out."""
        return self.key

    @property
    def levels(self) -> tuple[np.ndarray, int]:
        """Missing or filled: values of a row or two each tell nothing of others."""
        return (~self.missing).astype(np.int64), 2

    def sample(self, picked: np.ndarray) -> np.ndarray:
        """A code of its own for each of some cells, -1 where missing."""
        return np.where(self.missing[picked], -1, np.arange(len(picked)))

    def summary(self) -> Summary:
        """The column in numbers."""
        mark, most = self._top
        top = None
        if most > 1:
            top = shown(self._values[int(np.argmax(self.key == mark))].as_py())
        return Summary(
            column=self.column,
            rows=len(self.key),
            missing=int(np.count_nonzero(self.missing)),
            distinct=self.distinct,
            top=top,
            top_count=most,
            bins=self._bars(),
            words=tuple(pc.unique(self._values[:LOOK].drop_null())[:LISTED].to_pylist()),
        )

    def _bars(self) -> tuple[Bin, ...]:
        if self.column.basis == "identifier" or not self.distinct:
            return ()
        return ranges(np.sort(numbers(pc.utf8_length(self._values.drop_null()))), False)


def unlike(values: pa.ChunkedArray, column: Column) -> bool:
    """Whether a column should be looked at in this way."""
    if column.basis not in ("identifier", "text") or not kinds.is_string(values.type):
        return False
    first = values[:LOOK].drop_null()
    return len(values) >= LONG and len(pc.unique(first)) >= DIFFER * max(1, len(first))

"""Rows in which the cells of one column are exchanged, scored many at a time.

Effects, permutation importance and counterfactuals all ask what a model says of rows that differ
from real ones in a few cells. Preparation looks at one column at a time, so only the prepared parts
of that column are made anew, once for each distinct value; the estimator sees large blocks. A
feature that is made from several columns breaks this, and such rows are prepared as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.core.progress import Progress, silent
from workbench.explanation.explainer import Explainable, Floats, Places, outputs

BLOCK = 1 << 16  # rows in one call of the model
CELLS = 1 << 23  # prepared numbers in one call


class Exchange:
    """The rows of a frame, and what the model says once cells are exchanged."""

    def __init__(self, predictor: Explainable, frame: Any) -> None:
        self.predictor = predictor
        self.frame = frame
        self.prepared = predictor.prepared(frame)
        self.own = own_columns(predictor)

    def scores(self, prepared: np.ndarray, progress: Progress = silent) -> Floats:
        """The model's outputs on prepared rows, ``(rows, outputs)``, in blocks."""
        width = max(1, prepared.shape[1])
        step = max(1, min(BLOCK, CELLS // width))
        parts = []
        for start in range(0, len(prepared), step):
            progress(start / len(prepared), "asking the model")
            parts.append(outputs(self.predictor, prepared[start : start + step]))
        return np.concatenate(parts) if parts else outputs(self.predictor, prepared)

    def changed(self, rows: Places, column: str, values: Any, which: Places) -> np.ndarray:
        """Prepared rows: those of the frame at ``rows``, each with ``values[which]`` in a column.

        ``values`` is a pandas Series of the column's own dtype.
        """
        return self.exchanged(rows, {column: (values, which)})

    def exchanged(self, rows: Places, changes: Mapping[str, tuple[Any, Places]]) -> np.ndarray:
        """The same for several columns at once: for each its values, and which of them."""
        if any(self.own[column] is None for column in changes):
            frame = self.frame.iloc[rows].reset_index(drop=True)
            for column, (values, which) in changes.items():
                frame[column] = values.iloc[which].reset_index(drop=True)
            return self.predictor.prepared(frame)
        matrix = self.prepared[rows]
        for column, (values, which) in changes.items():
            own = self.own[column]
            matrix[:, own] = block(self.predictor, self.frame, column, values)[which][:, own]
        return matrix

    def over(self, column: str, values: Any, progress: Progress = silent) -> Floats:
        """What the model says of every row with every value: ``(values, rows, outputs)``."""
        count = len(self.frame)
        most = max(1, CELLS // max(1, self.prepared.shape[1] * count))
        found = []
        for start in range(0, len(values), most):
            which = np.arange(start, min(start + most, len(values)))
            progress(start / len(values), f"changing {column}")
            rows = np.tile(np.arange(count), len(which))
            matrix = self.changed(rows, column, values, np.repeat(which, count))
            found.append(self.scores(matrix).reshape(len(which), count, -1))
        return np.concatenate(found)

    def over_pairs(
        self, changes: Mapping[str, tuple[Any, Places]], progress: Progress = silent
    ) -> Floats:
        """The mean of what the model says of all rows once they hold each combination.

        ``changes`` names for each column its values and, for each combination, which of them.

        Returns
        -------
        numpy.ndarray
            ``(combinations, outputs)``.
        """
        count = len(self.frame)
        combinations = len(next(iter(changes.values()))[1])
        most = max(1, min(BLOCK, CELLS // max(1, self.prepared.shape[1])) // max(1, count))
        found = []
        for start in range(0, combinations, most):
            progress(start / combinations, f"changing {' and '.join(changes)}")
            part = slice(start, min(start + most, combinations))
            rows = np.tile(np.arange(count), part.stop - start)
            now = {c: (v, np.repeat(which[part], count)) for c, (v, which) in changes.items()}
            said = self.scores(self.exchanged(rows, now))
            found.append(said.reshape(part.stop - start, count, -1).mean(axis=1))
        return np.concatenate(found)


def block(predictor: Explainable, frame: Any, column: str, values: Any) -> np.ndarray:
    """Prepared rows that hold ``values`` in one column; their other columns say nothing."""
    rows = frame.iloc[np.zeros(len(values), dtype=np.int64)].reset_index(drop=True)
    rows[column] = values.reset_index(drop=True)
    return predictor.prepared(rows)


def own_columns(predictor: Explainable) -> dict[str, np.ndarray | None]:
    """The prepared columns that come from each input alone; None where one comes from several."""
    sources = list(predictor.sources)
    found: dict[str, np.ndarray | None] = {}
    for name in predictor.signature.names:
        mine = [place for place, group in enumerate(sources) if name in group]
        alone = all(len(sources[place]) == 1 for place in mine)
        found[name] = np.array(mine, dtype=np.int64) if alone else None
    return found

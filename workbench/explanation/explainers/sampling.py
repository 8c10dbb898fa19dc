"""Any model: Shapley values from antithetic permutations of the user's columns.

Each background row is turned into the explained row one column after another, in a random order
and in its reverse; what a column's turn changes is its contribution. A walk ends where it should,
so contributions are exactly additive however few walks there are.

Rows are explained in a random order and the model is asked for about half a second at a time, so
that whoever cancels is heard soon, and keeps rows that stand for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.core.errors import Cancelled
from workbench.core.progress import Progress, silent
from workbench.explanation.explainer import (
    Attribution,
    Explainable,
    Floats,
    Places,
    Stopped,
    outputs,
    players,
    shared,
    some,
)
from workbench.explanation.pace import MOST, Pace

BACKGROUND = 100  # rows
FEWEST = 10
WALK = 4000  # evaluations for one explained row, roughly
CELLS = 1 << 24  # prepared numbers in one call
TOTAL = 4_000_000  # evaluations in all


def explain(
    predictor: Explainable,
    frame: Any,
    background: Any,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Attribution:
    """Contributions to the probability, or to the value, of any model.

    Columns are exchanged after preparation, all parts of one column at once: preparation looks at
    one column at a time, so this equals exchanging the raw values. A feature that is made from
    several columns takes its turn as one; its contribution is shared by them.
    """
    groups, sources = players(predictor)
    columns = len(groups)
    walks = _background_rows(columns, len(background))
    places = some(len(frame), max(FEWEST, TOTAL // (2 * walks * columns)))
    count = len(places)
    told = _Told(progress, walks + count * (1 + 2 * walks * max(0, columns - 1)))
    pace = Pace(told.add, told.total)
    reference = predictor.prepared(background.iloc[:walks])
    prepared = predictor.prepared(frame.iloc[places])
    walker = _Walker(predictor, reference, sources, columns, seed, pace)
    output = walker.says(prepared)
    values = np.empty((count, columns, output.shape[1]))
    errors = np.empty((count, columns, output.shape[1]))
    turns = np.random.default_rng(seed).permutation(count)

    def found(done: Places) -> Attribution:
        done = np.sort(done)
        return Attribution(
            places[done],
            shared(values[done], groups, predictor.signature),
            walker.ends.mean(axis=0),
            output[done],
            "value" if predictor.signature.task == "regression" else "probability",
            f"sampled, {2 * walks} antithetic orders per row over {walks} background rows",
            float(errors[done].mean()) if len(done) else 0.0,
        )

    at = 0
    try:
        while at < count:
            part = turns[at : at + walker.rows_at_once]
            values[part], errors[part] = walker.walk(part, prepared[part], output[part])
            at += len(part)
    except Cancelled as asked:
        if not at:
            raise
        raise Stopped(asked.sentence, found(turns[:at])) from asked
    progress(1.0, "tried columns in many orders")
    return found(turns)


class _Told:
    """How far the evaluations are."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, max(1, total), 0

    def add(self, rows: int) -> None:
        self.done += rows
        self.progress(min(1.0, self.done / self.total), "trying columns in many orders")


def _background_rows(columns: int, given: int) -> int:
    """Background rows that the evaluations for one row allow."""
    return min(given, BACKGROUND, max(FEWEST, WALK // (2 * max(1, columns))))


class _Walker:
    """Walks from every background row to explained rows."""

    def __init__(
        self,
        predictor: Explainable,
        reference: np.ndarray,
        sources: Places,
        columns: int,
        seed: int,
        pace: Pace,
    ) -> None:
        self.predictor = predictor
        self.reference = reference
        self.sources = sources
        self.columns = columns
        self.seed = seed
        self.pace = pace
        self.ends = self.says(reference)

    def says(self, prepared: np.ndarray) -> Floats:
        """The model's outputs, ``(rows, outputs)``, asked for in blocks."""
        return self.pace.ask(len(prepared), lambda part: outputs(self.predictor, prepared[part]))

    @property
    def rows_at_once(self) -> int:
        """Rows that are finished together: as many as the model is asked for at once."""
        each = max(1, 2 * len(self.reference) * max(1, self.columns - 1))
        most = min(MOST, CELLS // max(1, len(self.sources)))
        return max(1, min(self.pace.rows, most) // each)

    def walk(self, places: Places, rows: np.ndarray, ends: Floats) -> tuple[Floats, Floats]:
        """Contributions and their standard errors, each ``(rows, columns, outputs)``."""
        ranks = self._ranks(places)
        path = self._path(rows, ends, ranks)
        steps = np.diff(path, axis=3)  # (rows, 2, walks, columns in walking order, outputs)
        own = np.take_along_axis(steps, ranks[..., None], axis=3)
        pairs = own.mean(axis=1)  # an order and its reverse stand together
        error = pairs.std(axis=1) / np.sqrt(max(1, pairs.shape[1]))
        return pairs.mean(axis=1), error

    def _ranks(self, places: Places) -> Places:
        """When each column takes its turn: ``(rows, 2, walks, columns)``.

        A row has its own part of one stream, whichever rows were explained before it.
        """
        shape = (len(self.reference), self.columns)
        noise = np.empty((len(places), *shape))
        for k, place in enumerate(places):
            stream = np.random.PCG64(self.seed).advance(int(place) * shape[0] * shape[1])
            noise[k] = np.random.Generator(stream).random(shape)
        ranks = noise.argsort(axis=2).argsort(axis=2)
        return np.stack([ranks, self.columns - 1 - ranks], axis=1)

    def _path(self, rows: np.ndarray, ends: Floats, ranks: Places) -> Floats:
        """Outputs along the walks, ``(rows, 2, walks, columns + 1, outputs)``."""
        shape = (*ranks.shape[:3], self.columns + 1, ends.shape[1])
        path = np.empty(shape)
        path[:, :, :, 0, :] = self.ends[None, None, :, :]
        path[:, :, :, -1, :] = ends[:, None, None, :]
        for at in range(0, self.columns - 1, self._steps_at_once(ranks)):
            turns = np.arange(at, min(at + self._steps_at_once(ranks), self.columns - 1))
            turned = ranks[..., None, :] <= turns[:, None]  # columns that the row has given
            mixed = np.where(
                turned[..., self.sources],
                rows[:, None, None, None, :],
                self.reference[None, None, :, None, :],
            )
            flat = self.says(mixed.reshape(-1, mixed.shape[-1]))
            path[:, :, :, turns + 1, :] = flat.reshape(*mixed.shape[:-1], -1)
        return path

    def _steps_at_once(self, ranks: Places) -> int:
        each = max(1, int(np.prod(ranks.shape[:3])) * len(self.sources))
        return max(1, CELLS // each)

"""Rows that differ from one row in a few cells, as numbers: which value each column takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.explanation.exchange import block, own_columns
from workbench.explanation.explainer import Explainable, Floats, Places
from workbench.explanation.gower import Gower
from workbench.explanation.grid import ORDERED
from workbench.explanation.wish import Limits
from workbench.questions import positions

FINE, COARSE = 80, 20  # values of a column that are known, and that the search begins with


@dataclass(frozen=True, eq=False)
class Choice:
    """The values that one column may take; the first is the row's own.

    ``cost`` says how far each is from the row's own, ``coarse`` which ones a search tries first.
    """

    column: str
    ordered: bool
    values: Any
    cost: Floats
    coarse: Places
    prepared: np.ndarray


class Moves:
    """A row and what may become of it; a state holds for each choice which value it takes.

    States have shape ``(states, choices)``; 0 leaves the row's own value.
    """

    def __init__(
        self, predictor: Explainable, row: Any, pool: Any, limits: Limits, gower: Gower
    ) -> None:
        self.predictor = predictor
        self.row = row.reset_index(drop=True)
        self.base = predictor.prepared(self.row)
        self.own = own_columns(predictor)
        self.choices = [
            choice
            for item in gower.inputs
            if (choice := _choice(predictor, self.row, pool, item, limits, gower)) is not None
        ]
        self.whole = any(self.own[c.column] is None for c in self.choices)

    def scores(self, states: Places) -> np.ndarray:
        """What the model says of each state, as :meth:`Predictor.scores` does."""
        if self.whole:  # a feature is made from several columns
            return self.predictor.scores(self.frame(states))
        matrix = np.repeat(self.base, len(states), axis=0)
        for place, choice in enumerate(self.choices):
            moved = np.flatnonzero(states[:, place])
            own = self.own[choice.column]
            if own is not None and len(moved):
                matrix[np.ix_(moved, own)] = choice.prepared[states[moved, place]][:, own]
        return _scores(self.predictor, matrix)

    def frame(self, states: Places) -> Any:
        """The rows in the user's own columns."""
        rows = self.row.iloc[np.zeros(len(states), dtype=np.int64)].reset_index(drop=True)
        for place, choice in enumerate(self.choices):
            if states[:, place].any():
                rows[choice.column] = choice.values.iloc[states[:, place]].reset_index(drop=True)
        return rows

    def cost(self, states: Places) -> Floats:
        """The sum of the changes' costs: ``(states,)``."""
        found = np.zeros(len(states))
        for place, choice in enumerate(self.choices):
            found += choice.cost[states[:, place]]
        return found


def _scores(predictor: Explainable, matrix: np.ndarray) -> np.ndarray:
    estimator, task = predictor.estimator, predictor.signature.task
    say = estimator.predict if task == "regression" else estimator.predict_proba
    return np.asarray(say(matrix), dtype=np.float64)


def _choice(
    predictor: Explainable, row: Any, pool: Any, item: Any, limits: Limits, gower: Gower
) -> Choice | None:
    """The allowed values of one column, or None where there is no other than its own."""
    before, ordered = row[item.name], item.kind in ORDERED
    seen = pool[item.name][pool[item.name].notna()]
    seen = seen[limits.allow(item.name, item.kind, before, seen)]
    if not len(seen):
        return None
    if ordered:
        line = positions(seen, item.kind)
        values, first = np.unique(line, return_index=True)
        kept = np.unique(np.linspace(0, len(values) - 1, FINE).round().astype(np.int64))
        by_rows = np.searchsorted(
            values, np.quantile(line, np.linspace(0, 1, COARSE), method="nearest")
        )
        kept = np.union1d(kept, by_rows)
        found = seen.iloc[first[kept]]
        coarse = np.union1d(
            np.flatnonzero(np.isin(kept, by_rows)),
            np.unique(np.linspace(0, len(kept) - 1, COARSE // 2).round().astype(np.int64)),
        )
    else:
        found = seen.drop_duplicates()
        common = seen.value_counts().index[:FINE]
        found = found[found.isin(common)]
        coarse = np.arange(len(found))
    both = pd.concat([before, found], ignore_index=True)
    cost = gower.cost(item.name, before, both)
    other = np.r_[False, cost[1:] > 0]
    if not other.any():
        return None
    coarse = coarse[other[1:][coarse]] + 1
    if not len(coarse):
        coarse = np.flatnonzero(other)
    prepared = block(predictor, row, item.name, both)
    return Choice(item.name, ordered, both, cost, coarse, prepared)

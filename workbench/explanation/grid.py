"""The values of a column at which a model is asked: observed ones only, so that none is absurd."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.core.signature import Field
from workbench.explanation.cells import plain
from workbench.explanation.explainer import Floats, Places
from workbench.questions import positions

LEVELS = 20  # of a category, the commonest
BY_ROWS, BY_VALUES = 20, 10  # points of a number: among the rows, and among the distinct values
ORDERED = ("number", "boolean", "datetime")


@dataclass(frozen=True, eq=False)
class Grid:
    """Distinct values of a column in order, and where each row of a frame lies among them.

    Parameters
    ----------
    values
        A pandas Series of the column's own dtype; the missing value last, where there is one.
    labels
        The same as plain values, None for missing.
    positions
        Where the known values lie on a line, rising; their rank for categories.
    own
        For each row its value as a position (NaN where missing or left out).
    missing
        Whether ``values`` ends with the missing value.
    left_out
        Rows whose category is too rare to be among the values.
    """

    values: Any
    labels: tuple[Any, ...]
    positions: Floats
    own: Floats
    ordered: bool
    missing: bool
    left_out: int

    @property
    def known(self) -> int:
        return len(self.positions)


def grid(series: Any, field: Field) -> Grid:
    """The values of one column at which a model is asked.

    Raises
    ------
    DataError
        Every cell of the column is missing.
    """
    known = series.notna().to_numpy()
    if not known.any():
        raise DataError(
            f"Column {field.name!r} has no value among these rows.",
            "Choose another column, or take more rows.",
        )
    places, line, own = (
        _on_a_line(series, field, known) if field.kind in ORDERED else _levels(series, known)
    )
    with_missing = np.r_[places, np.flatnonzero(~known)[:1]]
    values = series.iloc[with_missing]
    return Grid(
        values,
        tuple(plain(values, field.kind)),
        line,
        own,
        field.kind in ORDERED,
        not known.all(),
        int((known & np.isnan(own)).sum()),
    )


def coarser(found: Grid, least: int) -> Grid:
    """The ends of intervals that hold ``least`` rows or more each; levels as they are.

    A difference that was seen at one row only would be carried on to all values beyond.
    """
    if not found.ordered or found.known < 3:
        return found
    inside = np.sort(found.own[np.isfinite(found.own)])
    below = np.searchsorted(inside, found.positions, side="right")
    below[0] = 0  # rows at the lowest value lie in the first interval
    kept = [0]
    for place in range(1, found.known):
        if below[place] - below[kept[-1]] >= least:
            kept.append(place)
    if kept[-1] != found.known - 1:  # what is left over joins the last interval
        kept = [*kept[: max(1, len(kept) - 1)], found.known - 1]
    places = np.r_[kept, np.arange(found.known, len(found.labels))]
    return replace(
        found,
        values=found.values.iloc[places],
        labels=tuple(found.labels[place] for place in places),
        positions=found.positions[kept],
    )


def _on_a_line(series: Any, field: Field, known: np.ndarray) -> tuple[Places, Floats, Floats]:
    own = positions(series, field.kind)
    found, first = np.unique(np.where(known, own, np.nan), return_index=True)
    found, first = found[np.isfinite(found)], first[: np.isfinite(found).sum()]
    if len(found) > BY_ROWS + BY_VALUES:
        by_rows = np.quantile(own[known], np.linspace(0, 1, BY_ROWS), method="nearest")
        by_values = np.quantile(found, np.linspace(0, 1, BY_VALUES), method="nearest")
        kept = np.searchsorted(found, np.unique(np.r_[by_rows, by_values]))
        found, first = found[kept], first[kept]
    return first, found, own


def _levels(series: Any, known: np.ndarray) -> tuple[Places, Floats, Floats]:
    names = series.astype(object).to_numpy()
    texts = np.array([str(v) if k else "" for v, k in zip(names, known, strict=True)])
    found, first, counts = np.unique(texts[known], return_index=True, return_counts=True)
    common = np.sort(np.argsort(-counts, kind="stable")[:LEVELS])
    places = np.flatnonzero(known)[first[common]]
    rank = {name: float(place) for place, name in enumerate(found[common])}
    own = np.array(
        [rank.get(t, np.nan) if k else np.nan for t, k in zip(texts, known, strict=True)]
    )
    return places, np.arange(len(common), dtype=np.float64), own


def reordered(found: Grid, order: Places) -> Grid:
    """The same levels in another order; the missing value stays last."""
    rank = np.empty(len(order))
    rank[order] = np.arange(len(order))
    own = found.own.copy()
    inside = np.isfinite(own)
    own[inside] = rank[own[inside].astype(np.int64)]
    places = np.r_[order, np.arange(len(order), len(found.labels))]
    labels = tuple(found.labels[place] for place in places)
    return replace(found, values=found.values.iloc[places], labels=labels, own=own)

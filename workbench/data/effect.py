"""Effect: what a column tells about the target, whether it stands in a table or was made."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from workbench.core.dataset import Column
from workbench.data.numeric import Numbers
from workbench.data.relation import MEASURES, Relation
from workbench.data.target import Target
from workbench.data.wordy import Words

GROUPS = 10


@dataclass(frozen=True)
class Group:
    """Rows with like values: how many, and the mean of the target among them.

    ``mean`` is the share of the positive class, the mean of a number, None for more classes.
    """

    label: str
    rows: int
    mean: float | None


@dataclass(frozen=True)
class Effect:
    """A column against the target.

    ``relation`` is what :data:`measure` says, on rows that it was not learned from; None where
    there is no target or too little to say.
    """

    relation: float | None
    missing: int
    distinct: int
    groups: tuple[Group, ...]


def measure(target: Target) -> str:
    """What ``Effect.relation`` is for this target: an AUC, a correlation."""
    return MEASURES[target.task]


def effect(values: np.ndarray, target: Target | None) -> Effect:
    """What one column of numbers (NaN where missing) or texts ("" where missing) tells."""
    texts = values.dtype == object
    cells = pa.chunked_array([_cells(values, texts)])
    kind = Column("", str(cells.type), "category" if texts else "number")
    column = Words(cells, kind) if texts else Numbers(cells, kind)
    summary = column.summary()
    relation = None
    if target is not None and summary.distinct > 1:
        relation = Relation(target)(*column.levels, ordered=not texts)
    groups = _of_texts(values) if texts else _of_numbers(values)
    return Effect(
        relation,
        summary.missing,
        summary.distinct,
        tuple(Group(label, int(rows.sum()), _mean(rows, target)) for label, rows in groups),
    )


def _cells(values: np.ndarray, texts: bool) -> pa.Array:
    if texts:
        return pa.array([value or None for value in values], pa.string())
    return pa.array(values.astype(np.float64), from_pandas=True)


def _of_texts(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    found, counts = np.unique(values.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:GROUPS]
    return [(str(found[i]) or "missing", values == found[i]) for i in order]


def _of_numbers(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Tenths of the rows, or each value while there are few."""
    missing = np.isnan(values)
    known = values[~missing].astype(np.float64)
    found: list[tuple[str, np.ndarray]] = []
    distinct = np.unique(known)
    if len(distinct) <= GROUPS:
        found = [(f"{value:,.6g}", values == value) for value in distinct]
    elif len(known):
        edges = np.unique(np.quantile(known, np.linspace(0, 1, GROUPS + 1)))
        places = np.searchsorted(edges[1:-1], values, side="right")
        for place, (low, high) in enumerate(itertools.pairwise(edges)):
            found.append((f"{low:,.3g} to {high:,.3g}", (places == place) & ~missing))
    if missing.any():
        found.append(("missing", missing))
    return found


def _mean(rows: np.ndarray, target: Target | None) -> float | None:
    if target is None or target.task == "multiclass":
        return None
    rows = rows & target.known
    if not rows.any():
        return None
    truth = target.values if target.task == "regression" else target.codes
    return float(truth[rows].mean())

"""Which group a row belongs to: columns of 0 and 1 that travel with a model, and their crossing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from workbench.core.errors import DataError
from workbench.core.signature import Signature
from workbench.encoding import inputs
from workbench.groups import CROSS, DISTINCT, MOST, quantile_edges
from workbench.training.steps import Encode

FEWEST = 20  # training rows of a group that is treated as one; others are "everybody else"


class Membership(TransformerMixin, BaseEstimator):
    """One encoded column to a 0/1 column for each of its groups; all 0: none of them.

    Texts are groups, as are numbers of at most ten kinds; other numbers are cut into four ranges.
    """

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        values = _only(X)
        if values.dtype == object:
            names, counts = np.unique(values.astype(str), return_counts=True)
            order = np.argsort(-counts, kind="stable")[:MOST]
            kept = sorted(str(names[k]) for k in order if counts[k] >= FEWEST and names[k])
            made = {"kind": "texts", "values": kept}
        else:
            known = values[~np.isnan(values)].astype(np.float64)
            distinct = np.unique(known)
            if len(distinct) <= DISTINCT:
                made = {"kind": "numbers", "values": distinct.tolist()}
            else:
                made = {"kind": "ranges", "values": quantile_edges(known).tolist()}
        self.groups_ = json.dumps(made)
        self.origins_ = np.zeros(len(self.names), np.int64)
        return self

    @property
    def kind(self) -> str:
        """``texts``, ``numbers`` or ``ranges``."""
        return str(json.loads(self.groups_)["kind"])

    @property
    def values(self) -> list[Any]:
        """The texts or numbers of the groups, or where ranges end."""
        found: list[Any] = json.loads(self.groups_)["values"]
        return found

    @property
    def names(self) -> list[str]:
        """What the groups are called."""
        if self.kind != "ranges":
            return [f"{v:g}" if isinstance(v, float) else v for v in self.values]
        ends = [f"{v:g}" for v in self.values]
        between = [f"above {a} to {b}" for a, b in pairwise(ends)]
        return [f"up to {ends[0]}", *between, f"above {ends[-1]}"]

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        values = _only(X)
        if self.kind == "ranges":
            edges = np.asarray(self.values, np.float32)
            place = (values[:, None] > edges).sum(axis=1)
            hot = place[:, None] == np.arange(len(edges) + 1)
            return (hot & ~np.isnan(values)[:, None]).astype(np.float32)
        asked = self.values if self.kind == "texts" else np.asarray(self.values, np.float32)
        if self.kind == "texts":
            codes = pd.Index(asked, dtype=object).get_indexer(values)
            return (codes[:, None] == np.arange(len(asked))).astype(np.float32)
        return (values[:, None] == asked).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of training and validation rows, each ``(rows, groups)`` of 0 and 1.

    ``cells`` holds, for each group, the places of its 0/1 columns among those of all columns:
    ``(groups, columns)``. ``names`` are what they are called.
    """

    train: np.ndarray
    valid: np.ndarray | None
    cells: np.ndarray
    names: tuple[str, ...]
    width: int  # 0/1 columns before they are crossed


def crossed(hot: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """0/1 columns of each column's groups to those of the groups of all columns together."""
    return np.prod([hot[:, places] for places in cells.T], axis=0)


def groups_of(by: Signature, train: pd.DataFrame, valid: pd.DataFrame | None) -> Groups:
    """The groups that the training rows have enough of.

    Parameters
    ----------
    by
        A signature whose inputs are the columns that form the groups.

    Raises
    ------
    DataError
        Fewer than two groups have enough rows.
    """
    encode = Encode.of(by)
    encoded = encode.transform(train)
    names = [item.name for item in inputs(by)]
    steps = [Membership().fit(encoded[[name]]) for name in names]
    hot = np.hstack([s.transform(encoded[[n]]) for s, n in zip(steps, names, strict=True)])
    cells, called = _cells(steps)
    members = crossed(hot, cells)
    enough = np.flatnonzero(members.sum(axis=0) >= FEWEST)
    if len(enough) < 2:
        raise DataError(
            f"{' and '.join(by.names)} {'forms' if len(names) == 1 else 'form'}"
            f" {'no group' if not len(enough) else 'one group'} of {FEWEST} training rows or more.",
            "Mitigation needs two groups: choose a column whose values repeat.",
        )
    cells = cells[enough]
    found = None
    if valid is not None and len(valid):
        later = encode.transform(valid)
        each = [s.transform(later[[n]]) for s, n in zip(steps, names, strict=True)]
        found = crossed(np.hstack(each), cells)
    return Groups(members[:, enough], found, cells, tuple(called[k] for k in enough), hot.shape[1])


def _cells(steps: Sequence[Membership]) -> tuple[np.ndarray, list[str]]:
    starts = np.cumsum([0, *(len(s.names) for s in steps)])
    ranges = [range(int(a), int(b)) for a, b in pairwise(starts)]
    cells = np.array(list(product(*ranges)), np.int64).reshape(-1, len(steps))
    return cells, [CROSS.join(names) for names in product(*(s.names for s in steps))]


def _only(frame: pd.DataFrame) -> np.ndarray:
    values: np.ndarray = frame.iloc[:, 0].to_numpy()
    return values if values.dtype == object else values.astype(np.float32)

"""Thresholds: counts per group and score, so that moving a threshold costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.errors import UsageError
from workbench.core.report import Table
from workbench.core.signature import Signature
from workbench.fairness.rates import binary_rates
from workbench.groups import groupings
from workbench.measures.sample import Floats, Sample, ratio

STEPS = 1000


@dataclass(frozen=True, eq=False)
class Sweep:
    """What every threshold of 0, 0.001 ... 1 means for every group.

    ``counts[g, t, y]`` are rows of group ``g`` with true class ``y`` and a score of at least
    ``thresholds[t]``.
    """

    columns: tuple[str, ...]  # of each group
    groups: tuple[str, ...]
    thresholds: Floats
    counts: np.ndarray

    def at(self, threshold: float) -> Table:
        """The rates of all groups at a threshold (to the nearest thousandth)."""
        cells = self._cells(threshold)
        rates = binary_rates(cells[None])
        return Table.of(
            "groups",
            {
                "column": list(self.columns),
                "group": list(self.groups),
                "count": cells.sum(axis=(1, 2)),
                **{name: values[0] for name, values in rates.items()},
            },
        )

    def gaps(self, threshold: float, fewest: int = 30) -> Table:
        """Difference and ratio of each rate between groups of ``fewest`` rows or more."""
        cells = self._cells(threshold)
        large = cells.sum(axis=(1, 2)) >= fewest
        rates = {name: values[0] for name, values in binary_rates(cells[None]).items()}
        rows = []
        for column in dict.fromkeys(self.columns):
            mine = np.flatnonzero((np.array(self.columns) == column) & large)
            for name, values in rates.items():
                known = [k for k in mine if np.isfinite(values[k])]
                if len(known) < 2:
                    continue
                low, high = min(known, key=values.__getitem__), max(known, key=values.__getitem__)
                share = ratio(values[[low]], values[[high]])[0]
                rows.append(
                    (
                        column,
                        name,
                        float(values[high] - values[low]),
                        float(share) if np.isfinite(share) else None,
                        self.groups[low],
                        self.groups[high],
                    )
                )
        names = ("column", "metric", "difference", "ratio", "lowest", "highest")
        return Table("gaps", names, tuple(rows))

    def accuracy(self, threshold: float) -> float:
        """Share of all rows decided rightly."""
        one = self.columns[0]
        cells = self._cells(threshold)[[c == one for c in self.columns]].sum(axis=0)
        return float((cells[0, 0] + cells[1, 1]) / cells.sum())

    def _cells(self, threshold: float) -> np.ndarray:
        step = int(np.clip(round(threshold * STEPS), 0, STEPS))
        selected = self.counts[:, step, :]
        total = self.counts[:, 0, :]
        return np.stack([total - selected, selected], axis=-1)


def sweep(
    truth: ArrayLike,
    scores: ArrayLike,
    groups: Mapping[str, Sequence[Any]],
    signature: Signature,
) -> Sweep:
    """Counts of a binary model's test rows per group and score.

    Raises
    ------
    UsageError
        The task is not binary, so there is no threshold to move.
    """
    if signature.task != "binary":
        raise UsageError(f"A {signature.task} model has no threshold to move.")
    sample = Sample.of("binary", truth, scores)
    grid = np.r_[np.arange(STEPS + 1) / STEPS, np.inf]
    grid[0] = -np.inf  # everybody is selected at 0
    step = np.searchsorted(grid, sample.scores[:, 1], side="right") - 1
    columns: list[str] = []
    names: list[str] = []
    counts = []
    for found in groupings(groups, len(sample)):
        cells = (found.codes * (STEPS + 2) + step) * 2 + sample.truth.astype(np.int64)
        each = np.bincount(cells, minlength=len(found) * (STEPS + 2) * 2)
        falling = each.reshape(len(found), STEPS + 2, 2)[:, ::-1].cumsum(axis=1)[:, ::-1]
        columns += [found.column] * len(found)
        names += found.names
        counts.append(falling[:, : STEPS + 1])
    thresholds = np.arange(STEPS + 1) / STEPS
    return Sweep(tuple(columns), tuple(names), thresholds, np.concatenate(counts))

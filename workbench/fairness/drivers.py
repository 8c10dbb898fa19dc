"""Drivers: which columns a gap comes from, and which ones give the group away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.report import Table
from workbench.fairness.rates import redrawn, spread
from workbench.groups import Grouping, grouped
from workbench.measures.sample import Floats

DRAWS = 200
MOST = 15  # columns of each table


def proxies(found: Sequence[Grouping], others: Mapping[str, Sequence[Any]], seed: int = 0) -> Table:
    """How well each other column tells the group: Cramér's V, the strongest first.

    Numbers are cut into four ranges, rare categories pooled. Bergsma's correction (2013) takes away
    what chance alone would show; bounds are 95 % bootstrap intervals.
    """
    rows: list[tuple[Any, ...]] = []
    for column, values in others.items():
        try:
            told = grouped(column, values)
        except UsageError:
            continue  # no value is there twice
        for one in found:
            if one.crossed or one.column == column or len(one) < 2 or len(told) < 2:
                continue
            counts = np.bincount(one.codes * len(told) + told.codes, minlength=len(one) * len(told))
            shape = (len(one), len(told))
            drawn = redrawn(counts, DRAWS, seed).reshape(DRAWS, *shape)
            low, high = spread(cramers_v(drawn)[:, None])
            value = float(cramers_v(counts.reshape(1, *shape))[0])
            rows.append((one.column, column, value, float(low[0]), float(high[0])))
    rows.sort(key=lambda r: (r[0], -r[2]))
    kept = [r for k, r in enumerate(rows) if sum(q[0] == r[0] for q in rows[:k]) < MOST]
    names = ("column", "other", "value", "low", "high")
    return Table("proxies", names, tuple(kept), "Cramér's V: 0 tells nothing, 1 tells the group.")


def cramers_v(counts: np.ndarray) -> Floats:
    """Cramér's V ``(draws,)`` of contingency tables ``(draws, rows, columns)``, corrected."""
    table = counts.astype(np.float64)
    n = table.sum(axis=(1, 2))
    a, b = table.sum(axis=2), table.sum(axis=1)
    expected = a[:, :, None] * b[:, None, :] / n[:, None, None]
    parts = np.zeros_like(table)
    np.divide(np.square(table - expected), expected, out=parts, where=expected > 0)
    r, c = (a > 0).sum(axis=1), (b > 0).sum(axis=1)
    phi = np.maximum(0.0, parts.sum(axis=(1, 2)) / n - (r - 1) * (c - 1) / (n - 1))
    size = np.minimum(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    found: Floats = np.sqrt(np.divide(phi, size, out=np.zeros_like(phi), where=size > 0)).clip(0, 1)
    return found


def drivers(
    pairs: Sequence[tuple[str, str, str]],
    codes: Mapping[str, tuple[Sequence[str], np.ndarray]],
    contributions: Mapping[str, np.ndarray],
) -> Table:
    """Which columns move the scores of one group more than those of another.

    Parameters
    ----------
    pairs
        A column, and the groups of it with the highest and the lowest rate.
    codes
        For each column the names of its groups, and the group of each explained row.
    contributions
        For each input the contributions of the explained rows.
    """
    rows: list[tuple[Any, ...]] = []
    for column, highest, lowest in pairs:
        names, group = codes[column]
        up = group == list(names).index(highest)
        down = group == list(names).index(lowest)
        if up.sum() < 2 or down.sum() < 2:
            continue
        made = []
        for name, values in contributions.items():
            apart = float(values[up].mean() - values[down].mean())
            error = np.sqrt(
                values[up].var(ddof=1) / up.sum() + values[down].var(ddof=1) / down.sum()
            )
            ends = (apart - 1.96 * error, apart + 1.96 * error)
            made.append((column, name, apart, *map(float, ends), highest, lowest))
        rows += sorted(made, key=lambda r: -abs(r[2]))[:MOST]
    names_ = ("column", "input", "difference", "low", "high", "highest", "lowest")
    return Table("drivers", names_, tuple(rows), "Mean contribution in one group minus the other.")

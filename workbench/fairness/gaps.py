"""Gaps: how far apart the best and the worst treated group are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.fairness.groups import Grouping
from workbench.fairness.rates import Rate, spread
from workbench.measures.sample import Codes, Floats, ratio

RATIOS = {"selection_rate", "tpr", "fpr", "accuracy"}  # of signed values a ratio says nothing


@dataclass(frozen=True)
class Gap:
    """Difference (highest minus lowest) and ratio (lowest over highest) of one rate.

    The intervals hold the two groups fixed, so a difference may reach below zero and a ratio
    above one: then the data do not tell the two apart.
    """

    column: str
    metric: str
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    lowest: str
    highest: str


def gaps(found: Grouping, rates: Sequence[Rate], groups: Codes) -> list[Gap]:
    """One gap per rate over the given groups, and equalized odds where TPR and FPR are there."""
    each = [_gap(found, rate, groups) for rate in rates]
    by_name = {g.metric: g for g in each}
    if "tpr" in by_name and "fpr" in by_name:
        each.append(_odds(by_name["tpr"], by_name["fpr"]))
    return each


def _gap(found: Grouping, rate: Rate, groups: Codes) -> Gap:
    values = rate.values[groups]
    if np.isfinite(values).sum() < 2:
        return Gap(found.column, rate.name, None, None, None, None, None, None, "", "")
    low, high = groups[int(np.nanargmin(values))], groups[int(np.nanargmax(values))]
    below, above = rate.draws[:, low], rate.draws[:, high]
    difference = _bounds(above - below)
    share: float | None = None
    ends: tuple[float | None, float | None] = (None, None)
    if rate.name in RATIOS:
        share = _known(ratio(rate.values[[low]], rate.values[[high]])[0])
        ends = _bounds(ratio(below, above))
    return Gap(
        found.column,
        rate.name,
        float(rate.values[high] - rate.values[low]),
        *difference,
        share,
        *ends,
        found.names[low],
        found.names[high],
    )


def _odds(tpr: Gap, fpr: Gap) -> Gap:
    """The wider of the two gaps, as fairlearn's equalized odds; undefined when one of them is."""
    if tpr.difference is None or fpr.difference is None:
        return Gap(tpr.column, "equalized_odds", None, None, None, None, None, None, "", "")
    wide = max((tpr, fpr), key=lambda g: g.difference or 0.0)
    known = [g for g in (tpr, fpr) if g.ratio is not None]
    far = min(known, key=lambda g: g.ratio or 0.0) if known else wide
    return Gap(
        tpr.column,
        "equalized_odds",
        wide.difference,
        wide.difference_low,
        wide.difference_high,
        far.ratio,
        far.ratio_low,
        far.ratio_high,
        wide.lowest,
        wide.highest,
    )


def _bounds(draws: Floats) -> tuple[float | None, float | None]:
    low, high = spread(draws[:, None])
    return _known(low[0]), _known(high[0])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

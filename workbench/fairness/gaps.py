"""Gaps: how far apart the best and the worst treated group are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from workbench.fairness.rates import Rate, spread
from workbench.groups import Grouping
from workbench.measures.sample import Codes, Floats, ratio

# of signed values and of distances a ratio says nothing
RATIOS = {"selection_rate", "tpr", "fpr", "fnr", "precision", "accuracy", "base_rate"}
TWICE = {"fnr", "equalized_odds"}  # told by gaps that are there already


@dataclass(frozen=True)
class Gap:
    """Difference (highest minus lowest) and ratio (lowest over highest) of one rate.

    The intervals hold the two groups fixed, so a difference may reach below zero and a ratio
    above one: then the data do not tell the two apart. ``p`` is how often groups that are treated
    alike differ as much by chance: Cochran's Q over all groups, with their bootstrap variances.
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
    p: float | None = None


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
        _by_chance(rate, groups, found.counts),
    )


def _by_chance(rate: Rate, groups: Codes, counts: Codes) -> float | None:
    """How likely groups of one true rate differ so much (Cochran 1954)."""
    known = groups[np.isfinite(rate.values[groups])]
    if len(known) < 2:
        return None
    drawn = rate.draws[:, known]
    there = np.isfinite(drawn)
    if not there.any(axis=0).all():
        return None
    variance = drawn.var(axis=0) if there.all() else np.nanvar(drawn, axis=0)
    # a rate of exactly 0 or 1 never varies in resamples, which does not make it certain
    weight = 1.0 / np.maximum(variance, 0.25 / np.square(counts[known].astype(np.float64)))
    values = rate.values[known]
    middle = (weight * values).sum() / weight.sum()
    return float(chdtrc(len(known) - 1, (weight * np.square(values - middle)).sum()))


def holm(found: Sequence[Gap]) -> list[Gap]:
    """The gaps with their ``p`` raised for how many there are (Holm 1979).

    Those of equalized odds are made of two that are counted already.
    """
    own = [k for k, g in enumerate(found) if g.p is not None and g.metric not in TWICE]
    order = sorted(own, key=lambda k: found[k].p or 0.0)
    raised = list(found)
    highest = 0.0
    for place, k in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * (found[k].p or 0.0)))
        raised[k] = replace(found[k], p=highest)
    by_name = {(g.column, g.metric): g.p for g in raised}
    return [replace(g, p=_twice(g, by_name)) if g.metric in TWICE else g for g in raised]


def _twice(gap: Gap, by_name: dict[tuple[str, str], float | None]) -> float | None:
    if gap.metric == "fnr":
        return by_name.get((gap.column, "tpr"))
    each = [by_name.get((gap.column, name)) for name in ("tpr", "fpr")]
    known = [p for p in each if p is not None]
    return min(known) if known else None


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
        min((g.p for g in (tpr, fpr) if g.p is not None), default=None),
    )


def _bounds(draws: Floats) -> tuple[float | None, float | None]:
    low, high = spread(draws[:, None])
    return _known(low[0]), _known(high[0])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

"""Rates of groups from counts, on the data and on bootstrap draws of it.

Every rate here is a ratio of counts of (group, truth, prediction) cells. To resample rows with
replacement is to draw the cells from one multinomial, so a thousand resamples cost milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.fairness.groups import Grouping
from workbench.measures.intervals import resamples
from workbench.measures.sample import Codes, Floats, ratio

TITLES: Mapping[str, str] = {
    "selection_rate": "Selection rate",
    "tpr": "True positive rate",
    "fpr": "False positive rate",
    "accuracy": "Accuracy",
    "mean_prediction": "Mean prediction",
    "mae": "Mean absolute error",
    "bias": "Mean error",
}
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class Rate:
    """One rate: a value per group, and per draw and group; NaN where it is undefined."""

    name: str
    values: Floats
    draws: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """The ends of the 95 % intervals; NaN where a rate is mostly undefined."""
        return spread(self.draws)


def classified(
    found: Grouping, truth: Codes, predicted: Codes, draws: int, seed: int
) -> list[Rate]:
    """Selection rate, TPR, FPR and accuracy of a binary decision."""
    cells = (found.codes * 2 + truth) * 2 + predicted
    counts = np.bincount(cells, minlength=len(found) * 4)
    drawn = _redrawn(counts, draws, seed).reshape(draws, len(found), 2, 2)
    own, many = binary_rates(counts.reshape(1, len(found), 2, 2)), binary_rates(drawn)
    return [Rate(name, own[name][0], many[name]) for name in own]


def binary_rates(counts: np.ndarray) -> dict[str, Floats]:
    """Rates ``(draws, groups)`` from counts ``(draws, groups, truth, prediction)``."""
    tn, fp, fn, tp = (counts[..., t, p].astype(np.float64) for t in (0, 1) for p in (0, 1))
    rows = tn + fp + fn + tp
    return {
        "selection_rate": ratio(fp + tp, rows),
        "tpr": ratio(tp, tp + fn),
        "fpr": ratio(fp, fp + tn),
        "accuracy": ratio(tp + tn, rows),
    }


def correct(found: Grouping, right: Codes, draws: int, seed: int) -> list[Rate]:
    """Accuracy alone, for decisions between many classes."""
    counts = np.bincount(found.codes * 2 + right, minlength=len(found) * 2)
    drawn = _redrawn(counts, draws, seed).reshape(draws, len(found), 2).astype(np.float64)
    own = counts.reshape(len(found), 2).astype(np.float64)
    many = ratio(drawn[..., 1], drawn.sum(axis=-1))
    return [Rate("accuracy", ratio(own[:, 1], own.sum(axis=-1)), many)]


def estimated(found: Grouping, truth: Floats, values: Floats, draws: int, seed: int) -> list[Rate]:
    """Mean prediction, mean absolute error and mean error of a regression."""
    hot = np.zeros((len(truth), len(found)))
    hot[np.arange(len(truth)), found.codes] = 1.0
    error = values - truth
    sums = np.hstack(
        [hot, hot * values[:, None], hot * np.abs(error)[:, None], hot * error[:, None]]
    )
    own = sums.sum(axis=0, keepdims=True)
    many = np.vstack([weights @ sums for weights in resamples(len(truth), draws, seed)])
    rates = []
    for place, name in enumerate(("mean_prediction", "mae", "bias"), start=1):
        part = slice(place * len(found), (place + 1) * len(found))
        rows = slice(0, len(found))
        rates.append(
            Rate(name, ratio(own[:, part], own[:, rows])[0], ratio(many[:, part], many[:, rows]))
        )
    return rates


def spread(draws: Floats) -> tuple[Floats, Floats]:
    """95 % percentile bounds of each column, NaN where over half of the draws are undefined."""
    known = np.isfinite(draws)
    dense = known.mean(axis=0) > 0.5
    if known.all():
        low, high = np.quantile(draws, QUANTILES, axis=0)
        return low, high
    low, high = np.full(draws.shape[1], np.nan), np.full(draws.shape[1], np.nan)
    for column in np.flatnonzero(dense):
        low[column], high[column] = np.quantile(draws[known[:, column], column], QUANTILES)
    return low, high


def _redrawn(counts: Codes, draws: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.multinomial(int(counts.sum()), counts / counts.sum(), size=draws)

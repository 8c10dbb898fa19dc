"""Predicted values of groups: their means and quantiles, and how far they are off."""

from __future__ import annotations

import numpy as np

from workbench.fairness.rates import Rate, redrawn
from workbench.groups import Grouping
from workbench.measures.intervals import resamples
from workbench.measures.sample import Floats, ratio

PLACES = {"low_prediction": 0.1, "median_prediction": 0.5, "high_prediction": 0.9}
BINS = 200  # of predictions, for the draws of their quantiles


def estimated(found: Grouping, truth: Floats, values: Floats, draws: int, seed: int) -> list[Rate]:
    """Mean prediction, mean absolute error, mean error and quantiles of a regression."""
    hot = np.zeros((len(truth), len(found)))
    hot[np.arange(len(truth)), found.codes] = 1.0
    error = values - truth
    sums = np.hstack([hot, *(hot * v[:, None] for v in (values, np.abs(error), error))])
    own = sums.sum(axis=0, keepdims=True)
    many = np.vstack([weights @ sums for weights in resamples(len(truth), draws, seed)])
    rows = slice(0, len(found))
    rates = []
    for place, name in enumerate(("mean_prediction", "mae", "bias"), start=1):
        part = slice(place * len(found), (place + 1) * len(found))
        values_ = ratio(own[:, part], own[:, rows])[0]
        rates.append(Rate(name, values_, ratio(many[:, part], many[:, rows])))
    return rates + _quantiles(found, values, draws, seed)


def _quantiles(found: Grouping, values: Floats, draws: int, seed: int) -> list[Rate]:
    """Statistical parity of values is that their quantiles are alike (Agarwal et al. 2019).

    The values are those of the rows; their draws are found to one of 200 bins.
    """
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, values)
    size = len(edges) + 1
    middle = ratio(
        np.bincount(bins, weights=values, minlength=size), np.bincount(bins, minlength=size) * 1.0
    )
    counts = np.bincount(found.codes * size + bins, minlength=len(found) * size)
    drawn = redrawn(counts, draws, seed).reshape(draws, len(found), size).cumsum(axis=-1)
    rates = []
    for name, place in PLACES.items():
        own = [np.quantile(values[found.codes == k], place) for k in range(len(found))]
        at = (drawn < place * drawn[..., -1:]).sum(axis=-1)
        many = np.where(drawn[..., -1] > 0, middle[np.minimum(at, size - 1)], np.nan)
        rates.append(Rate(name, np.array(own), many))
    return rates

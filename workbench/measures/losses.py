"""Losses row by row, in an order that models share: what paired comparisons stand on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.core.recipe import Task
from workbench.measures.sample import Floats, Sample, pieces

LOSSES: Mapping[Task, str] = {
    "binary": "log loss",
    "multiclass": "log loss",
    "regression": "squared error",
}


def losses(sample: Sample) -> Floats:
    """One loss per row: squared error, or the negative log of the truth's probability."""
    if sample.task == "regression":
        squared: Floats = (sample.scores - sample.truth) ** 2
        return squared
    found = np.empty(len(sample))
    for rows in pieces(len(sample)):
        found[rows] = -np.log(np.clip(sample.part(rows).given, 1e-15, 1))
    return found


def shares(sample: Sample, metric: str) -> Floats | None:
    """Each row's share of a metric, smaller is better: the mean of all says how bad it is.

    Differences of two models' shares, row by row, have the standard error of the metric's
    difference. That of the area under the ROC curve is DeLong's (1988). None for a metric that is
    no mean over rows (F1, average precision): two models' values cannot be told apart so.
    """
    if metric in ("log_loss", "rmse", "r2"):
        return losses(sample)
    if metric == "mae":
        apart: Floats = np.abs(sample.scores - sample.truth)
        return apart
    if metric == "accuracy":
        wrong: Floats = (sample.predicted != sample.truth).astype(np.float64)
        return wrong
    if metric == "brier":
        squared = (sample.scores - sample.is_class) ** 2
        missed: Floats = squared[:, 1] if sample.task == "binary" else squared.sum(axis=1)
        return missed
    if metric == "roc_auc" and sample.task == "binary":
        return _delong(sample)
    return None


def _delong(sample: Sample) -> Floats | None:
    """What each row adds to 1 - AUC, by the influence of its place among the other class."""
    if sample.area is None:
        return None
    value, influence = sample.area
    return (1 - value) - influence

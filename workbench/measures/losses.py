"""Losses row by row, in an order that models share: what paired comparisons stand on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.core.recipe import Task
from workbench.measures.sample import Floats, Sample

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
    given = np.clip((sample.scores * sample.is_class).sum(axis=1), 1e-15, 1)
    found: Floats = -np.log(given)
    return found

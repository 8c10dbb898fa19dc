"""Extremely randomised trees."""

from __future__ import annotations

from typing import Any

from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from workbench.core.recipe import Task
from workbench.training.families.forest import Forest


class ExtraTrees(Forest):
    """A forest that draws its thresholds: quicker, smoother, often as good (Geurts 2006)."""

    name = "extratrees"
    title = "Extra trees"
    classifier = ExtraTreesClassifier
    regressor = ExtraTreesRegressor

    def defaults(self, task: Task) -> dict[str, Any]:
        features = 1.0 if task == "regression" else "sqrt"
        return {**super().defaults(task), "min_samples_leaf": 3, "max_features": features}


FAMILY = ExtraTrees()

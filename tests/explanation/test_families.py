"""Every family that can be trained can be explained, through the real predictor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.core.dataset import Column, Schema
from workbench.core.recipe import Recipe
from workbench.explanation.explain import explain
from workbench.training.family import families
from workbench.training.predictor import Predictor
from workbench.training.train import train

TARGETS = {"binary": "sex", "multiclass": "species", "regression": "body_mass_g"}
NUMBERS = {"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"}


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("family", ["logistic", "forest", "lightgbm", "network"])
def test_a_trained_family_is_explained_exactly(
    penguins: pd.DataFrame, family: str, task: str
) -> None:
    target = TARGETS[task]
    frame = penguins[penguins[target].notna()].reset_index(drop=True)
    schema = Schema(
        tuple(
            Column(
                name,
                "double" if name in NUMBERS else "string",
                "number" if name in NUMBERS else "category",
                "target" if name == target else "feature",
            )
            for name in frame.columns
        )
    )
    parts = np.resize(np.array([0, 0, 0, 1, 2], dtype=np.int8), len(frame))
    params = {"epochs": 3} if family == "network" else {}
    trained = train(Recipe("penguins@1", family, params=params), frame, schema, parts)
    predictor = Predictor(trained.pipeline, trained.signature)
    assert trained.signature.task == task
    report = explain(
        predictor,
        frame[parts == 2].iloc[:20],
        frame[parts == 0].iloc[:50],
        "run",
        kind=families.get(family).explainer,
    )
    scale = max(1.0, float(np.abs(report["values"].column("output")).max()))
    assert report.facts["additivity_error"] < 1e-6 * scale
    assert not [f for f in report.findings if f.severity == "error"]
    assert set(report["importance"].column("column")) == set(frame.columns) - {target}

"""Trained models for the tests of packaging, each trained once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.training.tables import SAMPLES, Sample
from workbench.core.gate import Verdict
from workbench.core.recipe import Preparation, Recipe
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.signature import Signature
from workbench.packaging.parity import parity
from workbench.packaging.probes import probes
from workbench.training.predictor import Predictor
from workbench.training.train import train

QUICK: dict[str, dict[str, Any]] = {
    "logistic": {},
    "forest": {"n_estimators": 30},
    "lightgbm": {"n_estimators": 80},
    "network": {"epochs": 5},
}


@dataclass(frozen=True)
class Model:
    """A predictor, its recipe, and rows to judge it by: test rows and awkward ones."""

    predictor: Predictor
    recipe: Recipe
    sample: Sample
    rows: pd.DataFrame

    @property
    def signature(self) -> Signature:
        return self.predictor.signature

    @property
    def columns(self) -> dict[str, np.ndarray]:
        return {name: self.rows[name].to_numpy() for name in self.signature.names}

    def judged(self, onnx: bytes) -> tuple[Report, Verdict]:
        return parity(self.predictor.scores(self.rows), onnx, self.columns, self.signature)

    @property
    def run(self) -> RunRecord:
        return RunRecord(
            "0123abcd",
            self.recipe.family,
            "done",
            self.recipe,
            self.signature,
            {"roc_auc": 0.9},
            "d" * 64,
            tags={"git_commit": "abc", "version.numpy": "2"},
        )


@cache
def model(datasets: Path, task: str, family: str, missing: Any = None) -> Model:
    sample = SAMPLES[task](datasets)
    recipe = Recipe(
        "sample@1", family, params=QUICK[family], preparation=Preparation(missing=missing)
    )
    trained = train(recipe, sample.frame, sample.schema, sample.parts)
    made = Predictor(trained.pipeline, trained.signature)
    rows = pd.concat([sample.test, probes(made, sample.test)], ignore_index=True)
    return Model(made, recipe, sample, rows)

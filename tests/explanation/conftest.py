"""One fitted predictor per family and task, on the penguins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.base import clone

from tests.explanation.predictors import ESTIMATORS, Predictor, penguin_task

TASKS = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Case:
    """A predictor, the rows to explain, the background, and the kind of explainer."""

    predictor: Predictor
    frame: pd.DataFrame
    background: pd.DataFrame
    kind: str


@pytest.fixture(scope="session")
def penguins(datasets: Path) -> pd.DataFrame:
    frame = pd.read_csv(next((datasets / "penguins").glob("*.csv")))
    return frame.dropna(subset=["body_mass_g"]).reset_index(drop=True)


@pytest.fixture(
    scope="session",
    params=[(f, t) for f in ESTIMATORS for t in TASKS],
    ids=lambda p: "-".join(p),
)
def case(request: Any, penguins: pd.DataFrame) -> Case:
    family, task = request.param
    return make(penguins, family, task)


def make(penguins: pd.DataFrame, family: str, task: str) -> Case:
    """A fitted case."""
    truth, signature = penguin_task(penguins, task)
    kind, classifier, regressor = ESTIMATORS[family]
    estimator = clone(regressor if task == "regression" else classifier)
    predictor = Predictor(estimator, penguins, truth, signature)
    return Case(predictor, penguins.iloc[5::9], penguins.sample(60, random_state=0), kind)

"""Small real predictors, each with its explainer kind: what a trained run offers, in 30 lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from workbench.core.signature import Field, Signature

NUMBERS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
CATEGORIES = ("island", "sex")


class Predictor:
    """Scaled numbers and one-hot categories in front of a scikit-learn estimator."""

    def __init__(
        self, estimator: Any, frame: pd.DataFrame, truth: np.ndarray, signature: Signature
    ):
        names = signature.names
        numbers = [n for n in names if signature[n].kind == "number"]
        texts = [n for n in names if signature[n].kind == "category"]
        self.preparation = ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
                ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
            ]
        ).fit(frame)
        known = getattr(self.preparation.named_transformers_["texts"], "categories_", [])
        own = [*numbers, *(t for t, c in zip(texts, known, strict=True) for _ in c)]
        self.sources = [(name,) for name in own]
        self.signature = signature
        self.estimator = estimator.fit(self.prepared(frame), truth)

    def prepared(self, frame: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.preparation.transform(frame), dtype=np.float32)

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        if self.signature.task == "regression":
            return self.estimator.predict(self.prepared(frame))
        return self.estimator.predict_proba(self.prepared(frame))


ESTIMATORS: dict[str, tuple[str, Any, Any]] = {
    "logistic": ("linear", LogisticRegression(max_iter=2000), Ridge()),
    "forest": (
        "trees",
        RandomForestClassifier(40, random_state=0),
        RandomForestRegressor(40, random_state=0),
    ),
    "lightgbm": (
        "trees",
        LGBMClassifier(n_estimators=40, verbose=-1, n_jobs=1, random_state=0),
        LGBMRegressor(n_estimators=40, verbose=-1, n_jobs=1, random_state=0),
    ),
    "network": (
        "sampling",
        MLPClassifier((16,), max_iter=300, random_state=0),
        MLPRegressor(loss="squared_error", hidden_layer_sizes=(16,), max_iter=300, random_state=0),
    ),
}


def fields(*leave_out: str) -> tuple[Field, ...]:
    found = [Field(n, "number") for n in NUMBERS] + [Field(c, "category") for c in CATEGORIES]
    return tuple(f for f in found if f.name not in leave_out)


def penguin_task(frame: pd.DataFrame, task: str) -> tuple[np.ndarray, Signature]:
    """Truth and signature: tell the species, tell Adelie, or guess the body mass."""
    if task == "regression":
        truth = frame["body_mass_g"].to_numpy(dtype=float)
        return truth, Signature(fields("body_mass_g"), "body_mass_g", "regression")
    if task == "binary":
        truth = (frame["species"] == "Adelie").to_numpy().astype(int)
        return truth, Signature(fields(), "Adelie", "binary", ("no", "yes"), sensitive=("sex",))
    classes = tuple(sorted(frame["species"].unique()))
    truth = np.array([classes.index(s) for s in frame["species"]])
    return truth, Signature(fields(), "species", "multiclass", classes)

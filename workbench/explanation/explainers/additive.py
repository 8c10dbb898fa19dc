"""Additive models: each column's own curve, exact; a pair's share is halved between the two."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.core.progress import Progress, silent
from workbench.explanation.explainer import Attribution, Explainable, fold


def explain(
    predictor: Explainable,
    frame: Any,
    background: Any,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Attribution:
    """Contributions to the log-odds, or to the value, against their mean over the background.

    For a sum of terms of one column, term minus mean is the Shapley value; what a term of two
    columns adds is theirs together, and halves are what the Shapley value gives where both are
    needed (where not, it is a convention).
    """
    estimator, task = predictor.estimator, predictor.signature.task
    prepared = predictor.prepared(frame)
    found = estimator.contributions(prepared)
    mean = estimator.contributions(predictor.prepared(background)).mean(axis=0)
    columns = np.zeros((len(prepared), prepared.shape[1], found.shape[2]))
    for number, term in enumerate(estimator.terms_):
        for column in term:
            columns[:, column] += (found[:, number] - mean[number]) / len(term)
    progress(1.0, "explained")
    output = estimator.predict(prepared) if task == "regression" else estimator.margins(prepared)
    return Attribution(
        np.arange(len(prepared)),
        fold(columns, predictor),
        estimator.base_ + mean.sum(axis=0),
        np.asarray(output, dtype=np.float64).reshape(len(prepared), -1),
        "value" if task == "regression" else "log-odds",
        "exact, from the tables of the columns; pairs are halved",
    )

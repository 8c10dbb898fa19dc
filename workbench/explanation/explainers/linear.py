"""Linear models: coefficient times distance from the background's mean, exact."""

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
    """Contributions to the log-odds of a logistic regression, or to the value of a linear one."""
    estimator, task = predictor.estimator, predictor.signature.task
    prepared = predictor.prepared(frame).astype(np.float64)
    mean = predictor.prepared(background).astype(np.float64).mean(axis=0)
    coefficients = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    intercepts = np.atleast_1d(np.asarray(estimator.intercept_, dtype=np.float64))
    values = (prepared - mean)[:, :, None] * coefficients.T[None, :, :]
    decide = estimator.predict if task == "regression" else estimator.decision_function
    output = np.asarray(decide(prepared), dtype=np.float64)
    progress(1.0, "explained")
    return Attribution(
        np.arange(len(prepared)),
        fold(values, predictor),
        intercepts + coefficients @ mean,
        output.reshape(len(prepared), -1),
        "value" if task == "regression" else "log-odds",
        "exact, from the coefficients",
    )

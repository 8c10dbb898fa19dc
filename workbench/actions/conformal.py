"""Conformal: a run's predictions with intervals or sets that hold the truth as often as asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.train import scores_of
from workbench.actions.validate import kept
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.split import PARTS, VALID
from workbench.encoding import decide, labels
from workbench.evaluation.conformal import conformal
from workbench.evaluation.evaluate import sample_of
from workbench.measures.conformal import Conformal

WHERE = ("valid", "folds")


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    alpha: float = 0.1,
    method: str | None = None,
    on: str = "valid",
) -> dict[str, Any]:
    """Calibrate a run, and keep the report of its coverage with it."""
    report = of(context, run, alpha, method, on)
    progress(1.0, report.sentence)
    return {"report": "conformal", "run": report.subject}


def of(
    context: Context, run: str, alpha: float = 0.1, method: str | None = None, on: str = "valid"
) -> Report:
    """The coverage on the test rows, kept with the run.

    Parameters
    ----------
    on
        What calibrates: ``valid`` (the validation rows) or ``folds`` (what the folds of
        cross-validation said).

    Raises
    ------
    UsageError
        Alpha, method or rows do not fit.
    StoreError
        The run was not validated, and the folds were to calibrate.
    """
    results = Results.of(context, run)
    rule = calibrated(results, alpha, method, on)
    test = sample_of(results.test_truth(), results.test_scores(), results.signature)
    report = conformal(rule, test, results.signature, results.record.id, on=on)
    context.store.put_report(results.record.id, report)
    return report


def calibrated(results: Results, alpha: float, method: str | None, on: str) -> Conformal:
    """The rule; its rows are not those that judge it."""
    if on not in WHERE:
        raise UsageError(f"{on!r} cannot calibrate.", f"Use one of: {', '.join(WHERE)}.")
    if on == "folds":
        rows = kept(results.context, results.record.id)
        rows = rows[rows["repeat"] == 1]
    else:
        predictions = results.predictions
        rows = predictions[predictions["part"] == PARTS[VALID]]
    truth, scores = rows["truth"].to_numpy(), scores_of(rows, results.signature)
    sample = sample_of(truth, scores, results.signature)
    return Conformal.of(sample, alpha, method, results.record.recipe.seed)  # type: ignore[arg-type]


def predict(
    context: Context,
    run: str,
    frame: pd.DataFrame,
    alpha: float = 0.1,
    method: str | None = None,
    on: str = "valid",
) -> pd.DataFrame:
    """Predictions with their intervals (``prediction low high``) or sets (``prediction set``)."""
    results = Results.of(context, run)
    rule = calibrated(results, alpha, method, on)
    scores = results.predictor.scores(frame)
    signature = results.signature
    if signature.task == "regression":
        low, high = rule.intervals(scores)
        found = {"prediction": scores, "low": low, "high": high}
        return pd.DataFrame(found, index=frame.index)
    names = labels(np.arange(len(signature.classes)), signature)
    sets = [tuple(names[k] for k in np.flatnonzero(row)) for row in rule.sets(scores)]
    said = labels(decide(scores, signature), signature)
    return pd.DataFrame(
        {"prediction": said, "set": pd.Series(sets, index=frame.index, dtype=object)},
        index=frame.index,
    )

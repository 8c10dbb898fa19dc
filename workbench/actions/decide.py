"""Decide: a finished model once more as a run, with another threshold between its two classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.train import begun, fitted_scores, open_run, parquet, told_params
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import ADOPTED
from workbench.data.split import assign
from workbench.evaluation.evaluate import evaluate
from workbench.store.store import Outcome
from workbench.store.trust import trust, trusted_by
from workbench.training.family import families, settled
from workbench.training.persist import trusted
from workbench.training.predictor import Predictor
from workbench.training.train import decided

KEPT = ("fact.", "rows_", "version.", "notes", "task")  # tags of the model and its rows


def run(
    context: Context, progress: Progress = silent, *, run: str, threshold: float
) -> dict[str, Any]:
    """Make a run of the model of ``run`` that says positive from ``threshold`` on.

    The model is not fitted again: its file and its scores are those of ``run``, its decisions and
    what is measured of them are new.

    Returns
    -------
    dict
        ``run``, the new one.

    Raises
    ------
    UsageError
        The task is not binary, the threshold is no probability, or each group has its own.
    StoreError
        The run is not done.
    """
    before = Results.of(context, run)
    record = before.record
    recipe = replace(record.recipe, threshold=threshold)
    signature = decided(before.signature, recipe)
    more = trusted_by(context.root, record.id)
    tags = {**begun(context, before.dataset, recipe), "origin": record.id}
    made = context.store.begin(record.name, recipe, tags)
    with open_run(context, made):
        trust(context.root, made, more)
        outcome = _outcome(before, Predictor(before.predictor.pipeline, signature), made, progress)
        outcome = replace(outcome, trusted=(*trusted(), *more))
        progress(0.97, "keeping the run")
        context.store.finish(made, outcome)
    progress(1.0, "the run is kept")
    return {"run": made}


def _outcome(before: Results, predictor: Predictor, made: str, progress: Progress) -> Outcome:
    """What the model leaves behind when it decides by the predictor's signature."""
    recipe, signature = before.record.recipe, predictor.signature
    assert recipe.split is not None
    parts = assign(recipe.split, before.context.datasets.table(before.dataset), before.schema)
    progress(0.2, "judging the decisions on the test rows")
    report = evaluate(
        before.test_truth(),
        before.test_scores(),
        signature,
        made,
        fitted=_fitted(before, predictor, parts),
        seed=recipe.seed,
        progress=within(progress, 0.3, 0.95),
    )
    known = recipe.family in families
    used = settled(families.get(recipe.family), signature.task, recipe.params) if known else {}
    decides = replace(recipe, threshold=signature.threshold)
    return Outcome(
        signature=signature,
        pipeline=predictor.pipeline,
        trusted=(),
        metrics={k: v for k, v in report.facts["metrics"].items() if v is not None},
        reports=(report,),
        files={"predictions.parquet": parquet(before.predictions)},
        params=told_params(decides, used or recipe.params),
        tags={k: v for k, v in before.record.tags.items() if k.startswith(KEPT)},
    )


def _fitted(
    before: Results, predictor: Predictor, parts: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Some training rows' truth and scores; of an adopted model nobody knows which they were."""
    if before.record.recipe.family == ADOPTED:
        return None
    frame = before.context.datasets.frame(before.dataset)
    return fitted_scores(frame, parts, predictor)

"""Explain: which columns moved the predictions of a run, overall and row by row."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent
from workbench.core.recipe import Recipe
from workbench.core.report import Report
from workbench.explanation.explain import explain
from workbench.training.family import families

BACKGROUND = 100  # training rows that stand for "on average"


def run(
    context: Context, progress: Progress = silent, *, run: str, rows: int = 500, seed: int = 0
) -> dict[str, Any]:
    """Explain up to ``rows`` test rows of a run and keep the report with it."""
    of(context, run, rows, seed, progress)
    return {"report": "explanation", "run": run}


def of(
    context: Context, run: str, rows: int = 500, seed: int = 0, progress: Progress = silent
) -> Report:
    """The explanation of a run, computed and kept."""
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    test, train = results.test_rows(), results.train_rows
    sample = test.sample(min(rows, len(test)), random_state=seed).sort_index()
    background = train.sample(min(BACKGROUND, len(train)), random_state=seed)
    report = explain(
        results.predictor,
        sample,
        background,
        results.record.id,
        kind=_kind(results.record.recipe),
        seed=seed,
        progress=progress,
    )
    context.store.put_report(results.record.id, report)
    return report


def _kind(recipe: Recipe) -> str:
    """The family's explainer; what a mitigation puts around a model is asked for many answers."""
    wrapped = {"thresholds", "correlation_remover", "exponentiated_gradient"}
    if recipe.mitigation is not None and recipe.mitigation.method in wrapped:
        return "sampling"
    return str(families.get(recipe.family).explainer)

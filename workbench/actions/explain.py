"""Explain: which columns moved the predictions of a run, overall and row by row."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.explanation.explain import Unfinished, explain
from workbench.explanation.explainer import explainers

FITTING = ("linear", "trees", "additive")  # of one kind of model each
BACKGROUND = 100  # training rows that stand for "on average"


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    rows: int = 500,
    seed: int = 0,
    method: str | None = None,
) -> dict[str, Any]:
    """Explain up to ``rows`` test rows of a run and keep the report with it."""
    of(context, run, rows, seed, progress, method)
    return {"report": "explanation", "run": run}


def of(
    context: Context,
    run: str,
    rows: int = 500,
    seed: int = 0,
    progress: Progress = silent,
    method: str | None = None,
) -> Report:
    """The explanation of a run, computed and kept; by ``method``, or by what suits the model.

    Raises
    ------
    UsageError
        The method is not for this model.
    Cancelled
        Somebody asked to stop. The rows that were finished are kept as the run's explanation,
        unless it has one of more rows or one that was not cut short.
    """
    results = Results.of(context, run)
    _check(results, method)
    progress(0.02, "loading the model")
    test, train = results.test_rows(), results.train_rows
    sample = test.sample(min(rows, len(test)), random_state=seed).sort_index()
    background = train.sample(min(BACKGROUND, len(train)), random_state=seed)
    try:
        report = explain(
            results.predictor,
            sample,
            background,
            results.record.id,
            kind=method or results.explainer,
            seed=seed,
            progress=progress,
        )
    except Unfinished as asked:
        if _says_more(asked.report, context.store.report(results.record.id, "explanation")):
            context.store.put_report(results.record.id, asked.report)
        raise
    context.store.put_report(results.record.id, report)
    return report


def _says_more(part: Report, kept: Report | None) -> bool:
    """Whether an explanation that was cut short is better than what is kept."""
    if kept is None:
        return True
    return bool(kept.facts.get("cancelled")) and part.facts["rows"] >= kept.facts["rows"]


def _check(results: Results, method: str | None) -> None:
    """Trees and coefficients can only be followed where a model has some."""
    if method is None or method in ("sampling", results.explainer):
        return
    if method in explainers.names() and method not in FITTING:
        return  # says for itself whether it can
    raise UsageError(
        f"{results.record.model} cannot be explained by {method!r}.",
        f"It can by: {', '.join(dict.fromkeys((results.explainer, 'sampling')))}.",
    )

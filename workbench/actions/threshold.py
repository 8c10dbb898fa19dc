"""Threshold: where a run's scores become decisions, chosen on its validation rows."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.train import scores_of
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.split import PARTS, TEST, VALID
from workbench.evaluation.threshold import threshold
from workbench.measures.costs import Costs
from workbench.measures.thresholds import Rule


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    by: str | None = None,
    at: float | None = None,
    costs: Any = None,
) -> dict[str, Any]:
    """Choose a threshold and keep the report with the run."""
    report = of(context, run, by, at, costs)
    progress(1.0, report.sentence)
    return {"report": "threshold", "run": report.subject, "threshold": report.facts["threshold"]}


def of(
    context: Context,
    run: str,
    by: str | None = None,
    at: float | None = None,
    costs: Any = None,
) -> Report:
    """The report of a threshold, kept with the run; what is exported and served stays as it is.

    Parameters
    ----------
    by
        One of ``WAYS``; ``cost`` where costs are given, else ``f1``.
    at
        The recall or the precision that is to be reached.
    costs
        As :meth:`Costs.of <workbench.measures.costs.Costs.of>` takes them.

    Raises
    ------
    UsageError
        The task is not binary, the rule is not whole, or no threshold reaches it.
    """
    results = Results.of(context, run)
    signature = results.signature
    if signature.task != "binary":
        raise UsageError(f"A {signature.task} model has no threshold to choose.")
    given = Costs.of(costs, signature.classes) if costs is not None else None
    rule = Rule(by or ("cost" if given is not None else "f1"), at, given)  # type: ignore[arg-type]
    predictions = results.predictions
    parts = []
    for part in (VALID, TEST):
        mine = predictions[predictions["part"] == PARTS[part]]
        parts.append((mine["truth"].to_numpy(), scores_of(mine, signature)))
    seed = results.record.recipe.seed
    report = threshold(parts[0], parts[1], signature, rule, results.record.id, seed=seed)
    context.store.put_report(results.record.id, report)
    return report

"""Promote: point an alias at a run's model, and write down who did it on what evidence."""

from __future__ import annotations

import re
from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.dataset import parse_ref, slug
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent

# what an MLflow registry takes
ALIAS = re.compile(r"(?!latest$|v\d+$)[a-z0-9_-]{1,255}", re.IGNORECASE)


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    alias: str = "champion",
    note: str = "",
) -> dict[str, Any]:
    """Give the run's model the alias; the alias leaves the model that had it.

    Returns
    -------
    dict
        ``model`` (name/version), ``run``, ``previous`` (the run that had the alias, or None).
    """
    if not ALIAS.fullmatch(alias):
        raise UsageError(
            f"{alias!r} cannot be an alias.",
            "Use letters, digits, '-' and '_'; not 'latest', nor a version such as 'v2'.",
        )
    results = Results.of(context, run)
    name = registered_name(results)
    progress(0.2, "registering the model")
    before = [m.run_id for m in context.store.aliased(alias, name)]
    model = context.store.set_alias(results.record.id, name, alias)
    context.audit.append(
        "promote",
        model.ref,
        {
            "alias": alias,
            "run": results.record.id,
            "previous": before[0] if before else None,
            "dataset": results.record.recipe.dataset,
            "dataset_digest": results.record.dataset_digest,
            "metrics": dict(results.record.metrics.items()),
            "note": note,
        },
    )
    progress(1.0, f"{model.ref} is {alias}")
    return {"model": model.ref, "run": results.record.id, "previous": before[0] if before else None}


def registered_name(results: Results) -> str:
    """One registered model for one question: data set and target."""
    name, _ = parse_ref(results.record.recipe.dataset)
    return f"{name}-{slug(results.signature.target)}"

"""Trust: how far the explanation of a run can be relied on."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.explain import BACKGROUND
from workbench.actions.importance import of as importance_of
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.explanation.trust import RESAMPLED, ROWS, trust


def run(
    context: Context, progress: Progress = silent, *, run: str, seed: int = 0
) -> dict[str, Any]:
    """Check the explanation of a run and keep the report with it."""
    of(context, run, seed, progress)
    return {"report": "trust", "run": run}


def of(context: Context, run: str, seed: int = 0, progress: Progress = silent) -> Report:
    """The checks of a run's explanation; its permutation importance is made where it lacks."""
    results = Results.of(context, run)
    progress(0.02, "loading the model")
    permuted = context.store.report(results.record.id, "importance")
    if permuted is None:
        permuted = importance_of(context, run, seed=seed, progress=within(progress, 0.02, 0.4))
    test, train = results.test_rows(), results.train_rows
    size = min(BACKGROUND, len(train))
    report = trust(
        results.predictor,
        test.sample(min(ROWS, len(test)), random_state=seed).sort_index(),
        [train.sample(size, random_state=seed + n) for n in range(RESAMPLED)],
        permuted,
        results.record.id,
        kind=results.explainer,
        seed=seed,
        progress=within(progress, 0.4, 1.0),
    )
    context.store.put_report(results.record.id, report)
    return report

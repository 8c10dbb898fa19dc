"""Effects: how the prediction moves with single columns, and what each is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.actions.context import Context
from workbench.actions.importance import of as importance_of
from workbench.actions.results import Results
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Report
from workbench.explanation.effects import METHODS, effects

ROWS = 500
TOP = 6  # columns that are looked at when none is named
QUICK = {"rows": 1000, "repeats": 2}  # of the importance that only picks columns


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    columns: Sequence[str] | None = None,
    methods: Sequence[str] = METHODS,
    rows: int = ROWS,
    seed: int = 0,
) -> dict[str, Any]:
    """The effects of some columns; kept with the run when none is named."""
    of(context, run, columns, methods, rows, seed, progress)
    return {"report": "effects", "run": run}


def of(
    context: Context,
    run: str,
    columns: Sequence[str] | None = None,
    methods: Sequence[str] = METHODS,
    rows: int = ROWS,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """How the prediction moves with the named columns, over up to ``rows`` test rows.

    Without names: the six columns that matter most, by the kept explanation or else by
    permutation; that report is kept with the run.
    """
    results = Results.of(context, run)
    chosen = list(dict.fromkeys(columns or ()))
    if not chosen:
        chosen = _foremost(context, results, seed, within(progress, 0.0, 0.4))
    report = effects(
        results.predictor,
        results.test_rows().pipe(_some, rows, seed),
        chosen,
        results.record.id,
        methods=methods,
        seed=seed,
        progress=within(progress, 0.05 if columns else 0.4, 1.0),
    )
    if not columns:  # a named column is a question, not a result to keep
        context.store.put_report(results.record.id, report)
    return report


def _foremost(context: Context, results: Results, seed: int, progress: Progress) -> list[str]:
    """The columns that matter most, by what is kept with the run."""
    kept = context.store.report(results.record.id, "explanation") or context.store.report(
        results.record.id, "importance"
    )
    if kept is None:
        kept = importance_of(context, results.record.id, seed=seed, progress=progress, **QUICK)
    return list(dict.fromkeys(kept["importance"].column("column")))[:TOP]


def _some(frame: Any, rows: int, seed: int) -> Any:
    return frame.sample(min(rows, len(frame)), random_state=seed).sort_index()

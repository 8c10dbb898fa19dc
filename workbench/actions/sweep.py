"""Sweep: counts per group and score, so that a shell can move the threshold without waiting."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.fairness.thresholds import sweep


def of(context: Context, run: str, by: list[str]) -> Any:
    """The sweep of a binary run over the groups of some columns."""
    results = Results.of(context, run)
    frame = results.test_rows(by)
    return sweep(
        results.test_truth(),
        results.test_scores(),
        {c: frame[c] for c in by},
        results.signature,
    )

"""What if: a run's model in memory, for rows that are made up."""

from __future__ import annotations

from workbench.actions.context import Context
from workbench.actions.explain import BACKGROUND
from workbench.actions.results import Results
from workbench.explanation.whatif import WhatIf


def of(context: Context, run: str, seed: int = 0) -> WhatIf:
    """The loaded model with its explainer and background; the first question warms it up."""
    results = Results.of(context, run)
    train = results.train_rows
    background = train.sample(min(BACKGROUND, len(train)), random_state=seed)
    return WhatIf(results.predictor, background, results.explainer, seed)

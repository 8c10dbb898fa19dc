"""So far: what the report of a sweep would show, while it runs or after it was cut short."""

from __future__ import annotations

from workbench.actions.context import Context
from workbench.actions.metrics import task
from workbench.actions.sweeps import JOURNAL, asked, folder_of
from workbench.core.recipe import PRIMARY
from workbench.core.report import Report
from workbench.measures.metrics import METRICS
from workbench.tuning.attempt import best_of
from workbench.tuning.report import so_far
from workbench.tuning.search import Outcome
from workbench.tuning.studies import OUT, finished, opened, shares


def of(context: Context, sweep: str) -> Report | None:
    """The report so far; None before an attempt has a value. Another process may be writing."""
    folder = folder_of(context, sweep)
    path = folder / JOURNAL
    studies = opened(path) if path.is_file() else []
    attempts = tuple(finished(studies))
    if all(a.value is None for a in attempts):
        return None
    told = asked(folder)
    kind = task(context, context.datasets.get(told["dataset"]), told["target"])
    metric = METRICS[kind][told["metric"] or PRIMARY[kind]]
    given_up = {s.study_name: str(s.user_attrs.get(OUT, "")) for s in studies}
    found = Outcome(
        attempts,
        best_of(attempts, metric.higher_is_better),
        {family: why for family, why in given_up.items() if why},
        "",
        {s.study_name: parts for s in studies if (parts := shares(s))},
    )
    return so_far(found, subject=folder.name, metric=metric)

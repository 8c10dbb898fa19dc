"""What the compared runs take: a card that measures each once, after everything else is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.app import ui
from workbench.app.runs import title
from workbench.app.theme import colour
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

COLUMNS = (
    ("train_seconds", "Training", words.duration),
    ("energy_wh", "Energy", lambda wh: f"{words.number(wh)} Wh"),
    ("single_us", "A row alone", lambda us: f"{words.number(us / 1000)} ms"),
    ("row_us", "Each of 1,000 at once", lambda us: f"{words.number(us)} µs"),
    ("size_bytes", "Model file", words.size),
)


def efforts(runs: Sequence[Run]) -> Any:
    """The card; the smallest of each column is in bold."""
    place = Slot(60 + 40 * len(runs))
    place.fill(
        lambda: [run.effort() for run in runs],
        lambda found: _table(runs, found),
        "Asking each model for a moment",
    )
    return ui.card(
        "What they take",
        place.view,
        sub="Answers of the fitted pipelines, measured once on this machine · an exported model is"
        " quicker",
    )


def _table(runs: Sequence[Run], found: Sequence[Report]) -> Any:
    told = [c for c in COLUMNS if any(r.facts[c[0]] is not None for r in found)]
    heads = [
        ui.Head("run", "Run"),
        *(ui.Head(name, head, align="right", better="down") for name, head, _ in told),
    ]
    rows = [
        [
            ui.cell(title(run), dot=colour(i)),
            *(_cell(report, found, name, write) for name, _, write in told),
        ]
        for i, (run, report) in enumerate(zip(runs, found, strict=True))
    ]
    return ui.table(heads, rows, label="What the runs take")


def _cell(report: Report, found: Sequence[Report], name: str, write: Any) -> Any:
    value = report.facts[name]
    if value is None:
        return words.NOTHING
    least = min(r.facts[name] for r in found if r.facts[name] is not None)
    return ui.cell(write(value), tone="best" if value == least and len(found) > 1 else "")

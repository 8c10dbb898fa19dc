"""What shuffling each column costs."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import Chart, apart, chart, name, rule, whiskers
from workbench.views.theme import INDIGO

SHOWN = 20


def charts(report: Report) -> list[Chart]:
    """The loss of each column with its interval, the largest on top."""
    found = [r for r in report["importance"].records() if r["value"] is not None][:SHOWN]
    if not found:
        return []
    names = apart([r["column"] for r in found])
    rows = [
        {
            "column": n,
            "value": r["value"],
            "low": r["value"] if r["low"] is None else r["low"],
            "high": r["value"] if r["high"] is None else r["high"],
        }
        for n, r in zip(names, found, strict=True)
    ]
    metric = words.metric(str(report.facts["metric"]))
    axis = f"loss of {metric} without the column"
    y = name("column", sort=names)
    layers = [rule(x=0), *whiskers(y, ("low", "value", "high"), axis, {"value": INDIGO})]
    caption = f"How much worse {metric} becomes when a column is shuffled, with 95% intervals."
    return [
        chart("importance", "Permutation importance", caption, rows, layers, height={"step": 22})
    ]

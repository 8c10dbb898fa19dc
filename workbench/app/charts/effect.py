"""What a derived column tells about the target: against its sources, and group by group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter

from workbench.app.charts.bars import lines, places
from workbench.core.report import Report
from workbench.views.theme import INDIGO, TEAL

CHANCE = {"AUC": 0.5, "mean AUC": 0.5}  # what a column that says nothing has


def relations(report: Report) -> Any:
    """A bar for each column, made ones in the accent; from what chance gives."""
    found = [r for r in report["effect"].records() if r["relation"] is not None]
    found.sort(key=lambda r: -r["relation"])
    measure = str(report.facts["relation"])
    start = CHANCE.get(measure, 0.0)
    names = [r["column"] for r in found]
    drawn = lines(names, f"{measure} of the column alone", each=26)
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": names,
            "value": [r["relation"] for r in found],
            "colour": [INDIGO if r["made"] else TEAL for r in found],
            "kind": ["made" if r["made"] else "in the table" for r in found],
        }
    )
    drawn.hbar(
        y="y",
        left=start,
        right="value",
        height=0.62,
        source=source,
        color="colour",
        line_color=None,
    )
    drawn.add_tools(HoverTool(tooltips=[("", "@name (@kind)"), (measure, "@value{0.000}")]))
    return drawn


def groups(report: Report, column: str) -> Any:
    """The mean of the target in groups of rows with like values; their number where it has none."""
    found = [r for r in report["groups"].records() if r["column"] == column]
    shares = report.facts["task"] == "binary"
    means = any(r["mean"] is not None for r in found)
    title = f"{'Share' if shares else 'Mean'} of {report.facts['target']}" if means else "Rows"
    names: Sequence[str] = [r["label"] for r in found]
    drawn = lines(names, title, each=24)
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": names,
            "rows": [r["rows"] for r in found],
            "value": [r["mean"] if means else r["rows"] for r in found],
        }
    )
    bars = drawn.hbar(
        y="y", right="value", height=0.62, source=source, color=INDIGO, line_color=None
    )
    form = "{0.0%}" if shares and means else "{0,0.000}"
    tips = [("", "@name"), ("rows", "@rows{0,0}"), *([(title, f"@value{form}")] if means else [])]
    drawn.add_tools(HoverTool(renderers=[bars], tooltips=tips))
    if shares and means:
        drawn.xaxis.formatter = NumeralTickFormatter(format="0%")
    if all((r["mean"] if means else r["rows"]) >= 0 for r in found):
        drawn.x_range.start = 0
    return drawn

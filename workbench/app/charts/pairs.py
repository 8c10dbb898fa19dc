"""Two values of each name, joined: where two groups of rows lie apart."""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, Span

from workbench.app.charts.bars import lines, places
from workbench.app.charts.curves import legend
from workbench.core.report import Report
from workbench.views.theme import AMBER, INDIGO, QUIET


def dumbbell(report: Report, of_class: Any, limit: int) -> Any:
    """Mean contributions of both groups of a report of kind ``cohorts``, furthest apart on top."""
    rows = [r for r in report["contributions"].records() if r["class"] == of_class][:limit]
    names = [r["column"] for r in rows]
    toward = f" toward {of_class}" if of_class is not None else ""
    drawn = lines(names, f"Mean contribution{toward} ({report.facts['space']})"[:80], each=28)
    drawn.height += 46  # the legend stands above
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": names,
            **{key: [r[key] for r in rows] for key in ("a", "b", "difference")},
            "low": [r["difference_low"] for r in rows],
            "high": [r["difference_high"] for r in rows],
        }
    )
    drawn.add_layout(Span(location=0, dimension="height", line_color=QUIET, line_dash="dashed"))
    drawn.segment("a", "y", "b", "y", source=source, color=QUIET, line_width=4, alpha=0.45)
    dots = [
        drawn.scatter(side, "y", source=source, color=hue, size=11, legend_label=_short(said))
        for side, hue, said in (("b", AMBER, report.facts["b"]), ("a", INDIGO, report.facts["a"]))
    ]
    tips = [
        ("", "@name"),
        ("first", "@a{+0.000}"),
        ("second", "@b{+0.000}"),
        ("apart", "@difference{+0.000} (@low{+0.000} to @high{+0.000})"),
    ]
    drawn.add_tools(HoverTool(renderers=dots, tooltips=tips))
    legend(drawn, "top_left")
    shown = drawn.legend[0]
    shown.items = shown.items[::-1]  # the first group first
    drawn.add_layout(shown, "above")
    return drawn


def _short(text: str) -> str:
    return text if len(text) <= 48 else f"{text[:47]}…"

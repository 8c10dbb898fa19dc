"""Quality against the gap between groups: what fairness costs."""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Span, TapTool

from workbench.app.charts.curves import legend
from workbench.app.theme import colour, figure
from workbench.core.mitigation import METHODS
from workbench.core.report import Report
from workbench.views.theme import QUIET

OTHERS = "Not mitigated"


def tradeoff(report: Report, titles: dict[str, str]) -> tuple[Any, dict[str, ColumnDataSource]]:
    """The picture, and the points of each method: ``source.data["run"]`` says which.

    What no run beats in both is joined. A click chooses: listen to ``source.selected``.
    """
    facts = report.facts
    drawn = figure(
        height=400,
        x_axis_label=f"Gap in {facts['gap_title']} by {' and '.join(facts['by'])}",
        y_axis_label=str(facts["metric_title"]),
        tools="",
    )
    records = list(report["runs"].records())
    edge = sorted((r for r in records if r["front"]), key=lambda r: r["gap"])
    drawn.line(
        [r["gap"] for r in edge], [r["quality"] for r in edge], color=QUIET, line_dash="dotted"
    )
    drawn.add_layout(Span(location=0, dimension="height", line_color=QUIET, line_dash="dashed"))
    if max(r["gap"] for r in records) <= 1 and facts["gap"] != "mae":
        drawn.xaxis.formatter = NumeralTickFormatter(format="0%")
    sources = {}
    for number, method in enumerate(("", *METHODS), start=-1):
        mine = [r for r in records if r["method"] == method]
        if mine:
            sources[method] = _points(
                drawn, report, mine, method, titles, colour(number) if method else QUIET
            )
    drawn.add_tools(TapTool())
    legend(drawn, "bottom_right")
    drawn.add_layout(drawn.legend[0], "below")  # no corner is free of points
    drawn.legend[0].update(orientation="horizontal", ncols=2)
    return drawn, sources


def _points(
    drawn: Any,
    report: Report,
    records: list[dict[str, Any]],
    method: str,
    titles: dict[str, str],
    hue: str,
) -> ColumnDataSource:
    own = report.subject
    source = ColumnDataSource(
        {
            "run": [r["run"] for r in records],
            "name": [titles.get(r["run"], r["title"]) for r in records],
            "gap": [r["gap"] for r in records],
            "low": [r["gap"] if r["low"] is None else r["low"] for r in records],
            "high": [r["gap"] if r["high"] is None else r["high"] for r in records],
            "quality": [r["quality"] for r in records],
            "size": [17 if r["run"] == own else 12 if r["front"] else 8 for r in records],
            "alpha": [1.0 if r["front"] or r["run"] == own else 0.55 for r in records],
        }
    )
    title = METHODS.get(method, OTHERS)
    drawn.segment(
        "low", "quality", "high", "quality", source=source, color=hue, line_width=3, alpha=0.25
    )
    dots = drawn.scatter(
        "gap",
        "quality",
        source=source,
        size="size",
        alpha="alpha",
        color=hue,
        line_color=None,
        legend_label=title,
        nonselection_alpha=0.4,
    )
    rows = [
        ("", "@name"),
        ("gap", "@gap{0.000} (@low{0.000} to @high{0.000})"),
        (str(report.facts["metric_title"]), "@quality{0.0000}"),
    ]
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    return source

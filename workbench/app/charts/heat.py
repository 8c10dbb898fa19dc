"""Two columns at once: how strongly pairs act together, and what is said over a plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColorBar, ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper

from workbench.app.charts.bars import _short, places
from workbench.app.theme import figure
from workbench.core.report import Report
from workbench.views.theme import QUIET, SPECTRUM, strengths
from workbench.views.words import cell as spoken


def pairs(records: Sequence[dict[str, Any]], limit: int, axis: str, narrow: bool = False) -> Any:
    """A square of columns; the darker a cell, the more its two columns do together."""
    top = list(dict.fromkeys(c for r in records for c in (r["column"], r["other"])))[:limit]
    at = dict(zip(top, places(top), strict=True))
    cells = [
        (a, b, r["size"], r["mean"])
        for r in records
        if r["column"] in at and r["other"] in at
        for a, b in ((r["column"], r["other"]), (r["other"], r["column"]))
    ]
    source = ColumnDataSource(
        {
            "x": [len(top) - 1 - at[b] for _, b, _, _ in cells],
            "y": [at[a] for a, _, _, _ in cells],
            "name": [f"{a} and {b}" for a, b, _, _ in cells],
            "size": [s for *_, s, _ in cells],
            "mean": [m for *_, m in cells],
        }
    )
    most = max([c[2] for c in cells], default=1.0)
    mapper = LinearColorMapper(palette=strengths(), low=0, high=most or 1.0)
    each = 24 if narrow else 30
    drawn = figure(
        height=120 + each * len(top),
        x_range=(-0.55, len(top) - 0.45),
        y_range=(-0.55, len(top) - 0.45),
    )
    ticks = places(top)
    drawn.yaxis.ticker = FixedTicker(ticks=ticks)
    drawn.yaxis.major_label_overrides = {p: _short(n) for p, n in zip(ticks, top, strict=True)}
    drawn.xaxis.ticker = FixedTicker(ticks=list(range(len(top))))
    drawn.xaxis.major_label_overrides = {p: _short(n) for p, n in enumerate(top)}
    drawn.xaxis.major_label_orientation = 0.8
    drawn.ygrid.grid_line_color = None
    squares = drawn.rect(
        "x", "y", 0.94, 0.94, source=source, line_color=None,
        fill_color={"field": "size", "transform": mapper},
    )  # fmt: skip
    tips = [("", "@name"), ("mean size", "@size{0.0000}"), ("mean", "@mean{+0.0000}")]
    drawn.add_tools(HoverTool(renderers=[squares], tooltips=tips))
    if not narrow:
        drawn.add_layout(scale(mapper, axis), "right")
    return drawn


def surface(report: Report, of_class: Any, what: str, axis: str, narrow: bool = False) -> Any:
    """A report of kind ``pair`` over the plane of its two columns; paler where no row is near.

    ``what`` is ``effect`` or ``together``.
    """
    rows = [r for r in report["surface"].records() if r["class"] == of_class]
    column, other = report.facts["columns"]
    first = list(dict.fromkeys(spoken(r["value"]) for r in rows))
    second = list(dict.fromkeys(spoken(r["other_value"]) for r in rows))
    source = ColumnDataSource(
        {
            "x": [first.index(spoken(r["value"])) for r in rows],
            "y": [second.index(spoken(r["other_value"])) for r in rows],
            "name": [
                f"{column} {spoken(r['value'])}, {other} {spoken(r['other_value'])}" for r in rows
            ],
            "shown": [r[what] for r in rows],
            "effect": [r["effect"] for r in rows],
            "together": [r["together"] for r in rows],
            "rows": [r["rows"] for r in rows],
            "alpha": [0.95 if r["rows"] else 0.4 for r in rows],
        }
    )
    values = [r[what] for r in rows]
    far = max(*map(abs, values), 1e-12)
    ends = (-far, far) if what == "together" else (min(values), max(min(values) + 1e-12, *values))
    mapper = LinearColorMapper(palette=list(SPECTRUM), low=ends[0], high=ends[1])
    drawn = figure(
        height=150 + 24 * len(second),
        x_axis_label=column[:60],
        y_axis_label=other[:60],
        x_range=(-0.55, len(first) - 0.45),
        y_range=(-0.55, len(second) - 0.45),
    )
    for ticks, names in ((drawn.xaxis, first), (drawn.yaxis, second)):
        ticks.ticker = FixedTicker(ticks=list(range(len(names))))
        ticks.major_label_overrides = {p: _short(n) for p, n in enumerate(names)}
    drawn.xaxis.major_label_orientation = 0.8
    drawn.ygrid.grid_line_color = None
    squares = drawn.rect(
        "x", "y", 1.0, 1.0, source=source, line_color=None, fill_alpha="alpha",
        fill_color={"field": "shown", "transform": mapper},
    )  # fmt: skip
    tips = [("", "@name"), ("mean prediction", "@effect{0.000}"),
            ("of both together", "@together{+0.000}"), ("rows near", "@rows")]  # fmt: skip
    drawn.add_tools(HoverTool(renderers=[squares], tooltips=tips))
    if not narrow:
        drawn.add_layout(scale(mapper, axis), "right")
    return drawn


def scale(mapper: LinearColorMapper, title: str = "") -> ColorBar:
    """What the shades mean."""
    return ColorBar(
        color_mapper=mapper,
        width=8,
        padding=0,
        margin=6,
        title=title,
        title_text_color=QUIET,
        title_text_font="Inter Variable",
        title_text_font_size="11.5px",
        title_text_font_style="normal",
        border_line_color=None,
        background_fill_alpha=0,
        major_tick_line_color=None,
        major_label_text_color=QUIET,
        major_label_text_font="Inter Variable",
    )

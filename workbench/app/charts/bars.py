"""Values beside each other: estimates with intervals, importance, rates of groups, drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    NumeralTickFormatter,
    Span,
)

from workbench.app.theme import colour, figure
from workbench.core.report import Table
from workbench.views.theme import AMBER, INDIGO, QUIET, TEAL

CHANCES = {"better": INDIGO, "as good": QUIET, "worse": AMBER}


def intervals(
    names: Sequence[str],
    values: Sequence[Any],
    lows: Sequence[Any],
    highs: Sequence[Any],
    colours: Sequence[str],
    axis: str,
) -> Any:
    """One dot with its interval a line; the first name is on top."""
    drawn = lines(names, axis, each=46)
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": list(names),
            "value": list(values),
            "low": [v if low is None else low for low, v in zip(lows, values, strict=True)],
            "high": [v if high is None else high for high, v in zip(highs, values, strict=True)],
            "colour": list(colours),
        }
    )
    drawn.segment("low", "y", "high", "y", source=source, color="colour", line_width=5, alpha=0.4)
    dots = drawn.scatter("value", "y", source=source, color="colour", size=12)
    rows = [("", "@name"), ("value", "@value{0.0000}"), ("95%", "@low{0.0000} – @high{0.0000}")]
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    return drawn


def chances(names: Sequence[str], parts: Sequence[tuple[float, float, float]]) -> Any:
    """A bar a line, parted into the chances of being better, as good, and worse than this."""
    drawn = lines(names, "", each=34)
    kinds = list(CHANCES)
    columns = dict(zip(kinds, zip(*parts, strict=True), strict=True))
    source = ColumnDataSource({"y": places(names), "name": list(names), **columns})
    bars = drawn.hbar_stack(
        kinds,
        y="y",
        height=0.56,
        source=source,
        color=list(CHANCES.values()),
        line_color=None,
    )
    rows = [("", "@name"), *((kind, f"@{{{kind}}}{{0.0%}}") for kind in kinds)]
    drawn.add_tools(HoverTool(renderers=list(bars), tooltips=rows))
    drawn.x_range.start, drawn.x_range.end = 0, 1.001
    drawn.xaxis.ticker = FixedTicker(ticks=[0, 0.25, 0.5, 0.75, 1])
    drawn.xaxis.formatter = NumeralTickFormatter(format="0%")
    return drawn


def importance(table: Table, limit: int = 15) -> Any:
    """Mean absolute contribution of each column, the largest on top."""
    ranked = sorted(_summed(table).items(), key=lambda item: -item[1])[:limit]
    names = [name for name, _ in ranked]
    drawn = lines(names, "Mean size of the contribution", each=26)
    source = ColumnDataSource(
        {"y": places(names), "name": names, "value": [value for _, value in ranked]}
    )
    bars = drawn.hbar(
        y="y", right="value", height=0.62, source=source, color=INDIGO, line_color=None
    )
    drawn.add_tools(
        HoverTool(renderers=[bars], tooltips=[("", "@name"), ("mean size", "@value{0.0000}")])
    )
    drawn.x_range.start = 0
    return drawn


def _summed(table: Table) -> dict[str, float]:
    found: dict[str, float] = {}
    for record in table.records():
        found[record["column"]] = found.get(record["column"], 0.0) + (record["mean_abs"] or 0.0)
    return found


def group_points(records: Sequence[dict[str, Any]], metric: str) -> dict[str, list[Any]]:
    """What :func:`groups` draws; put it into the picture's source to move it."""
    names = [str(r["group"]) for r in records]
    return {
        "y": places(names),
        "name": names,
        "value": [_or_nan(r[metric]) for r in records],
        "low": [_or_nan(r.get(f"{metric}_low")) for r in records],
        "high": [_or_nan(r.get(f"{metric}_high")) for r in records],
        "colour": [colour(i) for i in range(len(names))],
        "fill": [0.0 if r.get("small") else 1.0 for r in records],
        "count": [r.get("count") for r in records],
    }


def groups(source: ColumnDataSource, title: str, share: bool = True) -> Any:
    """A metric of each group with its interval; small groups are hollow."""
    drawn = lines(source.data["name"], title, each=34)
    drawn.segment("low", "y", "high", "y", source=source, color="colour", line_width=4, alpha=0.4)
    dots = drawn.scatter(
        "value",
        "y",
        source=source,
        line_color="colour",
        fill_color="colour",
        fill_alpha="fill",
        size=11,
        line_width=2,
    )
    form = "{0.0%}" if share else "{0.000}"
    rows = [
        ("", "@name"),
        ("value", f"@value{form}"),
        ("95%", f"@low{form} – @high{form}"),
        ("rows", "@count{0,0}"),
    ]
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    if share:
        drawn.x_range.start, drawn.x_range.end = -0.015, 1.015
        drawn.xaxis.formatter = NumeralTickFormatter(format="0%")
    return drawn


def tops(records: Sequence[dict[str, Any]], top: str, title: str, outcome: str) -> Any:
    """How many times its share of all rows each group has of the best-scored ones.

    A diamond says the same of all positive rows; the line at 1 is a group's own share.
    """
    points = group_points(records, top)
    share = [float(r["share"]) or float("nan") for r in records]
    for end in ("value", "low", "high"):
        points[end] = [v / of for v, of in zip(points[end], share, strict=True)]
    points["top"] = [_or_nan(r[top]) for r in records]
    points["share"] = share
    points["positive"] = [_or_nan(r["share_positive"]) for r in records]
    points["due"] = [v / of for v, of in zip(points["positive"], share, strict=True)]
    source = ColumnDataSource(points)
    drawn = lines(points["name"], title, each=34)
    drawn.add_layout(
        Span(location=1, dimension="height", line_color=QUIET, line_dash="dotted", line_width=1.5)
    )
    drawn.segment("low", "y", "high", "y", source=source, color="colour", line_width=4, alpha=0.4)
    drawn.scatter(
        "due", "y", source=source, marker="diamond", size=17, line_color=QUIET, fill_alpha=0,
        line_width=2,
    )  # fmt: skip
    dots = drawn.scatter(
        "value", "y", source=source, size=11, line_width=2, line_color="colour",
        fill_color="colour", fill_alpha="fill",
    )  # fmt: skip
    rows = [
        ("", "@name"),
        ("of the best-scored", "@top{0.0%}"),
        ("of all rows", "@share{0.0%}"),
        (f"of those with {outcome}", "@positive{0.0%}"),
        ("times its share", "@value{0.00} (@low{0.00} – @high{0.00})"),
    ]
    drawn.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    drawn.x_range.start = 0
    return drawn


def drift(table: Table, limit: int = 30) -> Any:
    """How far each column has moved, in units of its own threshold; beyond the line is drift."""
    records = sorted(table.records(), key=lambda r: -strength(r))[:limit]
    names = [r["column"] for r in records]
    drawn = lines(names, "Distance from the threshold (1 = just drifted)", each=26)
    source = ColumnDataSource(
        {
            "y": places(names),
            "name": names,
            "value": [min(strength(r), 5.0) for r in records],
            "score": [_or_nan(r["score"]) for r in records],
            "method": [r["method"] for r in records],
            "colour": [AMBER if r["drifted"] else TEAL for r in records],
        }
    )
    bars = drawn.hbar(
        y="y", right="value", height=0.62, source=source, color="colour", line_color=None
    )
    drawn.add_layout(
        Span(location=1, dimension="height", line_color=QUIET, line_dash="dotted", line_width=1.5)
    )
    rows = [("", "@name"), ("method", "@method"), ("score", "@score{0.0000}")]
    drawn.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    drawn.x_range.start = 0
    drawn.x_range.end = max([1.15, *(1.05 * min(strength(r), 5.0) for r in records)])
    return drawn


def strength(record: dict[str, Any]) -> float:
    """A drift score on one scale for all methods: 1 is the threshold, more is drift.

    Distances drift above their threshold, p-values below it.
    """
    score, threshold = record.get("score"), record.get("threshold")
    if score is None or not threshold:
        return 1.5 if record.get("drifted") else 0.0
    above = (score >= threshold) == bool(record.get("drifted"))
    return float(score / threshold) if above else float(threshold / max(score, threshold / 5))


def _or_nan(value: Any) -> float:
    return float("nan") if value is None else float(value)


def places(names: Sequence[str]) -> list[int]:
    return list(range(len(names) - 1, -1, -1))


def lines(names: Sequence[str], axis: str, each: int) -> Any:
    """A figure with one line for each name, from the top."""
    drawn = figure(
        height=70 + each * max(len(names), 1),
        x_axis_label=axis,
        y_range=(-0.7, max(len(names), 1) - 0.3),
    )
    drawn.yaxis.ticker = FixedTicker(ticks=places(names))
    drawn.yaxis.major_label_overrides = named(names)
    drawn.xaxis.ticker.desired_num_ticks = 5
    drawn.ygrid.grid_line_color = None
    drawn.xgrid.grid_line_color = QUIET
    drawn.xgrid.grid_line_alpha = 0.22
    return drawn


def named(names: Sequence[str]) -> dict[float, str]:
    """What stands beside each line."""
    return {place: _short(str(name)) for place, name in zip(places(names), names, strict=True)}


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:20]}…"

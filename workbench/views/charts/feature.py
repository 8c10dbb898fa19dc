"""What a derived column would tell about the target."""

from __future__ import annotations

from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, mark, name, number, short
from workbench.views.theme import INDIGO, TEAL

PLOTS = 3  # made columns with a picture


def charts(report: Report) -> list[Chart]:
    """The mean of the target, or the rows, in each group of the made columns that tell most."""
    effects = sorted(report["effect"].records(), key=lambda r: -(r["relation"] or 0))
    made = [r["column"] for r in effects if r["made"]][:PLOTS]
    groups = [[g for g in report["groups"].records() if g["column"] == c] for c in made]
    drawn = [
        _groups(report, c, g, i) for i, (c, g) in enumerate(zip(made, groups, strict=True)) if g
    ]
    relations = [r for r in effects if r["relation"] is not None]
    return ([_relations(report, relations)] if relations else []) + drawn


def _relations(report: Report, rows: list[dict[str, Any]]) -> Chart:
    labels = apart([r["column"] for r in rows])
    shown = [
        {"name": label, "value": r["relation"], "kind": "made" if r["made"] else "in the table"}
        for r, label in zip(rows, labels, strict=True)
    ]
    color = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["made", "in the table"], "range": [INDIGO, TEAL]},
    }
    what = str(report.facts.get("relation") or "relation")
    layer = mark(
        "bar",
        {"y": name("name"), "x": number("value", what, scale={"zero": True}), "color": color},
    )
    caption = f"How well each alone tells {short(report.facts['target'])}."
    return chart("effect", "Effect", caption, shown, [layer], height={"step": 24})


def _groups(report: Report, column: str, rows: list[dict[str, Any]], place: int) -> Chart:
    means = any(r["mean"] is not None for r in rows)
    labels = apart([r["label"] for r in rows])
    shown = [
        {"label": label, "value": r["mean"] if means else r["rows"]}
        for r, label in zip(rows, labels, strict=True)
    ]
    target = short(report.facts["target"] or "target")
    share = report.facts["task"] == "binary"
    what = f"share of {target}" if share else f"mean of {target}" if means else "rows"
    axis = {"format": ".0%"} if share and means else {}
    x = number("value", what, axis=axis, scale={"zero": True})
    layer = mark("bar", {"y": name("label"), "x": x}, color=INDIGO)
    caption = "In each tenth of the rows, or each value while there are few."
    return chart(f"groups-{place}", short(column, 40), caption, shown, [layer], height={"step": 22})

"""What is in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, Spec, apart, bars, chart, mark, name, number, short
from workbench.views.theme import AMBER, INDIGO, TEAL

Parts = tuple[list[dict[str, Any]], Spec, dict[str, Any]]
PLOTS = 12  # columns with a histogram
BARS = 15
TIMES = 4
PAIRED = 14  # columns of the map of associations


def charts(report: Report) -> list[Chart]:
    """Target, missing cells, relation to the target, associations, time, histograms."""
    found = []
    if "target" in report and len(report["target"]):
        found.append(_target(report))
    if any(report["columns"].column("missing")):
        found.append(_missing(report))
    if any(v is not None for v in report["columns"].column("target_relation")):
        found.append(_relation(report))
    if "associations" in report and len(report["associations"]):
        found.append(_associations(report))
    if "missing" in report and any(report["missing"].column("lacking")):
        found.append(_together(report))
    if "time" in report:
        times = list(report["time"].records())[:TIMES]
        found += [_coverage(report, row, i) for i, row in enumerate(times)]
    return found + _histograms(report)


def _target(report: Report) -> Chart:
    rows = [r for r in report["target"].records() if r["count"]][:BARS]
    labels = apart([r["value"] for r in rows])
    shown = [{**r, "value": label} for r, label in zip(rows, labels, strict=True)]
    layer = mark(
        "bar",
        {"y": name("value"), "x": number("count", "rows", scale={"zero": True})},
        color=INDIGO,
    )
    title = f"Target: {short(report.facts.get('target') or 'target')}"
    return chart("target", title, "Rows of each value.", shown, [layer], height={"step": 24})


def _histograms(report: Report) -> list[Chart]:
    by_column: dict[str, list[dict[str, Any]]] = {}
    for row in report["histograms"].records():
        if row["column"] in by_column or len(by_column) < PLOTS:
            by_column.setdefault(row["column"], []).append(row)
    return [_histogram(c, rows, i) for i, (c, rows) in enumerate(by_column.items())]


def _histogram(column: str, rows: list[dict[str, Any]], place: int) -> Chart:
    made = _names(rows) if rows[0]["low"] is None else _numbers(rows)
    shown, layer, size = made
    drawn = chart(f"column-{place}", short(column, 24), "", shown, [layer], **size)
    return Chart(drawn.name, drawn.title, "", drawn.spec, small=True)


def _names(rows: list[dict[str, Any]]) -> Parts:
    shown = [{"label": short(r["label"], 14), "count": r["count"]} for r in rows[:6]]
    bar = {
        "y": name("label", axis={"labelLimit": 70, "labelFontSize": 10}),
        "x": number("count", None, axis=None, scale={"zero": True}),
    }
    return shown, mark("bar", bar, color=TEAL), {"width": 180, "height": {"step": 14}}


def _numbers(rows: list[dict[str, Any]]) -> Parts:
    shown = [{"low": r["low"], "high": r["high"], "from": 0, "to": r["count"]} for r in rows]
    layer = bars(shown, None, None, color=INDIGO)
    axis = {"tickCount": 3, "labelFontSize": 10}
    layer["encoding"]["y"]["axis"] = None
    layer["encoding"]["x"]["axis"] |= axis
    if isinstance(rows[0]["low"], str):
        time = {"field": "low", "type": "temporal", "title": None, "axis": axis}
        layer["encoding"]["x"] = time
    return shown, layer, {"width": 180, "height": 70}


def _missing(report: Report) -> Chart:
    rows = sorted(report["columns"].records(), key=lambda r: -r["missing"])
    rows = [r for r in rows if r["missing"]][:BARS]
    total = max(int(report.facts["rows"]), 1)
    labels = apart([r["name"] for r in rows])
    shown = [
        {"name": label, "share": r["missing"] / total}
        for r, label in zip(rows, labels, strict=True)
    ]
    layer = mark(
        "bar",
        {
            "y": name("name"),
            "x": number("share", "share of rows", axis={"format": ".0%"}, scale={"zero": True}),
        },
        color=AMBER,
    )
    caption = "Columns with missing cells, most first."
    return chart("missing", "Missing", caption, shown, [layer], height={"step": 22})


def paired(report: Report, most: int = PAIRED) -> list[str]:
    """The columns with the strongest associations, in the order of the table."""
    strongest: dict[str, None] = {}
    for row in report["associations"].records():
        for side in (row["a"], row["b"]):
            if len(strongest) < most:
                strongest.setdefault(side)
    return [name for name in report["columns"].column("name") if name in strongest]


def _associations(report: Report) -> Chart:
    names = paired(report)
    labels = dict(zip(names, apart(names, 16), strict=True))
    shown = [
        {"a": labels[one], "b": labels[other], "value": row["value"], "strength": abs(row["value"])}
        for row in report["associations"].records()
        for one, other in ((row["a"], row["b"]), (row["b"], row["a"]))
        if one in labels and other in labels
    ]
    order = list(labels.values())
    place = {
        "x": {**name("a"), "sort": order, "axis": {"labelAngle": -45, "labelFontSize": 10}},
        "y": {**name("b"), "sort": order, "axis": {"labelFontSize": 10}},
    }
    scale = {"domain": [0, 1], "range": ["#8884", INDIGO]}
    colour = {"field": "strength", "type": "quantitative", "scale": scale, "title": "strength"}
    layer = mark("rect", {**place, "color": {**colour, "legend": {"gradientLength": 90}}})
    caption = "Numbers by Spearman, categories by Cramér's V, one of each by the correlation ratio."
    return chart("associations", "Associations", caption, shown, [layer], height={"step": 18})


def _together(report: Report) -> Chart:
    rows = [r for r in report["missing"].records() if r["lacking"]][:BARS]
    labels = apart([_several(r["columns"]) for r in rows], 34)
    shown = [{"columns": label, "rows": r["rows"]} for r, label in zip(rows, labels, strict=True)]
    layer = mark(
        "bar",
        {"y": name("columns"), "x": number("rows", "rows", scale={"zero": True})},
        color=AMBER,
    )
    caption = "Rows that lack exactly these cells."
    return chart("together", "Missing together", caption, shown, [layer], height={"step": 22})


def _several(names: Sequence[str]) -> str:
    if len(names) < 3:
        return ", ".join(short(n, 16) for n in names)
    return f"{short(names[0], 18)} and {len(names) - 1} more"


def _coverage(report: Report, row: Mapping[str, Any], place: int) -> Chart:
    shown = [
        {"start": r["start"], "count": r["count"]}
        for r in report["periods"].records()
        if r["column"] == row["column"]
    ]
    axes = {
        "x": {"field": "start", "type": "temporal", "title": None, "axis": {"tickCount": 5}},
        "y": number("count", "rows", scale={"zero": True}, axis={"tickCount": 4}),
    }
    layer = (
        mark("bar", axes, color=TEAL, width={"band": 0.8})
        if len(shown) < 3
        else mark("area", axes, color=TEAL, interpolate="step-after", opacity=0.75)
    )
    caption = f"{row['first']} to {row['last']}, rows by {row['period']}."
    title = f"Over time: {short(row['column'], 24)}"
    return chart(f"time-{place}", title, caption, shown, [layer], height=140)


def _relation(report: Report) -> Chart:
    rows = [r for r in report["columns"].records() if r["target_relation"] is not None]
    rows = sorted(rows, key=lambda r: -r["target_relation"])[:BARS]
    labels = apart([r["name"] for r in rows])
    shown = [
        {"name": label, "value": r["target_relation"]}
        for r, label in zip(rows, labels, strict=True)
    ]
    what = str(report.facts.get("relation") or "relation")
    layer = mark(
        "bar",
        {"y": name("name"), "x": number("value", short(what, 50), scale={"zero": True})},
        color=INDIGO,
    )
    caption = "How well each column alone tells the target."
    return chart("relation", "Relation to the target", caption, shown, [layer], height={"step": 22})

"""Why a model says what it says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from workbench.core.report import Report
from workbench.views.charts import paths
from workbench.views.charts.parts import Chart, apart, chart, mark, name, number, rule, short
from workbench.views.theme import HIGH, INDIGO, LOW, QUIET

SHOWN = 12  # columns
ROWS = 200  # dots of each column
SHADES = 24  # from low to high
QUIETLY = {"size": 11, "opacity": 0.75}  # dots
FIRST = 5  # the table "values" begins with row, class, base, output, prediction


def charts(report: Report) -> list[Chart]:
    """Importance, and for one output the beeswarm, a dependence, and rows beside each other."""
    found = [_importance(report)]
    outputs = set(map(str, report["values"].column("class"))) if "values" in report else set()
    if len(outputs) == 1 and len(report["values"]):
        found += [_swarm(report), _dependence(report)]
        top, axis = _top(report, SHOWN), f"contribution ({_space(report)})"
        if "order" in report:  # not in reports of older versions
            found.append(paths.heat(report, top, axis))
        found.append(paths.decision(report, top, f"output ({_space(report)})"))
    return found


def _top(report: Report, most: int) -> list[str]:
    table = report["importance"]
    totals: dict[str, float] = {}
    for row in table.records():
        totals[row["column"]] = totals.get(row["column"], 0.0) + row["mean_abs"]
    return sorted(totals, key=lambda c: -totals[c])[:most]


def _space(report: Report) -> str:
    return str(report.facts.get("space", "contribution"))


def _importance(report: Report) -> Chart:
    top = _top(report, SHOWN)
    labels = dict(zip(top, apart(top), strict=True))
    rows = [
        {**r, "column": labels[r["column"]], "class": short(r["class"])}
        for r in sorted(report["importance"].records(), key=lambda r: -r["mean_abs"])
        if r["column"] in labels
    ]
    classes = list(dict.fromkeys(r["class"] for r in rows))
    encoding: dict[str, Any] = {
        "y": name("column", sort=[labels[c] for c in top]),
        "x": number("mean_abs", f"mean size of the contribution ({_space(report)})",
                    scale={"zero": True}),
    }  # fmt: skip
    if len(classes) > 1:
        encoding["color"] = {**name("class"), "title": "class"}
    layer = mark("bar", encoding, **({} if len(classes) > 1 else {"color": INDIGO}))
    caption = "How much each column moves the prediction, up or down."
    return chart("importance", "Importance", caption, rows, [layer], height={"step": 22})


def _swarm(report: Report) -> Chart:
    top = _top(report, SHOWN)
    labels = dict(zip(top, apart(top), strict=True))
    rows: list[dict[str, Any]] = []
    for column in top:
        contributions = _column(report, "values", column, FIRST)[:ROWS]
        heights = ranks(_column(report, "data", column, 1)[:ROWS])
        beside = offsets(contributions)
        rows += [
            {"column": labels[column], "value": v, "height": h, "offset": o}
            for v, h, o in zip(contributions, heights, beside, strict=True)
        ]
    # dots of one shade behind each other: the picture may draw them as one group
    rows.sort(key=lambda r: -1.0 if r["height"] is None else r["height"])
    position = {
        "y": name("column", sort=[labels[c] for c in top]),
        "x": number("value", f"contribution ({_space(report)})"),
        "yOffset": {"field": "offset", "type": "quantitative", "scale": {"domain": [-1, 1]}},
    }
    layers = [
        {**mark("point", position, color=QUIET, **QUIETLY), **only("datum.height === null")},
        {
            **mark("point", {**position, "color": HEIGHT}, **QUIETLY),
            **only("datum.height !== null"),
        },
        rule(x=0),
    ]
    caption = "One dot per row and column; grey where the value is text or missing."
    return chart("swarm", "Contributions", caption, rows, layers, height={"step": 26})


def only(test: str) -> dict[str, Any]:
    """A layer of the rows that pass a test."""
    return {"transform": [{"filter": test}]}


HEIGHT: dict[str, Any] = {
    "field": "height",
    "type": "quantitative",
    "scale": {"domain": [0, 1], "range": [LOW, HIGH]},
    "legend": {
        "title": "value of the column",
        "values": [0, 1],
        "labelExpr": "datum.value < 0.5 ? 'low' : 'high'",
        "gradientLength": 90,
        "gradientThickness": 8,
    },
}


def _dependence(report: Report) -> Chart:
    column = _top(report, 1)[0]
    values = _column(report, "data", column, 1)
    contributions = _column(report, "values", column, FIRST)
    numeric = all(
        v is None or (isinstance(v, (int, float)) and not isinstance(v, bool)) for v in values
    )
    rows = [
        {"value": v if numeric else short(v, 18) if v is not None else "missing", "contribution": c}
        for v, c in list(zip(values, contributions, strict=True))[:1000]
        if v is not None or not numeric
    ]
    x = (
        number("value", short(column))
        if numeric
        else name("value", short(column), axis={"labelAngle": -40})
    )
    dots = mark(
        "point",
        {"x": x, "y": number("contribution", f"contribution ({_space(report)})")},
        color=INDIGO,
        opacity=0.5,
        size=16,
    )
    caption = "The value of the most important column against what it contributes."
    return chart("dependence", f"Dependence on {short(column)}", caption, rows, [dots, rule(y=0)])


def _column(report: Report, table: str, column: str, first: int) -> list[Any]:
    """An input's values by its place: it may be called like one of the table's own columns."""
    found = report[table]
    place = found.columns.index(column, first)
    return [row[place] for row in found.rows]


def ranks(values: Sequence[Any]) -> list[float | None]:
    """Where each number lies among the others, 0 to 1 in shades; None for what is no number."""
    numbers = sorted({float(v) for v in values if isinstance(v, (int, float)) and math.isfinite(v)})
    most = max(len(numbers) - 1, 1)
    places = {v: round(SHADES * i / most) / SHADES for i, v in enumerate(numbers)}
    return [
        places.get(float(v)) if isinstance(v, (int, float)) and math.isfinite(v) else None
        for v in values
    ]


def offsets(values: Sequence[float], bins: int = 60) -> list[float]:
    """Heights that keep dots of like value apart, between -1 and 1."""
    low, high = min(values), max(values)
    step = (high - low) / bins or 1.0
    piles: dict[int, int] = {}
    places = []
    for value in values:
        pile = int((value - low) / step)
        piles[pile] = piles.get(pile, 0) + 1
        places.append((pile, piles[pile]))
    tallest = max(piles.values())
    return [(n // 2) * (-1) ** n * 2 / max(tallest, 8) for _, n in places]

"""Rows beside each other: a heat map of their contributions, and their ways from base to output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, mark, name, number, rule
from workbench.views.theme import HIGH, LOW

ROWS = 80  # of the heat map
PATHS = 40
FAR = 0.98  # share of the cells that the colours span: outliers would pale the rest
START = "base and others"
FIRST = 5  # the table "values" begins with row, class, base, output, prediction


def heat(report: Report, columns: Sequence[str], axis: str) -> Chart:
    """Columns down, rows across in the order of their clusters."""
    lines = {row[0]: row for row in report["values"].rows}
    order = [r for r in report["order"].column("row") if r in lines]
    order = [order[k * len(order) // ROWS] for k in range(ROWS)] if len(order) > ROWS else order
    labels = dict(zip(columns, apart(columns), strict=True))
    places = {c: report["values"].columns.index(c, FIRST) for c in columns}
    rows: list[dict[str, Any]] = [
        {"column": labels[c], "at": at, "shown": round(lines[row][places[c]] or 0.0, 6)}
        for at, row in enumerate(order)
        for c in columns
    ]
    sizes = sorted(abs(r["shown"]) for r in rows)
    far = sizes[int(FAR * (len(sizes) - 1))] if sizes else 0.0
    far = far or max(sizes, default=0.0) or 1.0
    colour = {
        "field": "shown",
        "type": "quantitative",
        "scale": {"domain": [-far, 0, far], "range": [LOW, f"{LOW}08", HIGH], "clamp": True},
        "legend": {"title": axis, "gradientLength": 120},
    }
    position = {
        "x": {"field": "at", "type": "ordinal", "axis": None},
        "y": name("column", sort=list(labels.values())),
    }
    caption = "A column of cells is a row of data; rows with like contributions stand together."
    cells = mark("rect", {**position, "color": colour})
    return chart("heatmap", "Contributions row by row", caption, rows, [cells],
                 height={"step": 20})  # fmt: skip


def decision(report: Report, columns: Sequence[str], axis: str) -> Chart:
    """Each row's output as columns are added, from the least important at the bottom."""
    table = report["values"]
    places = {c: table.columns.index(c, FIRST) for c in columns}
    lines = table.rows
    if len(lines) > PATHS:
        lines = tuple(lines[k * len(lines) // PATHS] for k in range(PATHS))
    labels = dict(zip(columns, apart(columns), strict=True))
    rows: list[dict[str, Any]] = []
    for line in lines:
        at = line[3] - sum(line[places[c]] or 0.0 for c in columns)
        rows.append({"row": str(line[0]), "column": START, "at": round(at, 6), "end": line[3]})
        for c in reversed(columns):
            at += line[places[c]] or 0.0
            rows.append(
                {"row": str(line[0]), "column": labels[c], "at": round(at, 6), "end": line[3]}
            )
    colour = {
        "field": "end",
        "type": "quantitative",
        "scale": {"range": [LOW, HIGH], "zero": False},
        "legend": None,
    }
    encoding = {
        "y": name("column", sort=[*labels.values(), START]),
        "x": number("at", axis),
        "detail": {"field": "row", "type": "nominal"},
        "order": {"field": "step", "type": "quantitative"},
        "color": colour,
    }
    for place, row in enumerate(rows):
        row["step"] = place
    base = lines[0][2] if lines else 0.0
    layers = [rule(x=base), mark("line", encoding, strokeWidth=1.1, opacity=0.6)]
    caption = "A line is a row: its output as columns are added, upwards to the most important."
    return chart("decision", "From base to output", caption, rows, layers, height={"step": 22})

"""How the prediction moves with single columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import (
    Chart,
    Spec,
    apart,
    chart,
    ends,
    mark,
    name,
    number,
    short,
    whiskers,
)
from workbench.views.theme import INDIGO, QUIET, TEAL

ON_A_LINE = ("number", "boolean", "datetime")
TITLES = {"ale": "Accumulated local effect", "pdp": "Partial dependence"}
CAPTIONS = {
    "ale": "How the prediction moves, on average, among rows as they occur; the mean is zero.",
    "pdp": "The mean prediction if every row had this value; thin lines are single rows.",
}


def charts(report: Report) -> list[Chart]:
    """For each column and method a curve with its interval; of several classes the farthest."""
    classes = report.facts["classes"]
    found = []
    for column in report.facts["columns"]:
        of_class = _farthest(report, column) if len(classes) > 1 else classes[0]
        for method in report.facts["methods"]:
            rows = _rows(report, column, method, of_class)
            if rows:
                found.append(_curve(report, column, method, of_class, rows))
    return found


def _farthest(report: Report, column: str) -> Any:
    return next(r["class"] for r in report["reach"].records() if r["column"] == column)


def _rows(report: Report, column: str, method: str, of_class: Any) -> list[dict[str, Any]]:
    return [
        r
        for r in report["effects"].records()
        if (r["column"], r["method"], r["class"]) == (column, method, of_class)
    ]


def _curve(
    report: Report, column: str, method: str, of_class: Any, rows: Sequence[Mapping[str, Any]]
) -> Chart:
    toward = f" ({short(of_class, 20)})" if of_class is not None else ""
    unit = report.facts["unit"] if of_class is not None else "predicted value"
    title = f"{TITLES.get(method, method)} of {short(column)}{toward}"
    kind = report.facts["kinds"][column]
    colour = TEAL if method == "pdp" else INDIGO
    key = f"{method}-{report.facts['columns'].index(column)}"
    if kind not in ON_A_LINE or kind == "boolean":
        return _levels(key, title, method, column, unit, rows, colour)
    layers = []
    if method == "pdp":
        layers.append(_single(report, column, of_class, kind, unit))
    known = [_shown(r, kind) for r in rows if r["position"] is not None]
    x = _axis(kind, column)
    layers += [
        mark(
            "area",
            {"x": x, "y": number("effect_low", unit), "y2": ends("effect_high")},
            color=colour,
            opacity=0.2,
        ),
        mark("line", {"x": x, "y": number("effect", unit)}, color=colour),
    ]
    return chart(key, title, CAPTIONS.get(method, ""), known, layers)


def _single(report: Report, column: str, of_class: Any, kind: str, unit: str) -> Spec:
    lines = [
        {"row": r["row"], **_shown(r, kind)}
        for r in report["ice"].records()
        if (r["column"], r["class"]) == (column, of_class)
    ]
    encoding = {
        "x": _axis(kind, column),
        "y": number("effect", unit),
        "detail": {"field": "row", "type": "nominal"},
    }
    layer = mark("line", encoding, color=QUIET, opacity=0.35, strokeWidth=0.8)
    return {"data": {"values": lines}, **layer}


def _shown(row: Mapping[str, Any], kind: str) -> dict[str, Any]:
    x = str(row["value"])[:19] if kind == "datetime" else row["position"]
    kept = {k: row[k] for k in ("effect", "effect_low", "effect_high") if k in row}
    return {"x": x, **kept}


def _axis(kind: str, column: str) -> Spec:
    if kind == "datetime":
        return {"field": "x", "type": "temporal", "title": short(column)}
    return number("x", short(column))


def _levels(
    key: str,
    title: str,
    method: str,
    column: str,
    unit: str,
    rows: Sequence[Mapping[str, Any]],
    colour: str,
) -> Chart:
    names = apart(["missing" if r["value"] is None else r["value"] for r in rows])
    shown = [
        {"level": n, **{k: r[k] for k in ("effect", "effect_low", "effect_high")}}
        for n, r in zip(names, rows, strict=True)
    ]
    y = name("level", short(column))
    layers = whiskers(y, ("effect_low", "effect", "effect_high"), unit, {"value": colour})
    caption = CAPTIONS.get(method, "").partition("; thin")[0].rstrip(".") + "."
    return chart(key, title, caption, shown, layers, height={"step": 22})

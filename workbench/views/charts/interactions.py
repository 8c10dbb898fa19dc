"""What columns do together: a heat map of pairs, and the strongest pair row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.core.report import Report
from workbench.views.charts.explanation import HEIGHT, QUIETLY, only, ranks
from workbench.views.charts.parts import Chart, Spec, apart, chart, mark, name, number, rule, short
from workbench.views.theme import INDIGO, QUIET

SHOWN = 12  # columns of the heat map
LEVELS = 5  # of a column with names, in colours of their own


def charts(report: Report) -> list[Chart]:
    """Of several classes, that of the strongest pair."""
    if not len(report["pairs"]):
        return []
    of_class = next(report["pairs"].records())["class"]
    found = [_heat(report, of_class)]
    return [*found, *_rows(report, of_class)]


def _heat(report: Report, of_class: Any) -> Chart:
    pairs = [r for r in report["pairs"].records() if r["class"] == of_class]
    top = list(dict.fromkeys(c for r in pairs for c in (r["column"], r["other"])))[:SHOWN]
    labels = dict(zip(top, apart(top, 18), strict=True))
    rows = [
        {"a": labels[a], "b": labels[b], "size": r["size"]}
        for r in pairs
        for a, b in ((r["column"], r["other"]), (r["other"], r["column"]))
        if a in labels and b in labels
    ]
    order = list(labels.values())
    colour = {
        "field": "size",
        "type": "quantitative",
        "scale": {"range": ["#5b6cff11", INDIGO], "zero": True},
        "legend": {"title": f"mean size ({report.facts['space']})", "gradientLength": 120},
    }
    position = {
        "x": name("b", sort=order, axis={"labelAngle": -40}),
        "y": name("a", sort=order),
    }
    cells = mark("rect", {**position, "color": colour}, stroke=QUIET, strokeOpacity=0.25)
    caption = "How much two columns move the prediction together, beyond what each does alone."
    height = {"step": 22}
    return chart("pairs", "Columns that act together", caption, rows, [cells], height=height)


def _rows(report: Report, of_class: Any) -> list[Chart]:
    points = [r for r in report["points"].records() if r["class"] == of_class]
    if not points:
        return []
    column, other = points[0]["column"], points[0]["other"]
    mine = [r for r in points if (r["column"], r["other"]) == (column, other)]
    numeric = _numeric(r["value"] for r in mine)
    rows = [
        {
            "value": r["value"] if numeric else short(r["value"], 18),
            "effect": r["effect"],
            "height": h,
            "level": level,
        }
        for r, h, level in zip(mine, ranks(_others(mine)), _levels(_others(mine)), strict=True)
        if r["value"] is not None
    ]
    x = (
        number("value", short(column))
        if numeric
        else name("value", short(column), axis={"labelAngle": -40})
    )
    position = {"x": x, "y": number("effect", f"done together ({report.facts['space']})")}
    layers = [*_dots(position, short(other, 20), _numeric(_others(mine))), rule(y=0)]
    title = f"{short(column)} with {short(other)}"
    caption = "What the strongest pair did in each row; colour is the other column's value."
    return [chart("pair", title, caption, rows, layers)]


def _dots(position: Spec, other: str, numeric: bool) -> list[Spec]:
    if not numeric:
        colour = {**name("level", other), "legend": {"title": other}}
        return [mark("point", {**position, "color": colour}, **QUIETLY)]
    shade = {**HEIGHT, "legend": {**HEIGHT["legend"], "title": f"value of {other}"}}
    grey = {**mark("point", position, color=QUIET, **QUIETLY), **only("datum.height === null")}
    known = mark("point", {**position, "color": shade}, **QUIETLY)
    return [grey, {**known, **only("datum.height !== null")}]


def _others(rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [r["other_value"] for r in rows]


def _numeric(values: Iterable[Any]) -> bool:
    return all(isinstance(v, (int, float)) for v in values if v is not None)


def _levels(values: Sequence[Any]) -> list[str]:
    """The commonest values by name, the rest together."""
    common = [v for v, _ in Counter(map(str, values)).most_common(LEVELS)]
    labels = dict(zip(common, apart(common, 18), strict=True))
    return [labels.get(str(v), "others") for v in values]

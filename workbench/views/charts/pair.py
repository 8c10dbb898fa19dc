"""The prediction over two columns' values."""

from __future__ import annotations

from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, mark, name, short
from workbench.views.theme import HIGH, LOW, ROSE, TEAL
from workbench.views.words import cell

TITLES = {
    "effect": ("Partial dependence", "The mean prediction if every row had these two values."),
    "together": ("Of both together", "What is left without the effect of each column alone."),
}


def charts(report: Report) -> list[Chart]:
    """The plane twice: whole, and without each alone; of several classes the strongest."""
    best = max(report["strength"].records(), key=lambda r: r["size"])["class"]
    return [_plane(report, best, what) for what in TITLES]


def _plane(report: Report, of_class: Any, what: str) -> Chart:
    found = [r for r in report["surface"].records() if r["class"] == of_class]
    column, other = report.facts["columns"]
    first, second = (_labels(found, key) for key in ("value", "other_value"))
    rows = [
        {
            "a": first[cell(r["value"])],
            "b": second[cell(r["other_value"])],
            "shown": r[what],
            "near": "rows" if r["rows"] else "no row",
        }
        for r in found
    ]
    unit = report.facts["unit"] if of_class is not None else "predicted value"
    scale: dict[str, Any] = {"range": [LOW, HIGH], "nice": False}
    if what == "together":
        scale = {"range": [TEAL, "#8792a622", ROSE], "domainMid": 0}
    colour = {
        "field": "shown",
        "type": "quantitative",
        "scale": {**scale, "zero": False},
        "legend": {"title": unit, "gradientLength": 120},
    }
    faint = {
        **name("near", scale={"domain": ["rows", "no row"], "range": [0.95, 0.4]}),
        "legend": None,
    }
    position = {
        "x": name("a", short(column), sort=list(first.values()), axis={"labelAngle": -40}),
        "y": name("b", short(other), sort=list(second.values())[::-1]),
    }
    cells = mark("rect", {**position, "color": colour, "opacity": faint})
    title, caption = TITLES[what]
    toward = f" ({short(of_class, 20)})" if of_class is not None else ""
    caption += " Paler where no row is near."
    named = f"{title} of {short(column, 20)} and {short(other, 20)}{toward}"
    return chart(what, named, caption, rows, [cells], height={"step": 20})


def _labels(rows: list[dict[str, Any]], key: str) -> dict[str, str]:
    values = list(dict.fromkeys(cell(r[key]) for r in rows))
    return dict(zip(values, apart(values, 18), strict=True))

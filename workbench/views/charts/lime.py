"""What moves the prediction around one row."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, name, rule, short, whiskers
from workbench.views.theme import HIGH, LOW

SHOWN = 12
LONG = 40


def charts(report: Report) -> list[Chart]:
    """The line's weights with their intervals, the largest on top."""
    of_class = report.facts["class"]
    found = [r for r in report["terms"].records() if r["class"] == of_class][:SHOWN]
    if not found:
        return []
    names = apart([r["condition"] for r in found], LONG)
    rows = [
        {
            "name": n,
            "value": r["weight"],
            "low": r["weight_low"],
            "high": r["weight_high"],
            "side": "up" if r["weight"] > 0 else "down",
        }
        for n, r in zip(names, found, strict=True)
    ]
    colour = {
        **name("side"),
        "scale": {"domain": ["up", "down"], "range": [HIGH, LOW]},
        "legend": None,
    }
    toward = f" of {short(of_class, 20)}" if of_class is not None else ""
    axis = f"added to the {report.facts['unit']}{toward}"
    y = name("name", sort=names, axis={"labelLimit": 260})
    layers = [rule(x=0), *whiskers(y, ("low", "value", "high"), axis, colour)]
    caption = "What each value of the row adds against another one from training rows."
    height = {"step": 24}
    return [chart("lime", "Around this row", caption, rows, layers, width=480, height=height)]

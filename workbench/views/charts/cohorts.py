"""Two groups of rows: where their mean contributions lie apart."""

from __future__ import annotations

from typing import Any

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, ends, mark, name, number, rule, short
from workbench.views.theme import AMBER, INDIGO, QUIET

SHOWN = 12  # columns
LONG = 34  # characters of a group's words


def charts(report: Report) -> list[Chart]:
    """Both means of each column, the furthest apart on top; of several classes the furthest."""
    found = list(report["contributions"].records())
    if not found:
        return []
    of_class = found[0]["class"]
    mine = [r for r in found if r["class"] == of_class][:SHOWN]
    names = apart([r["column"] for r in mine])
    sides = dict(zip("ab", apart([report.facts["a"], report.facts["b"]], LONG), strict=True))
    rows = [
        {"column": n, "from": r["a"], "to": r["b"], "group": said, "value": r[side]}
        for n, r in zip(names, mine, strict=True)
        for side, said in sides.items()
    ]
    y = name("column", sort=names)
    toward = f" toward {short(of_class, 20)}" if of_class is not None else ""
    axis = f"mean contribution{toward} ({report.facts['space']})"
    colour: dict[str, Any] = {
        **name("group"),
        "scale": {"domain": list(sides.values()), "range": [INDIGO, AMBER]},
        "legend": {"direction": "vertical", "labelLimit": 320},
    }
    bar = {"y": y, "x": number("from", axis), "x2": ends("to")}
    layers = [
        rule(x=0),
        mark("rule", bar, color=QUIET, strokeWidth=3, opacity=0.5),
        mark("point", {"y": y, "x": number("value", axis), "color": colour}, size=80),
    ]
    caption = "Mean contribution of each column in both groups, the furthest apart on top."
    return [chart("cohorts", "Two groups", caption, rows, layers, height={"step": 24})]

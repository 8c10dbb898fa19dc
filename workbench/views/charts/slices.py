"""Where a model fails most: the groups' losses against those of all other rows."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, apart, chart, name, rule, whiskers
from workbench.views.theme import ROSE, TEAL

LONG = 64  # characters of a group's words


def charts(report: Report) -> list[Chart]:
    """The difference of each group, with its interval."""
    if not len(report["slices"]):
        return []
    found = list(report["slices"].records())
    titles = apart([r["where"] for r in found], LONG)
    rows = [
        {**r, "title": t, "side": "worse" if r["difference"] > 0 else "better"}
        for r, t in zip(found, titles, strict=True)
    ]
    colour = {
        **name("side"),
        "scale": {"domain": ["worse", "better"], "range": [ROSE, TEAL]},
        "legend": None,
    }
    first, second = report.facts["names"]
    signed = report.facts["signed"]
    loss = str(report.facts["loss"])
    axis = f"{loss}: {first} minus {second}" if signed else f"{loss} against elsewhere"
    y = name("title", axis={"labelLimit": 320})
    layers = [rule(x=0), *whiskers(y, ("low", "difference", "high"), axis, colour)]
    caption = "Loss in each group minus that of all other rows, with 95% intervals."
    return [chart("slices", "Weak spots", caption, rows, layers, width=560, height={"step": 26})]

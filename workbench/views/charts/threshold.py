"""What each threshold gives on the validation rows, and the one that was chosen."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views.charts.parts import Chart, chart, mark, name, number, rule, share
from workbench.views.theme import AMBER, INDIGO, TEAL

LINES = {"precision": TEAL, "recall": INDIGO, "f1": AMBER}


def charts(report: Report) -> list[Chart]:
    """Precision, recall and F1 over thresholds; the cost where costs were given."""
    records = list(report["curve"].records())
    chosen = rule(x=report.facts["threshold"])
    rows = [
        {"threshold": r["threshold"], "what": "F1" if what == "f1" else what, "value": r[what]}
        for r in records
        for what in LINES
        if r[what] is not None
    ]
    colour = {
        **name("what", legend={"symbolType": "stroke", "symbolStrokeWidth": 2.5}),
        "scale": {"domain": ["precision", "recall", "F1"], "range": list(LINES.values())},
    }
    x = share("threshold", "threshold")
    line = mark("line", {"x": x, "y": share("value", "share"), "color": colour})
    caption = "On the validation rows; the dashed line is the chosen threshold."
    found = [chart("curve", "Thresholds", caption, rows, [chosen, line])]
    if report.facts["costs"]:
        cost = mark("line", {"x": x, "y": number("cost", "expected cost")}, color=INDIGO)
        found.insert(0, chart("cost", "Expected cost", caption, records, [chosen, cost]))
    return found

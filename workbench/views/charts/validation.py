"""What cross-validation says: each fold's score, and what more rows would bring."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import Chart, Spec, chart, ends, mark, name, number, rule
from workbench.views.theme import AMBER, INDIGO

HELD, FITTED = "held-out rows", "training rows"


def charts(report: Report) -> list[Chart]:
    """The primary metric of each fold, and the learning curve if there is one."""
    found = [_folds(report)]
    if "learning" in report and len(report["learning"]) > 1:
        found.append(_learning(report))
    return found


def _folds(report: Report) -> Chart:
    primary = report.facts["primary"]
    rows = [
        {**r, "name": f"fold {r['fold']}"}
        for r in report["scores"].records()
        if r["metric"] == primary and r["value"] is not None
    ]
    mean = report.facts["metrics"][primary]
    dots = mark(
        "point",
        {"x": number("value", words.metric(primary)), "y": name("name")},
        size=70,
        color=INDIGO,
    )
    layers = [dots] if mean is None else [rule(x=mean), dots]
    caption = "A dot for each model on the rows that it had not seen; the dashed line is the mean."
    return chart("folds", "Folds", caption, rows, layers, height={"step": 26})


def _learning(report: Report) -> Chart:
    metric = words.metric(report.facts["primary"])
    rows = [
        {**r, "kind": kind, "score": r["value"] if kind == HELD else r["fitted"]}
        for r in report["learning"].records()
        for kind in (HELD, FITTED)
    ]
    for row in rows:
        if row["kind"] == FITTED:
            row["low"] = row["high"] = None
    x = number("train", "training rows")
    colour: Spec = {
        **name("kind", legend={"symbolType": "stroke", "symbolStrokeWidth": 2.5}),
        "scale": {"domain": [HELD, FITTED], "range": [INDIGO, AMBER]},
    }
    y = number("score", metric)
    layers = [
        mark("rule", {"x": x, "y": number("low", metric), "y2": ends("high"), "color": colour}),
        mark("line", {"x": x, "y": y, "color": colour}),
        mark("point", {"x": x, "y": y, "color": colour}, size=45, filled=True),
    ]
    caption = "By training rows, with 95% intervals: a line that still climbs asks for more."
    return chart("learning", "Learning curve", caption, rows, layers)

"""Which model is better, and by how much."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import (
    STROKES,
    Chart,
    apart,
    chart,
    diagonal,
    mark,
    name,
    rule,
    share,
    whiskers,
)
from workbench.views.theme import QUIET, SERIES, TEAL

FALSE, TRUE = "false positive rate", "true positive rate"


def charts(report: Report) -> list[Chart]:
    """Ranking, differences, and ROC curves where there are two classes."""
    found = [_ranking(report)]
    if len(report["differences"]):
        found.append(_differences(report))
    if "roc" in report and len(report["roc"]):
        found.append(_roc(report))
    return found


def _titles(report: Report) -> dict[str, str]:
    table = report["ranking"]
    return dict(zip(table.column("id"), apart(table.column("title")), strict=True))


def _colours(report: Report) -> dict[str, object]:
    titles = list(_titles(report).values())
    shades = [SERIES[i % len(SERIES)] for i in range(len(titles))]
    return {"domain": titles, "range": shades}


def _metric(report: Report) -> str:
    return words.metric(report.facts["primary"])


def _ranking(report: Report) -> Chart:
    titles = _titles(report)
    rows = [{**r, "title": titles[r["id"]]} for r in report["ranking"].records()]
    colour = {**name("title"), "scale": _colours(report), "legend": None}
    layers = whiskers(name("title"), ("low", "value", "high"), _metric(report), colour, 80)
    caption = "Best first, with 95% intervals."
    return chart("ranking", "Ranking", caption, rows, layers, height={"step": 30})


def _differences(report: Report) -> Chart:
    titles, primary = _titles(report), report.facts["primary"]
    rows = [
        {
            **r,
            "pair": f"{titles[r['a']]} − {titles[r['b']]}",
            "state": "a difference" if r["better"] else "no evidence",
        }
        for r in report["differences"].records()
        if r["metric"] == primary
    ]
    colour = {
        **name("state"),
        "scale": {"domain": ["a difference", "no evidence"], "range": [TEAL, QUIET]},
        "legend": None,
    }
    y = name("pair", axis={"labelLimit": 240})
    title = f"difference in {_metric(report)}"
    layers = [*whiskers(y, ("low", "difference", "high"), title, colour), rule(x=0)]
    caption = "On the same resamples of the test rows; grey where the interval holds zero."
    return chart("differences", "Differences", caption, rows, layers, height={"step": 30})


def _roc(report: Report) -> Chart:
    titles = _titles(report)
    rows = [
        {**r, "title": titles[r["id"]], "place": i} for i, r in enumerate(report["roc"].records())
    ]
    lines = mark(
        "line",
        {
            "x": share("fpr", FALSE),
            "y": share("tpr", TRUE),
            "color": {**name("title", legend=STROKES), "scale": _colours(report)},
            "order": {"field": "place", "type": "quantitative"},
        },
    )
    caption = "True against false positive rate over all thresholds; the dashed line is chance."
    return chart("roc", "ROC curves", caption, rows, [diagonal(FALSE, TRUE), lines])

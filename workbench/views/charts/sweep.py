"""What a sweep tried: the best so far, quality against latency, which parameters matter."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import Chart, chart, mark, name, number
from workbench.views.theme import INDIGO, SERIES

SHOWN = 12  # parameters


def charts(report: Report) -> list[Chart]:
    """Best so far, the Pareto front, importance."""
    found = [_progress(report), _front(report)]
    if len(report["importance"]):
        found.append(_importance(report))
    return found


def _title(report: Report) -> str:
    return words.metric(str(report.facts["metric"]))


def _colour(families: list[str]) -> dict[str, object]:
    return {"domain": families, "range": [SERIES[i % len(SERIES)] for i in range(len(families))]}


def _rows(report: Report) -> list[dict[str, object]]:
    done = [r for r in report["attempts"].records() if r["value"] is not None]
    return [{**r, "family": words.family(r["family"])} for r in done]


def _families(report: Report) -> list[str]:
    return [words.family(f) for f in report["families"].column("family")]


def _progress(report: Report) -> Chart:
    metric, families = _title(report), _families(report)
    dots = mark(
        "point",
        {
            "x": number("number", "attempt"),
            "y": number("value", metric),
            "color": name("family", scale=_colour(families)),
        },
        filled=True,
        size=38,
        opacity=0.75,
    )
    line = mark(
        "line",
        {"x": number("number", "attempt"), "y": number("best", metric)},
        color=INDIGO,
        interpolate="step-after",
        strokeWidth=1.5,
    )
    caption = "Each attempt, and the best so far."
    return chart("progress", "Attempts", caption, _rows(report), [line, dots])


def _front(report: Report) -> Chart:
    metric, families = _title(report), _families(report)
    unbeaten = {r["number"] for r in report["front"].records()}
    rows = [
        {**r, "unbeaten": r["number"] in unbeaten}
        for r in _rows(report)
        if r["latency_us"] is not None
    ]
    latency = number("latency_us", "microseconds a row", scale={"type": "log"})
    dots = mark(
        "point",
        {
            "x": latency,
            "y": number("value", metric),
            "color": name("family", scale=_colour(families)),
            "opacity": {"condition": {"test": "datum.unbeaten", "value": 1}, "value": 0.3},
            "size": {"condition": {"test": "datum.unbeaten", "value": 80}, "value": 30},
        },
        filled=True,
    )
    caption = "Of the large points, none is both better and quicker than another."
    return chart("front", "Quality and latency", caption, rows, [dots])


def _importance(report: Report) -> Chart:
    rows = [
        {"parameter": f"{words.family(r['family'])}: {r['parameter']}", "share": r["share"]}
        for r in report["importance"].records()
    ]
    rows = sorted(rows, key=lambda r: -float(r["share"]))[:SHOWN]
    bars = mark(
        "bar",
        {"y": name("parameter"), "x": number("share", "share", scale={"zero": True})},
        color=INDIGO,
    )
    caption = "How much each parameter decides near the best values of its family."
    return chart(
        "importance", "Which parameters matter", caption, rows, [bars], height={"step": 22}
    )

"""For whom a model errs."""

from __future__ import annotations

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import (
    Chart,
    apart,
    chart,
    mark,
    name,
    number,
    rule,
    short,
    whiskers,
)
from workbench.views.theme import AMBER, INDIGO, QUIET

MOST = 16  # groups of a column


def charts(report: Report) -> list[Chart]:
    """For each metric and each audited column: its value in every group."""
    table = report["groups"]
    metrics = [m for m in report.facts.get("metrics", ()) if m in table.columns]
    columns = list(dict.fromkeys(table.column("column")))
    found = [_groups(report, metric, column) for column in columns for metric in metrics]
    if "gaps" in report and len(report["gaps"]):
        found += [_gaps(report, column) for column in columns]
    if "ranking" in report:
        found += [_tops(report, column) for column in columns]
    return found


def _title(report: Report, metric: str) -> str:
    title = str(report.facts.get("titles", {}).get(metric, words.spoken(metric)))
    return words.capital(title)


def _groups(report: Report, metric: str, column: str) -> Chart:
    rows = [r for r in report["groups"].records() if r["column"] == column][:MOST]
    labels = apart([r["group"] for r in rows], 34)
    title = _title(report, metric)
    shown = [
        {
            "group": label,
            "value": r[metric],
            "low": r.get(f"{metric}_low"),
            "high": r.get(f"{metric}_high"),
            "size": "small group" if r["small"] else "group",
        }
        for label, r in zip(labels, rows, strict=True)
        if r[metric] is not None
    ]
    colour = {
        **name("size"),
        "scale": {"domain": ["group", "small group"], "range": [INDIGO, QUIET]},
        "legend": None,
    }
    ends = ("low", "value", "high")
    layers = whiskers(name("group"), ends, title.lower(), colour)
    caption = "With 95% intervals; grey groups are small."
    place = f"{title} by {short(column)}"
    return chart(f"{metric}-{column}", place, caption, shown, layers, height={"step": 26})


def _gaps(report: Report, column: str) -> Chart:
    shown = [
        {**r, "metric": short(_title(report, r["metric"]))}
        for r in report["gaps"].records()
        if r["column"] == column and r["difference"] is not None
    ]
    ends = ("difference_low", "difference", "difference_high")
    layers = whiskers(name("metric"), ends, "highest minus lowest group", {"value": AMBER})
    caption = "How far the groups are apart, with 95% intervals; the dashed line is no gap."
    title = f"Gaps by {short(column)}"
    layers.append(rule(x=0))
    return chart(f"gaps-{column}", title, caption, shown, layers, height={"step": 26})


def _tops(report: Report, column: str) -> Chart:
    """Who the best-scored tenth is, beside who all are."""
    rows = [r for r in report["ranking"].records() if r["column"] == column and r["share"]][:MOST]
    labels = apart([r["group"] for r in rows], 34)
    shown = [
        {
            "group": label,
            "value": r["top_10"] / r["share"],
            "low": r["top_10_low"] / r["share"],
            "high": r["top_10_high"] / r["share"],
            "due": None if r["share_positive"] is None else r["share_positive"] / r["share"],
        }
        for label, r in zip(labels, rows, strict=True)
    ]
    title = "times its share of all rows"
    layers = whiskers(name("group"), ("low", "value", "high"), title, {"value": INDIGO})
    due = {"y": name("group"), "x": number("due", title)}
    layers.append(mark("point", due, color=AMBER, shape="diamond", size=70))
    outcome = f"{report.facts['target']} = {report.facts['positive']}"
    caption = (
        "How much of the best-scored tenth each group is, over its share of all rows, with 95%"
        f" intervals; diamonds: how much of the rows with {short(outcome, 60)}."
    )
    place = f"Best-scored tenth by {short(column)}"
    layers.append(rule(x=1))
    return chart(f"ranking-{column}", place, caption, shown, layers, height={"step": 26})

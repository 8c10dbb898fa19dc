"""Whether what is asked still looks like the training data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.parts import Chart, apart, chart, mark, name, number
from workbench.views.theme import QUIET, ROSE

MOST = 20


def charts(report: Report) -> list[Chart]:
    """One chart per method: distances and p-values do not share an axis."""
    methods = dict.fromkeys(str(m) for m in report["drift"].column("method"))
    return [_scores(report, method, i) for i, method in enumerate(methods)]


def _scores(report: Report, method: str, place: int) -> Chart:
    rows = [
        r for r in report["drift"].records() if r["method"] == method and r["score"] is not None
    ]
    rows = sorted(rows, key=_strangest)[:MOST]
    labels = apart([r["column"] for r in rows])
    shown = [
        {
            "column": label,
            "score": r["score"],
            "threshold": r["threshold"],
            "state": "drifted" if r["drifted"] else "like before",
        }
        for r, label in zip(rows, labels, strict=True)
    ]
    y, title = name("column"), words.method(method)
    colour = {
        **name("state"),
        "scale": {"domain": ["drifted", "like before"], "range": [ROSE, QUIET]},
    }
    layer = mark(
        "bar", {"y": y, "x": number("score", title, scale={"zero": True}), "color": colour}
    )
    limit = mark(
        "tick", {"y": y, "x": number("threshold", title)}, color="currentColor", thickness=2
    )
    caption = "Each column's score; the tick is the limit."
    return chart(f"drift-{place}", title, caption, shown, [layer, limit], height={"step": 22})


def _strangest(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Drifted columns first, then by score: distances fall, p-values rise."""
    distance = row["drifted"] == (row["score"] >= row["threshold"])
    return not row["drifted"], -row["score"] if distance else row["score"]

"""One page about a run from all of its reports: no script, nothing from outside, works on paper."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.errors import UsageError
from workbench.core.report import Report
from workbench.views.charts import Chart, charts
from workbench.views.html import document, safe, section, wrap
from workbench.views.svg import svg

LIMIT = 5_000_000  # bytes of the page
LARGEST = 400_000  # of one picture
ORDER = (
    "evaluation",
    "explanation",
    "effects",
    "importance",
    "trust",
    "surrogate",
    "fairness",
    "slices",
    "error_tree",
    "parity",
)


def dossier(title: str, reports: Sequence[Report]) -> str:
    """A document with a chapter for each report, in the order in which they are read.

    Large pictures and tables are left out before the page grows beyond 5 MB.

    Raises
    ------
    UsageError
        There is no report.
    """
    if not reports:
        raise UsageError("There is no report of this run yet.", "Evaluate or explain it first.")
    place = {kind: n for n, kind in enumerate(ORDER)}
    ordered = sorted(reports, key=lambda r: place.get(r.kind, len(place)))
    for rows in (200, 40, 10):
        text = _written(title, ordered, rows)
        if len(text.encode()) <= LIMIT:
            break
    return text


def _written(title: str, reports: Sequence[Report], rows: int) -> str:
    links = "".join(f'<li><a href="#{safe(r.kind)}">{safe(r.title)}</a></li>' for r in reports)
    chapters = "".join(
        f'<section id="{safe(r.kind)}">{section(r, _pictures(r), rows)}</section>' for r in reports
    )
    newest = max(r.created for r in reports)
    foot = f'<p class="wb-small">Newest part of {newest:%Y-%m-%d %H:%M} UTC. Made by Workbench.</p>'
    body = wrap(f"<h1>{safe(title)}</h1><nav><ul>{links}</ul></nav>{chapters}{foot}")
    return document(title, body)


def _pictures(report: Report) -> list[tuple[Chart, str]]:
    drawn = [(c, s) for c in charts(report) if (s := svg(c)) is not None]
    return [(c, s) for c, s in drawn if len(s) < LARGEST]

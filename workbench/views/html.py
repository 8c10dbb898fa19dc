"""A report as HTML, a fragment or a page: no script, nothing from outside."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from workbench.core.report import Finding, Report
from workbench.views.charts import Chart, charts
from workbench.views.facts import facts
from workbench.views.inline import styled
from workbench.views.svg import svg
from workbench.views.tables import Shown, rest, telling
from workbench.views.text import flat
from workbench.views.theme import DARK, LIGHT

PICTURES = 3  # charts in a fragment
LARGEST = 140_000  # bytes of a picture in a fragment
ROWS = 12
ROWS_OF_PAGE = 500
FINDINGS = 6
SENTENCE = 40  # characters; longer cells are wrapped
MARKS = {"error": "✕", "warning": "!", "info": "i"}


def fragment(report: Report) -> str:
    """What a notebook shows: sentence, findings, facts, the telling charts, tables to unfold."""
    return card(inside(report))


def inside(report: Report) -> str:
    """The same without a frame of its own, to stand in a card of something else."""
    drawn = [(c, s) for c in _few(report) if (s := svg(c)) is not None and len(s) < LARGEST]
    parts = (
        _head(report, "h3"),
        findings(report.findings[:FINDINGS], len(report.findings) - FINDINGS),
        _figures(drawn),
        _tables(telling(report, ROWS), folded=bool(drawn)),
    )
    return "".join(parts)


def page(report: Report) -> str:
    """A whole document, with all charts and all tables; works offline and on paper."""
    drawn = [(c, s) for c in charts(report) if (s := svg(c)) is not None]
    made = (
        f'<p class="wb-small">Made by Workbench on {report.created:%Y-%m-%d %H:%M} UTC'
        f" about {safe(report.subject)}.</p>"
    )
    return document(report.title, wrap(section(report, drawn, ROWS_OF_PAGE, "h1"), made))


def section(report: Report, drawn: Sequence[tuple[Chart, str]], rows: int, tag: str = "h2") -> str:
    """A whole report below its heading, with the pictures that were drawn of it."""
    return "".join(
        (
            _head(report, tag),
            findings(report.findings, 0),
            _figures(drawn),
            _tables(telling(report, rows), folded=False),
            _tables(rest(report, rows), folded=True),
        )
    )


def document(title: str, body: str) -> str:
    """A page that asks for nothing from outside."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{safe(title)}</title>"
        f"<style>{_ground()}html{{color-scheme:light dark;background:var(--ground)}}"
        "body{margin:0}body>.wb{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 4rem}</style>"
        f"</head><body>{body}</body></html>"
    )


def wrap(*parts: str) -> str:
    """Parts in a scope of their own style."""
    return f"<style>{_style()}</style><div class='wb'>{''.join(parts)}</div>"


def card(*parts: str) -> str:
    """Parts as the output of a notebook's cell: the look stays where style sheets are taken out."""
    return styled(wrap(*parts))


def safe(value: object) -> str:
    """Text from data: one line, no markup, no control characters."""
    return html.escape(flat(value), quote=True)


def table(shown: Shown, pictures: Sequence[str] = ()) -> str:
    """One table; numbers to the right, and a picture (our own markup) at the end of each row."""
    kinds = [' class="wb-num"' if n else "" for n in shown.numeric]
    head = "".join(
        f'<th scope="col"{k}>{safe(t)}</th>' for t, k in zip(shown.titles, kinds, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(_data(c, k) for c, k in zip(row, kinds, strict=True))
        + (f"<td>{pictures[place]}</td>" if pictures else "")
        + "</tr>"
        for place, row in enumerate(shown.rows)
    )
    head += "<td></td>" if pictures else ""
    more = f'<p class="wb-small">… and {shown.more:,} more rows</p>' if shown.more else ""
    return (
        f'<div class="wb-wide" tabindex="0" role="group" aria-label="{safe(shown.name)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{more}"
    )


def _data(cell: str, kind: str) -> str:
    return f"<td{kind or (' class=wb-text' if len(cell) > SENTENCE else '')}>{safe(cell)}</td>"


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values beside each other."""
    found = "".join(
        f'<div class="wb-fact"><dt>{safe(n)}</dt><dd>{safe(v)}</dd></div>' for n, v in pairs
    )
    return f"<dl>{found}</dl>" if found else ""


def _head(report: Report, tag: str) -> str:
    sentence = f'<p class="wb-lead">{safe(report.sentence)}</p>' if report.sentence else ""
    return f"<{tag}>{safe(report.title)}</{tag}>{sentence}{definitions(facts(report))}"


def findings(found: Sequence[Finding], more: int) -> str:
    """Findings as a list; ``more`` were left out."""
    items = "".join(
        f'<li class="wb-{f.severity}"><span aria-label="{f.severity}">{MARKS[f.severity]}</span>'
        f"<div>{safe(f.sentence)}{_remedy(f)}</div></li>"
        for f in found
    )
    if more > 0:
        items += f'<li class="wb-info"><span></span>… and {more} more</li>'
    return f"<ul>{items}</ul>" if items else ""


def _remedy(finding: Finding) -> str:
    if finding.remedy is None:
        return ""
    return f' <small class="wb-small">Remedy: {safe(finding.remedy.label)}.</small>'


def _few(report: Report) -> list[Chart]:
    found = charts(report)
    return [c for c in found if not c.small][:PICTURES] + [c for c in found if c.small]


def _figures(drawn: Sequence[tuple[Chart, str]]) -> str:
    large = "".join(_figure(c, s) for c, s in drawn if not c.small)
    small = "".join(_figure(c, s) for c, s in drawn if c.small)
    return (f'<div class="wb-figures">{large}</div>' if large else "") + (
        f'<div class="wb-figures wb-many">{small}</div>' if small else ""
    )


def _figure(chart: Chart, drawn: str) -> str:
    label = safe(f"{chart.title}: {chart.caption}" if chart.caption else chart.title)
    return (
        f"<figure><figcaption><b>{safe(chart.title)}</b> {safe(chart.caption)}</figcaption>"
        f'<div class="wb-chart" role="img" aria-label="{label}">{drawn}</div></figure>'
    )


def _tables(found: Sequence[Shown], *, folded: bool) -> str:
    parts = []
    for shown in found:
        title = safe(shown.heading)
        note = f'<p class="wb-small">{safe(shown.caption)}</p>' if shown.caption else ""
        if folded:
            parts.append(f"<details><summary>{title}</summary>{note}{table(shown)}</details>")
        else:
            parts.append(f"<h4>{title}</h4>{note}{table(shown)}")
    return "".join(parts)


def _ground() -> str:
    light, dark = LIGHT["ground"], DARK["ground"]
    return f":root{{--ground:{light}}}@media(prefers-color-scheme:dark){{:root{{--ground:{dark}}}}}"


@cache
def _style() -> str:
    light, dark = (";".join(f"--wb-{k}:{v}" for k, v in t.items()) for t in (LIGHT, DARK))
    css = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return css.replace("/*light*/", light).replace("/*dark*/", dark).replace("\n", "")

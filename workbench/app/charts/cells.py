"""Confusion: what was true against what was said, as an inline SVG grid."""

from __future__ import annotations

from typing import Any

from workbench.app.ui import escape
from workbench.core.report import Table
from workbench.views.words import count, percent

CSS = """
table { border-collapse: separate; border-spacing: 4px; width: 100%; table-layout: fixed;
  font-variant-numeric: tabular-nums; }
th { font-size: 12px; font-weight: 500; color: var(--mui-palette-text-secondary); padding: 3px;
  overflow-wrap: anywhere; text-align: center; }
th.side { text-align: right; width: 88px; font-size: 11.5px; }
td { border-radius: 8px; text-align: center; padding: 12px 4px; font-size: 14px;
  font-weight: 600; }
td small { display: block; font-weight: 400; font-size: 11.5px;
  color: var(--mui-palette-text-secondary); }
.frame { overflow-x: auto; }
"""
SMALL = "td { padding: 5px 2px; font-size: 11.5px; } td small { display: none; }"


def confusion(table: Table) -> tuple[str, str]:
    """HTML and styles of the grid; the darker a cell, the larger its share of the true class."""
    records = list(table.records())
    classes = list(dict.fromkeys(r["truth"] for r in records))
    found = {(r["truth"], r["predicted"]): r for r in records}
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in classes)
    lines = "".join(
        f'<tr><th class="side" scope="row">{escape(t)}</th>'
        + "".join(_cell(found[t, p], t == p) for p in classes)
        + "</tr>"
        for t in classes
    )
    corner = '<th class="side" scope="col" style="white-space:nowrap">true ↓ said&nbsp;→</th>'
    body = f'<div class="frame"><table><tr>{corner}{head}</tr>{lines}</table></div>'
    return body, CSS + (SMALL if len(classes) > 4 else "")


def _cell(record: dict[str, Any], right: bool) -> str:
    share = record["share"] or 0.0
    hue = "#14b8a6" if right else "#f43f5e"
    back = f"color-mix(in srgb, {hue} {round(8 + 62 * share)}%, transparent)"
    return (
        f'<td style="background:{back}">{count(record["count"])}'
        f"<small>{percent(record['share'])}</small></td>"
    )

"""What a profile says beyond single columns: relations, cells missing together, time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.app import ui
from workbench.core.report import Report
from workbench.views import words
from workbench.views.charts.profile import paired
from workbench.views.tables import MEASURES

SIDE = 10  # columns of the map
PATTERNS = 8
STRONG = 0.55  # from which the number stands on a dark cell

CSS = """
.map { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 2px; font-size: 11px; }
th { font-weight: 500; color: var(--mui-palette-text-secondary); max-width: 116px;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
th[scope=row] { text-align: right; padding-right: 6px; }
thead th { height: 74px; vertical-align: bottom; max-width: 34px; overflow: visible; }
thead th span { display: inline-block; width: 92px; transform-origin: 0 100%;
  transform: translateX(20px) rotate(-52deg); overflow: hidden; text-overflow: ellipsis;
  text-align: left; }
td { min-width: 32px; height: 25px; text-align: center; border-radius: 4px;
  font-variant-numeric: tabular-nums; background: color-mix(in srgb,
  var(--mui-palette-primary-main) var(--share), var(--mui-palette-action-hover)); }
td.strong { color: var(--mui-palette-primary-contrastText); }
td.self { background: none; }
ul { list-style: none; display: grid; gap: 9px; font-size: 13px; }
li .line { display: flex; gap: 10px; justify-content: space-between; }
li .line span:first-child { overflow-wrap: anywhere; }
li .line span:last-child { flex: none; color: var(--mui-palette-text-secondary);
  font-variant-numeric: tabular-nums; }
li .bar { height: 6px; border-radius: 3px; margin-top: 4px; background:
  linear-gradient(to right, var(--mui-palette-warning-main) var(--share),
  var(--mui-palette-action-hover) var(--share)); }
.time { display: flex; align-items: flex-end; gap: 1px; height: 84px;
  border-bottom: 1px solid var(--mui-palette-divider); }
.time i { flex: 1; min-width: 1px; background: var(--mui-palette-secondary-main, #0d9488);
  height: var(--share); border-radius: 2px 2px 0 0; }
.ends { display: flex; justify-content: space-between; font-size: 11px; margin: 3px 0 12px;
  color: var(--mui-palette-text-secondary); }
"""


def cards(report: Report) -> list[Any]:
    """A card for each of what there is to say."""
    found: list[tuple[Any, int]] = []
    if len(report["associations"]):
        found.append((_relations(report), 6))
    if any(report["missing"].column("lacking")):
        found.append((_missing(report), 6))
    if len(report["time"]):
        found.append((_time(report), 6))
    if len(found) % 2:  # the last one has a line of its own
        found[-1] = (found[-1][0], 12)
    return [ui.grid(*found)] if found else []


def _relations(report: Report) -> Any:
    names = paired(report, SIDE)
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for row in report["associations"].records():
        cells[row["a"], row["b"]] = cells[row["b"], row["a"]] = row
    heads = "".join(f'<th scope="col"><span>{ui.escape(n)}</span></th>' for n in names)
    rows = "".join(
        f'<tr><th scope="row" title="{ui.escape(one)}">{ui.escape(one)}</th>'
        + "".join(_cell(cells.get((one, other)), one == other) for other in names)
        + "</tr>"
        for one in names
    )
    table = (
        '<div class="map" tabindex="0" role="group" aria-label="Associations of the columns">'
        f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    strongest = next(report["associations"].records())
    sub = (
        f"Strongest: {strongest['a']} and {strongest['b']}, "
        f"{MEASURES[strongest['measure']]} {words.number(strongest['value'])}. "
        "Numbers by Spearman, categories by Cramér's V, one of each by the correlation ratio."
    )
    return ui.card("Relations", ui.markup(table, CSS), sub=sub)


def _cell(row: dict[str, Any] | None, same: bool) -> str:
    if same or row is None:
        return '<td class="self"></td>'
    share = min(100, round(100 * abs(row["value"])))
    strong = ' class="strong"' if abs(row["value"]) > STRONG else ""
    about = f"{row['a']} and {row['b']}: {MEASURES[row['measure']]} {row['value']:.3f}"
    shown = f"{row['value']:.2f}".replace("0.", ".", 1)
    return f'<td{strong} style="--share:{share}%" title="{ui.escape(about)}">{shown}</td>'


def _missing(report: Report) -> Any:
    rows = [r for r in report["missing"].records() if r["lacking"]][:PATTERNS]
    most = max(r["rows"] for r in rows)
    items = "".join(_pattern(r, r["rows"] / most) for r in rows)
    whole = next((r["rows"] for r in report["missing"].records() if not r["lacking"]), 0)
    sub = f"Rows that lack exactly these cells; {words.plural(whole, 'row')} lack none."
    return ui.card("Missing together", ui.markup(f"<ul>{items}</ul>", CSS), sub=sub)


def _pattern(row: dict[str, Any], share: float) -> str:
    names = list(row["columns"])
    said = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    count = f"{words.count(row['rows'])} · {words.percent(row['share'])}"
    return (
        f'<li><div class="line"><span>{ui.escape(said)}</span><span>{ui.escape(count)}</span></div>'
        f'<div class="bar" style="--share:{max(1, round(100 * share))}%"></div></li>'
    )


def _time(report: Report) -> Any:
    parts = []
    for row in list(report["time"].records())[:3]:
        own = [r for r in report["periods"].records() if r["column"] == row["column"]]
        parts.append(_periods(row, [int(r["count"]) for r in own]))
    return ui.card("Over time", ui.markup("".join(parts), CSS), sub="Rows of each period.")


def _periods(row: dict[str, Any], counts: Sequence[int]) -> str:
    most = max(counts) or 1
    bars = "".join(f'<i style="--share:{100 * n / most:.1f}%"></i>' for n in counts)
    gaps = words.plural(row["gaps"], f"empty {row['period']}") if row["gaps"] else "no gap"
    about = f"{row['column']}: rows by {row['period']}, {gaps}"
    return (
        f'<p class="small quiet">{ui.escape(about)}</p>'
        f'<div class="time" role="img" aria-label="{ui.escape(about)}">{bars}</div>'
        f'<div class="ends"><span>{ui.escape(row["first"])}</span>'
        f"<span>{ui.escape(row['last'])}</span></div>"
    )

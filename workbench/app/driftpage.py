"""What a drift report says of each column, and Evidently's own page of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.app import ui
from workbench.app.charts import bars
from workbench.core.report import Report
from workbench.views import words

FRAME_CSS = """
iframe { width: 100%; height: 74vh; border: 1px solid var(--mui-palette-divider);
  border-radius: 10px; background: #fff; }
"""
HEADS = (
    ui.Head("column", "Column"),
    ui.Head("state", "Verdict"),
    ui.Head("score", "Score", align="right"),
    ui.Head("limit", "Limit", align="right"),
    ui.Head("method", "Test"),
)


def columns(report: Report) -> Any:
    """A table of the columns, those that drifted farthest first."""
    records = sorted(report["drift"].records(), key=lambda r: -bars.strength(r))
    rows = [
        [
            r["column"],
            ui.cell(
                "drifted" if r["drifted"] else "steady", tone="warn" if r["drifted"] else "good"
            ),
            words.number(r["score"]),
            words.number(r["threshold"]),
            words.method(str(r["method"])),
        ]
        for r in records
    ]
    return ui.table(HEADS, rows, label="Drift of each column")


def evidently(path: str | Path) -> Any:
    """A card that opens the page kept at ``path``, in a frame that can reach nothing."""
    address = f"reports/drift/{quote(Path(path).name)}"
    frame = (
        f'<iframe sandbox="allow-scripts" title="Evidently report" loading="lazy" '
        f'referrerpolicy="no-referrer" src="{ui.escape(address)}"></iframe>'
    )
    place = ui.column()
    opener = ui.button("Open the full report", None, icon="open_in_full", size="small")
    opener.on_click(lambda _: place.__setitem__(slice(None), [ui.markup(frame, FRAME_CSS)]))
    return ui.card(
        "Evidently",
        place,
        actions=[opener],
        sub="The library's own page, shut into a frame that can reach nothing",
    )

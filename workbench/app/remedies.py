"""Findings, each with a button for what mends it, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.app import ui
from workbench.core.report import Finding

ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Mended:
    """A remedy that was carried out, and the edits that there were before."""

    ref: str
    label: str
    before: Mapping[str, Any] | None


def findings(found: Sequence[Finding], mend: Callable[[Finding], None], limit: int = 12) -> Any:
    """The findings, the gravest first; those that can be mended before others of their kind."""
    ranked = sorted(found, key=lambda f: (ORDER[f.severity], f.remedy is None))
    shown = ui.column(*(_line(f, mend) for f in ranked[:limit]), gap=8)
    if len(ranked) > limit:
        more = ui.button(f"Show all {len(ranked)}", icon="expand_more", size="small")

        def unfold(_: Any) -> None:
            shown[:] = [_line(f, mend) for f in ranked]

        more.on_click(unfold)
        shown.append(ui.row(more))
    return shown


def _line(finding: Finding, mend: Callable[[Finding], None]) -> Any:
    said = ui.findings([finding])
    if finding.remedy is None:
        return said
    button = ui.button(
        finding.remedy.label,
        lambda: mend(finding),
        icon="build",
        size="small",
        variant="outlined",
    )
    place = ui.column(said, styles={"flex": "1 1 220px"})
    return ui.row(place, button, gap=8)


def undo(mended: Mended, back: Callable[[], None]) -> Any:
    """What was done, with a button that takes it back."""
    button = ui.button("Undo", back, icon="undo", size="small", variant="outlined")
    return ui.row(ui.text(f"Done: {mended.label}.", "quiet"), button, gap=8)

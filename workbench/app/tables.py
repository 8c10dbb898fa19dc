"""Tables: the only way rows of data reach the page, each cell as text and never as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app.scripts import script, style
from workbench.app.theme import CSS


@dataclass(frozen=True)
class Head:
    """The head of a column.

    Parameters
    ----------
    name
        What ``order`` says when the column is sorted by.
    align
        ``left`` for words, ``right`` for numbers.
    better
        ``up`` or ``down``: which direction of this number is better.
    wrap
        Whether long text may run over several lines.
    """

    name: str
    title: str = ""
    align: str = "left"
    sortable: bool = False
    better: str = ""
    wrap: bool = False

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title or self.name,
            "align": self.align,
            "sortable": self.sortable,
            "better": self.better,
            "wrap": self.wrap,
        }


def cell(
    text: Any, *, quiet: str = "", tone: str = "", bar: float | None = None, dot: str = ""
) -> dict[str, Any]:
    """A cell with more than text: a quiet second line, a tone, a bar (0 to 1), a colour dot."""
    return {"text": str(text), "quiet": quiet, "tone": tone, "bar": bar, "dot": dot}


class TableView(JSComponent):
    """A table drawn with ``textContent`` only; sorting and choosing rows come back as events."""

    label = param.String("", doc="its name for screen readers")
    heads = param.List([])
    rows = param.List([])
    order = param.String("", doc="the column sorted by")
    descending = param.Boolean(False)
    selectable = param.Boolean(False)
    selected = param.Integer(-1)
    markable = param.Boolean(False, doc="whether rows have a box to choose several of them")
    marks = param.List([], doc="the numbers of the rows that are chosen so")

    _esm = script("table")
    _stylesheets: ClassVar[list[str]] = [CSS, style("table")]


def table(
    heads: Sequence[Head | str],
    rows: Sequence[Sequence[Any]],
    *,
    label: str,
    selectable: bool = False,
    selected: int = -1,
    **options: Any,
) -> TableView:
    """A table of ``rows``; cells are texts or what :func:`cell` gives."""
    return TableView(
        label=label,
        heads=[(h if isinstance(h, Head) else Head(h)).plain() for h in heads],
        rows=plain_rows(rows),
        selectable=selectable,
        selected=selected,
        sizing_mode="stretch_width",
        margin=0,
        **options,
    )


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows as the browser takes them: every cell a text or a cell."""
    return [[c if isinstance(c, dict) else "" if c is None else str(c) for c in r] for r in rows]

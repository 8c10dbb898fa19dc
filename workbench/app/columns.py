"""Cards of a table's columns: name, part, small histogram, and the numbers that fit below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app.crossfilter import Histograms
from workbench.app.scripts import script, style
from workbench.app.theme import CSS
from workbench.core.dataset import Schema
from workbench.core.report import Report
from workbench.views import words


@dataclass(frozen=True)
class ColumnCard:
    """What a card shows."""

    name: str
    kind: str  # number or other
    role: str
    sub: str
    counts: Sequence[float]
    labels: Sequence[str] = ()
    warning: str = ""
    left: Sequence[int] | None = None  # rows that choices in other columns leave
    chosen: Sequence[int] = ()

    def plain(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "role": self.role,
            "sub": self.sub,
            "counts": list(self.counts),
            "labels": list(self.labels),
            "warning": self.warning,
            "left": None if self.left is None else [int(n) for n in self.left],
            "chosen": list(self.chosen),
        }


class ColumnCards(JSComponent):
    """The cards as buttons; ``selected`` names the chosen column, ``picked`` a bar."""

    items = param.List([])
    selected = param.String("")
    picked = param.Dict({}, doc="column and bar that were pressed, with a stamp")

    _esm = script("columns")
    _stylesheets: ClassVar[list[str]] = [
        CSS,
        style("columns"),
    ]


def cards(
    profile: Report,
    schema: Schema,
    histograms: Histograms,
    left: Mapping[str, Sequence[int]] | None = None,
    chosen: Mapping[str, Sequence[int]] | None = None,
) -> list[ColumnCard]:
    """A card for each column of a profile.

    Parameters
    ----------
    left, chosen
        The rows that a choice of bars leaves in each bar, and the chosen bars.
    """
    warnings = {
        f.subject: f.sentence for f in profile.findings if f.subject and f.severity != "info"
    }
    return [
        ColumnCard(
            name=name,
            kind="number" if histograms.kind(name) == "ranges" else "other",
            role=role if role != "feature" else "",
            sub=_sub(record),
            counts=histograms.counts.get(name, []),
            labels=histograms.labels.get(name, []),
            warning=warnings.get(name, ""),
            left=(left or {}).get(name),
            chosen=(chosen or {}).get(name, ()),
        )
        for record in profile["columns"].records()
        for name in [record["name"]]
        for role in [schema[name].role]
    ]


def _sub(record: Mapping[str, Any]) -> str:
    """The one line below the picture."""
    if record["mean"] is not None:
        span = f"{words.number(record['min'])} – {words.number(record['max'])}"
        return f"{span} · mean {words.number(record['mean'])}"
    if record["top"] is not None:
        share = f" {words.percent(record['top_share'])}" if record["top_share"] is not None else ""
        return f"{words.plural(record['distinct'] or 0, 'value')} · {record['top']}{share}"
    return words.plural(record["distinct"] or 0, "value")

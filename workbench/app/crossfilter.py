"""Cross-filter: a choice of bars in any column filters all others and the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app.scripts import script, style
from workbench.app.theme import CSS
from workbench.core.report import Report
from workbench.views import words


class Bars(JSComponent):
    """One column's bars as buttons; ``picked`` says which was pressed."""

    label = param.String("", doc="its name for screen readers")
    kind = param.Selector(default="ranges", objects=["ranges", "values"])
    items = param.List([], doc="label, count of all rows, count of those that are left")
    ends = param.List([], doc="what stands below the first and the last range")
    chosen = param.List([])
    picked = param.Dict({})

    _esm = script("bars")
    _stylesheets: ClassVar[list[str]] = [CSS, style("bars")]


class Chips(JSComponent):
    """What is chosen; ``released`` names the column whose choice was taken away, "" for all."""

    items = param.List([])
    released = param.String("")

    _esm = script("chips")
    _stylesheets: ClassVar[list[str]] = [CSS, style("chips")]


class Histograms:
    """A profile's bars by column, with their labels."""

    def __init__(self, profile: Report) -> None:
        self.counts: dict[str, list[int]] = {}
        self.labels: dict[str, list[str]] = {}
        self.ends: dict[str, list[str]] = {}
        for record in profile["histograms"].records():
            name = record["column"]
            self.counts.setdefault(name, []).append(record["count"] or 0)
            self.labels.setdefault(name, []).append(record["label"] or _span(record))
            if record["low"] is not None:
                first = self.ends.setdefault(name, [_end(record["low"]), ""])
                first[1] = _end(record["high"])

    def kind(self, name: str) -> str:
        """``ranges`` of numbers, dates and lengths, or ``values``."""
        return "ranges" if name in self.ends else "values"


class Choices:
    """Which bars are chosen; ``changed`` is called after each change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.chosen: dict[str, list[int]] = {}
        self.chips = Chips(sizing_mode="stretch_width", margin=0)
        self.chips.param.watch(self._released, "released")
        self._histograms: Histograms | None = None
        self._changed = changed

    def begin(self, histograms: Histograms) -> None:
        """Another profile: what is chosen stays where its columns have the same bars."""
        before = self._histograms.labels if self._histograms else {}
        same = {n for n, labels in histograms.labels.items() if before.get(n) == labels}
        self._histograms = histograms
        chosen = {name: bars for name, bars in self.chosen.items() if name in same}
        if self.chosen or chosen:
            self.chosen = chosen
            self._tell()

    def pick(self, column: str, bar: int) -> None:
        """Choose a bar, or let go of it."""
        if self._histograms is None or bar >= len(self._histograms.counts.get(column, ())):
            return
        now = set(self.chosen.get(column, ())) ^ {bar}
        self.chosen = {k: v for k, v in {**self.chosen, column: sorted(now)}.items() if v}
        self._tell()

    def _released(self, event: Any) -> None:
        name = event.new.rpartition("\n")[0]
        self.chosen = {k: v for k, v in self.chosen.items() if name and k != name}
        self._tell()

    def _tell(self) -> None:
        assert self._histograms is not None
        labels = self._histograms.labels
        self.chips.items = [
            {"name": name, "label": f"{name}: {_shown([labels[name][b] for b in bars])}"}
            for name, bars in self.chosen.items()
        ]
        self._changed()


def bar_items(
    histograms: Histograms, name: str, left: Sequence[int] | None
) -> list[dict[str, Any]]:
    """What :class:`Bars` draws of one column."""
    counts = histograms.counts.get(name, [])
    kept = counts if left is None else left
    return [
        {"label": label, "count": count, "left": int(rest)}
        for label, count, rest in zip(histograms.labels.get(name, ()), counts, kept, strict=True)
    ]


def _span(record: dict[str, Any]) -> str:
    return f"{_end(record['low'])} – {_end(record['high'])}"


def _end(value: Any) -> str:
    return value.removesuffix("T00:00:00") if isinstance(value, str) else words.number(value)


def _shown(labels: Sequence[str]) -> str:
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")

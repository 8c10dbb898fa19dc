"""Cross-filter: a choice of bars in any column filters all others and the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from workbench.app.scripts import script, style
from workbench.app.theme import CSS
from workbench.views.columns import Histograms, chips, released, toggled


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
        self.chosen = toggled(self.chosen, column, bar)
        self._tell()

    def _released(self, event: Any) -> None:
        self.chosen = released(self.chosen, event.new)
        self._tell()

    def _tell(self) -> None:
        assert self._histograms is not None
        self.chips.items = chips(self._histograms, self.chosen)
        self._changed()

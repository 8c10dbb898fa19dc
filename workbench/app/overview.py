"""All explained rows in one picture: a beeswarm, a heat map, or ways from base to output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.rows import decision, heatmap
from workbench.app.charts.swarm import beeswarm
from workbench.app.work import Slot
from workbench.views.reading import Effect

SWARM, HEAT, PATHS = "Beeswarm", "Heat map", "Decision paths"
SAYS = {
    SWARM: "A dot is a row; colour is the column's value, grey has no order.",
    HEAT: "A stripe is a row, rows with like contributions beside each other: blue pulls down, red"
    " pushes up.",
    PATHS: "A line is a row: its output as columns are added, upwards to the most important.",
}


class OverviewCard:
    """Three pictures of the same contributions.

    Parameters
    ----------
    lines
        The rows of table ``values`` for one class.
    order
        Rows with like contributions beside each other; empty where the report has none.
    """

    def __init__(
        self,
        effects: Sequence[Effect],
        lines: Sequence[tuple[Any, ...]],
        order: Sequence[Any],
        axis: str,
        toward: str,
    ) -> None:
        self.effects, self.lines, self.order = effects, lines, order
        self.axis, self.toward = axis, toward
        self.place = Slot(400)
        ways = [SWARM, *([HEAT] if order else []), PATHS]
        self.way = pmui.RadioButtonGroup(
            label="", options=ways, value=SWARM, size="small", margin=(2, 0), width=112 * len(ways)
        )
        self.way.param.watch(lambda _: self._show(), "value")
        self._show()
        self.view = ui.card("Effects of the columns", self.way, self.place.view)

    def _show(self) -> None:
        way = self.way.value
        rows = [line[0] for line in self.lines]
        if way == SWARM:
            drawn, label = beeswarm(self.effects, rows, self.axis), "Beeswarm of contributions"
        elif way == HEAT:
            drawn = heatmap(self.effects, rows, self.order, self.axis)
            label = "Heat map of contributions"
        else:
            outputs = [line[3] for line in self.lines]
            axis = self.axis.replace("Contribution", "Output")
            drawn = decision(self.effects, rows, self.lines[0][2], outputs, axis)
            label = "Decision paths from base to output"
        toward = self.toward if way == SWARM else ""
        self.place.show(ui.text(SAYS[way] + toward, "small"), ui.figure(drawn, label))

"""Two columns at once: the mean prediction over the plane of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.heat import surface
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run

WHOLE, TOGETHER = "Mean prediction", "Of both together"
KEYS = {WHOLE: "effect", TOGETHER: "together"}
SAYS = {
    WHOLE: "The mean prediction if every row had these two values; paler where no row is near.",
    TOGETHER: "What is left once the effect of each column alone is taken away; paler where no row"
    " is near.",
}


class PairCard:
    """The partial dependence of two columns, asked for by a press; for every model."""

    def __init__(self, visit: Visit, run: Run, columns: Sequence[str], of_class: Any) -> None:
        self.visit, self.run, self.of_class = visit, run, of_class
        self.narrow = bool(visit.link.narrow)
        self.report: Report | None = None
        self.place, self.picture = Slot(80), Slot(340)
        second = columns[1] if len(columns) > 1 else columns[0]
        self.column = ui.select("Column", columns, columns[0], max_width=240, searchable=True)
        self.other = ui.select("With", columns, second, max_width=240, searchable=True)
        self.way = pmui.RadioButtonGroup(
            label="", options=[WHOLE, TOGETHER], value=WHOLE, size="small", margin=(4, 0), width=320
        )
        self.way.param.watch(lambda _: self._show(), "value")
        go = ui.button("Ask the model", self._ask, icon="grid_on", size="small")
        self.view = ui.card(
            "Two columns",
            ui.row(self.column, self.other, go, gap=12),
            self.place.view,
            sub="Partial dependence of a pair, and how much of it is of both together (Friedman's"
            " H)",
        )

    def _ask(self) -> None:
        column, other = self.column.value, self.other.value
        if column == other:
            self.visit.say("Choose two columns.", "warning")
            return
        self.place.fill(
            lambda: self.run.pair(column, other),
            self._draw,
            f"Asking the model about {column} and {other}",
        )

    def _draw(self, report: Report) -> Any:
        self.report = report
        self._show()
        notes = [ui.findings(report.findings)] if report.findings else []
        return ui.column(
            ui.text(report.sentence, "lead"), self.way, self.picture.view, *notes, gap=8
        )

    def _show(self) -> None:
        if self.report is None:
            return
        unit = "probability" if self.of_class is not None else "predicted value"
        drawn = surface(self.report, self.of_class, KEYS[self.way.value], unit, self.narrow)
        label = f"{self.way.value} over {' and '.join(self.report.facts['columns'])}"
        self.picture.show(ui.text(SAYS[self.way.value], "small"), ui.figure(drawn, label))

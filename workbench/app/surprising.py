"""The rows that a run was surest about and wrong; a press takes one to the what-if card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.app import ui
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

ROWS = 20
COLUMNS = 5  # of the data set


class SurpriseCard:
    """A table of surprising rows, made when it is asked for.

    Parameters
    ----------
    columns
        Those of the data set that are shown first, the most important of the model.
    take
        Called with a row's values by column, and its number.
    """

    def __init__(
        self, run: Run, columns: list[str], take: Callable[[Mapping[str, Any], int], None]
    ) -> None:
        self.run, self.columns, self.take = run, columns, take
        self.report: Report | None = None
        self.place = Slot(120)
        self.place.show(
            ui.empty(
                "On which rows was the model most wrong?",
                "The greatest losses first: wrong labels, rare cases, what the columns do not say.",
                ui.button("Show them", self.show, icon="priority_high"),
            )
        )
        self.view = ui.card(
            "Most surprising rows",
            self.place.view,
            sub="Test rows with the greatest losses; a press takes one to “What if”",
        )

    def show(self) -> None:
        """Look for them."""
        self.place.fill(lambda: self.run.surprises(ROWS), self._draw, "Looking at the rows")

    def _draw(self, report: Report) -> Any:
        self.report = report
        parts: list[Any] = [
            ui.banner(report.sentence, "plain", " ".join(f.sentence for f in report.findings))
        ]
        if len(report["surprises"]):
            self.table = _table(report, self.columns)
            self.table.param.watch(self._picked, "selected")
            parts.append(self.table)
        return ui.column(*parts, gap=12)

    def _picked(self, event: Any) -> None:
        if self.report is None or not 0 <= event.new < len(self.report["data"].rows):
            return
        number, *cells = self.report["data"].rows[event.new]
        self.take(dict(zip(self.report["data"].columns[1:], cells, strict=True)), number)


def _table(report: Report, first: list[str]) -> ui.TableView:
    classes = bool(report.facts["classes"])
    names = list(report["data"].columns[1:])
    shown = [n for n in first if n in names][:COLUMNS]
    heads = [
        ui.Head("row", "Row", align="right"),
        ui.Head("truth", "Truth", align="left" if classes else "right"),
        ui.Head("said", "The model said", align="left" if classes else "right"),
        *(ui.Head(f"c{k}", name) for k, name in enumerate(shown)),
    ]
    rows = [
        [
            words.count(one["row"]),
            words.cell(one["truth"]),
            ui.cell(str(one["predicted"]), quiet=f"{words.percent(one['given'])} for the truth")
            if classes
            else words.cell(one["predicted"]),
            *(words.cell(cells[1 + names.index(name)]) for name in shown),
        ]
        for one, cells in zip(report["surprises"].records(), report["data"].rows, strict=True)
    ]
    return ui.table(heads, rows, label="Rows that surprised the model most", selectable=True)

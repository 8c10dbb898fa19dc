"""The model as a small tree, and the training rows most like one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.app import ui
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

FIXED = 4  # row, distance, outcome, predicted; the columns of the data follow by place
COLUMNS = 8


class TreeCard:
    """A surrogate tree as rules, fitted when it is asked for."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.place = Slot(80)
        self.depth = ui.select("Questions", [2, 3, 4, 5], 3, max_width=120)
        go = ui.button("Draw", self._draw_tree, icon="account_tree", size="small")
        self.view = ui.card(
            "The model as a small tree",
            self.place.view,
            sub="A few questions that lead to nearly the same answers, and how nearly",
            actions=[self.depth, go],
        )
        self.place.fill(lambda: run.report("surrogate"), self._kept, "Reading the tree")

    def _draw_tree(self) -> None:
        depth = int(self.depth.value)
        self.place.fill(lambda: self.run.surrogate(depth), self._draw, "Fitting a tree")

    def _kept(self, report: Report | None) -> Any:
        if report is None:
            return ui.text("Not fitted yet.", "quiet")
        return self._draw(report)

    def _draw(self, report: Report) -> Any:
        heads = [
            ui.Head("where", "Where", wrap=True),
            ui.Head("says", "The tree says"),
            ui.Head("share", "Rows", align="right"),
        ]
        rows = [
            [r["where"], words.cell(r["says"]), words.percent(r["share"])]
            for r in report["rules"].records()
        ]
        notes = [ui.findings(report.findings)] if report.findings else []
        table = ui.table(heads, ui.plain_rows(rows), label="Rules of the tree")
        return ui.column(ui.text(report.sentence, "lead"), table, *notes, gap=8)


class NearestCard:
    """The training rows most like the row that is looked at, when they are asked for."""

    def __init__(self, run: Run, values: Callable[[], Mapping[str, Any]]) -> None:
        self.run, self.values = run, values
        self.place = Slot(80)
        go = ui.button("Find", self._find, icon="group", size="small")
        self.view = ui.card(
            "Similar rows",
            self.place.view,
            sub="The training rows nearest to this one in the columns of the data, and what came",
            actions=[go],
        )

    def clear(self) -> None:
        """Another row is looked at."""
        self.place.show()

    def _find(self) -> None:
        values = dict(self.values())
        self.place.fill(lambda: self.run.neighbours(values), self._draw, "Comparing rows")

    def _draw(self, report: Report) -> Any:
        table = report["nearest"]
        columns = table.columns[FIXED : FIXED + COLUMNS]
        heads = [
            ui.Head("row", "Row", align="right"),
            ui.Head("outcome", "Outcome"),
            ui.Head("distance", "Distance", align="right"),
            *(ui.Head(f"c{n}", name[:40]) for n, name in enumerate(columns)),
        ]
        rows = [
            [
                r[0],
                words.cell(r[2]),
                words.number(r[1]),
                *map(words.cell, r[FIXED : FIXED + COLUMNS]),
            ]
            for r in table.rows
        ]
        shown = ui.table(heads, ui.plain_rows(rows), label="Similar training rows")
        return ui.column(ui.text(report.sentence, "lead"), shown, gap=8)

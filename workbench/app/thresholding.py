"""The threshold of a compared run: chosen by costs, recall, precision or F1, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts import cells
from workbench.app.runs import title
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.progress import silent
from workbench.core.report import Report, Table
from workbench.objects import Run
from workbench.views import words

WAYS = {
    "costs of wrong decisions": "cost",
    "a recall to reach": "recall",
    "a precision to reach": "precision",
    "the highest F1": "f1",
    "recall plus specificity": "youden",
}


class Threshold:
    """A card that chooses on the validation rows and shows the test rows."""

    def __init__(self, visit: Visit, runs: Sequence[Run]) -> None:
        self.visit = visit
        self.runs = {run.id: run for run in runs}
        self.run = ui.select("Run", {title(r): r.id for r in runs}, runs[0].id, max_width=240)
        self.way = ui.select("Choose by", WAYS, "cost", max_width=260)
        self.miss = _number("Cost of a miss", 5.0)
        self.alarm = _number("Cost of a false alarm", 1.0)
        self.share = _number("At least", 0.9, visible=False)
        self.way.param.watch(self._asked, "value")
        self.place = Slot(120)
        self.place.show(
            ui.empty(
                "From which probability on is a row called positive?",
                "The validation rows choose, the test rows show what comes of it. The run stays as"
                " it is; one more can be made that decides so.",
            )
        )
        self.view = ui.card(
            "Threshold",
            ui.row(
                self.run, self.way, self.miss, self.alarm, self.share,
                ui.button("Choose", self._choose, icon="tune"),
            ),
            self.place.view,
            sub="Chosen on validation rows by what wrong decisions cost",
        )  # fmt: skip

    def _asked(self, event: Any) -> None:
        self.miss.visible = self.alarm.visible = event.new == "cost"
        self.share.visible = event.new in ("recall", "precision")

    def _choose(self) -> None:
        run, way = self.runs[self.run.value], str(self.way.value)
        costs = {"fn": self.miss.value, "fp": self.alarm.value} if way == "cost" else None
        at = self.share.value if way in ("recall", "precision") else None
        self.place.fill(lambda: run.threshold(way, at, costs=costs), self._draw, "Choosing")

    def _draw(self, report: Report) -> Any:
        made = Slot(40)
        make = ui.button(
            "Make a run that decides so", partial(self._make, report, made), icon="call_split"
        )
        parts: list[Any] = [ui.banner(report.sentence, "good"), _figures(report)]
        if report.findings:
            parts.append(ui.findings(report.findings))
        drawn = []
        for which, name in (("default", "The model's own"), ("chosen", "Chosen")):
            value = words.number(report.facts["default" if which == "default" else "threshold"])
            body, styles = cells.confusion(_confusion(report["confusion"], which))
            said = ui.text(f"{name}: {value}", "quiet")
            drawn.append((ui.column(said, ui.markup(body, styles)), 6))
        return ui.column(*parts, ui.grid(*drawn), ui.row(make), made.view, gap=12)

    def _make(self, report: Report, place: Slot) -> None:
        run = self.runs[report.subject]
        place.fill(
            lambda: run.deciding(report, progress=silent), self._made, "Judging the decisions"
        )

    def _made(self, run: Run) -> Any:
        said = (
            f"{title(run)} is the same model with this threshold: export and serve it as any run."
        )
        opens = ui.button("Open it", partial(self.visit.go, "compare", runs=run.id), variant="text")
        return ui.row(ui.banner(said, "good"), opens, gap=12)


def _number(label: str, value: float, **options: Any) -> pmui.FloatInput:
    return pmui.FloatInput(
        label=label, value=value, start=0, step=0.05 if value < 1 else 1.0, size="small", width=150,
        margin=(4, 0), **options,
    )  # fmt: skip


def _confusion(table: Table, which: str) -> Table:
    """The cells of one of the two thresholds, as an evaluation has them."""
    kept = tuple(row[1:] for row in table.rows if row[0] == which)
    return Table("confusion", table.columns[1:], kept)


def _figures(report: Report) -> ui.TableView:
    heads = [
        ui.Head("what", "On the test rows"),
        ui.Head("default", "The model's own", align="right"),
        ui.Head("chosen", "Chosen", align="right"),
        ui.Head("difference", "Difference", align="right"),
    ]
    rows = [
        [
            r["title"],
            words.number(r["default"]),
            ui.cell(
                words.number(r["chosen"]), quiet=words.interval(r["chosen_low"], r["chosen_high"])
            ),
            ui.cell(
                words.number(r["difference"]),
                quiet=words.interval(r["difference_low"], r["difference_high"]),
            ),
        ]
        for r in report["figures"].records()
    ]
    return ui.table(heads, rows, label="Figures at the chosen threshold")

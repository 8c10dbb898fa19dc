"""Columns that act together: a heat map of pairs, and one pair row by row."""

from __future__ import annotations

from typing import Any

from workbench.app import ui
from workbench.app.charts.dependence import dependence
from workbench.app.charts.heat import pairs
from workbench.app.jobpanel import JobPanel
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.views.reading import Effect

SHOWN = 12  # columns


class InteractionCard:
    """The pairs of one run's columns; they are a job of their own, for models of trees."""

    def __init__(self, visit: Visit) -> None:
        self.run: Run | None = None
        self.of_class: Any = None
        self.axis = ""
        self.narrow = bool(visit.link.narrow)
        self.place = Slot(80)
        self.pair = Slot(300)
        self.job = JobPanel(visit, lambda _: self._read())
        self.go = ui.button("Find pairs", self._start, icon="hub", size="small")
        self.view = ui.card(
            "Columns that act together",
            self.job.view,
            self.place.view,
            sub="What two columns do beyond what each does alone (SHAP interaction values)",
            actions=[self.go],
        )

    def about(self, run: Run, of_class: Any, axis: str, kept: Report | None) -> None:
        """Show the pairs that are kept with a run, for one class."""
        again = self.run is None or self.run.id != run.id
        self.run, self.of_class, self.axis = run, of_class, axis
        self.place.show(self._draw(kept))
        if again:
            self.job.rejoin("interactions", run=run.id)

    def pause(self) -> None:
        """Stop looking at the job; it goes on."""
        self.job.pause()

    def _start(self) -> None:
        if self.run is not None and not self.job.active:
            self.job.start("interactions", run=self.run.id)

    def _read(self) -> None:
        run = self.run
        if run is not None:
            self.place.fill(lambda: run.report("interactions"), self._draw, "Reading the pairs")

    def _draw(self, report: Report | None) -> Any:
        if report is None:
            return ui.text(
                "Not looked for yet. Find pairs follows every two columns through the trees of up"
                " to 500 test rows.",
                "quiet",
            )
        parts: list[Any] = [ui.text(report.sentence, "lead")]
        found = [r for r in report["pairs"].records() if r["class"] == self.of_class]
        if found:
            heat = pairs(found, SHOWN, f"mean size ({report.facts['space']})", self.narrow)
            parts.append(
                ui.grid(
                    (ui.figure(heat, "How much pairs of columns do together"), 6),
                    (self._pairs(report), 6),
                )
            )
        if report.findings:
            parts.append(ui.findings(report.findings))
        parts.append(ui.text(f"Computed {words.ago(report.created)}", "small"))
        return ui.column(*parts, gap=8)

    def _pairs(self, report: Report) -> Any:
        """One pair after another: a dot is a row."""
        points: dict[str, list[dict[str, Any]]] = {}
        for r in report["points"].records():
            if r["class"] == self.of_class:
                points.setdefault(f"{r['column']} with {r['other']}", []).append(r)
        choice = ui.select("Pair", list(points), next(iter(points)), max_width=360)
        choice.param.watch(lambda e: self._show(points[e.new]), "value")
        self._show(points[choice.value])
        return ui.column(choice, self.pair.view, gap=4)

    def _show(self, rows: list[dict[str, Any]]) -> None:
        column, other = rows[0]["column"], rows[0]["other"]
        effects = [r["effect"] for r in rows]
        effect = Effect(column, effects, [r["value"] for r in rows])
        shade = Effect(other, effects, [r["other_value"] for r in rows])
        axis = self.axis.replace("Contribution", "Done together")
        drawn = dependence(effect, shade, axis, self.narrow)
        self.pair.show(
            ui.figure(drawn, f"What {column} and {other} do together"),
            ui.text(f"A dot is a row. Colour: {other}, {_order(rows)}", "small"),
        )


def _order(rows: list[dict[str, Any]]) -> str:
    named = any(isinstance(r["other_value"], str) for r in rows)
    return "its values by their mean effect here" if named else "low to high"

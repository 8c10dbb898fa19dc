"""Explain: which columns move the predictions of a run, overall and for one row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.charts.bars import importance
from workbench.app.charts.swarm import Waterfall
from workbench.app.cohorts import CohortCard
from workbench.app.effects import ColumnCard
from workbench.app.interacting import InteractionCard
from workbench.app.jobpanel import JobPanel
from workbench.app.likeness import NearestCard, TreeCard
from workbench.app.lining import LimeCard
from workbench.app.overview import OverviewCard
from workbench.app.page import Page
from workbench.app.pairing import PairCard
from workbench.app.runs import RunPicker
from workbench.app.surprising import SurpriseCard
from workbench.app.trust import TrustCard
from workbench.app.whatif import WhatIfCard
from workbench.app.work import Slot, in_background
from workbench.core.errors import WorkbenchError
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.views.reading import SPACES, Reading
from workbench.workspace import Workspace

ALL, ONE, GROUPS, TRUST = "All rows", "One row", "Where it differs", "How far to trust it"
PARTS = {"all": ALL, "one": ONE, "groups": GROUPS, "trust": TRUST}  # in the address, on the page
SIZES = {"200 rows": 200, "500 rows": 500, "1,000 rows": 1000, "2,000 rows": 2000}


class ExplainModel(param.Parameterized):
    """The chosen run and how many of its rows are explained."""

    run = param.String("")
    rows = param.Integer(500)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.pairs: Report | None = None

    def kept(self) -> Report | None:
        """The explanation kept with the run, if there is one; blocks."""
        self.whole = self.workspace.runs[self.run]  # lists of runs come without signatures
        self.pairs = self.whole.report("interactions")
        return self.whole.report("explanation")

    def partners(self, of_class: Any) -> dict[str, str]:
        """For each column the one that acts with it most, where that was computed."""
        found: dict[str, str] = {}
        for r in self.pairs["pairs"].records() if self.pairs is not None else ():
            if r["class"] == of_class:
                found.setdefault(r["column"], r["other"])
                found.setdefault(r["other"], r["column"])
        return found


def exactness(facts: Mapping[str, Any]) -> str:
    """How well the contributions add up, in words."""
    error = facts["additivity_error"]
    unit = SPACES.get(str(facts["space"]), str(facts["space"]))
    if error is None:
        return "Whether the contributions add up was not checked."
    size = "exactly, up to rounding" if error < 1e-6 else f"to within {words.number(error)} {unit}"
    return f"Base and contributions add up to the model's output {size}."


class ExplainPage(Page):
    """All rows, one row, groups of rows, and how far to trust it: a part at a time.

    A part is drawn when it is first looked at, and only hidden afterwards: what was computed in it
    stays.
    """

    def build(self) -> Any:
        self.model = ExplainModel(self.workspace)
        self.slot = Slot(420, carded=True)
        self.picker = RunPicker(self.visit, self._chosen, self.slot.show)
        self.job = JobPanel(
            self.visit,
            lambda _: self._read(),
            over=self._read,
            cancelled="Cancelled; the rows so far are kept, unless more were kept before.",
        )
        self.trust = TrustCard(self.visit)
        self.together = InteractionCard(self.visit)
        self.rows = ui.select("Test rows", SIZES, 500, max_width=150)
        self.rows.link(self.model, value="rows")
        self.parts: dict[str, Any] = {}
        self.part = pmui.RadioButtonGroup(
            label="",
            options=list(PARTS.values()),
            value=PARTS.get(self.visit.address.get("part", ""), ALL),
            size="small",
            margin=(2, 8),
            **({} if self.visit.link.narrow else {"width": 580}),
        )
        self.part.param.watch(lambda _: self._turn(), "value")
        self.go = ui.button("Explain", self._start, icon="insights", variant="contained")
        self.save = ui.button("Save charts", self._save, icon="save_alt")
        return ui.column(
            ui.header(
                "Explain", "Which columns moved the predictions, in the columns of the data set."
            ),
            self.picker.beside(self.rows, self.go, self.save, below=self.job.view),
            self.slot.view,
        )

    def arrive(self) -> None:
        self.part.value = PARTS.get(self.visit.address.get("part") or "", self.part.value)
        if not self.slot.filled:
            self.slot.show(ui.card("", ui.loading("Reading the runs")))
        self.picker.read()

    def leave(self) -> None:
        self.job.pause()
        self.trust.pause()
        self.together.pause()

    def _chosen(self, run: Run) -> None:
        self.model.run = run.id
        self._read()
        self.job.rejoin("explain", run=run.id)

    def _read(self) -> None:
        self.slot.fill(self.model.kept, self._draw, "Reading the explanation")

    def _start(self) -> None:
        if self.model.run and not self.job.active:
            self.job.start("explain", run=self.model.run, rows=self.model.rows)

    def _save(self) -> None:
        """Charts and tables of all reports of the run, as files in the workspace."""
        if not self.model.run:
            return
        self.save.disabled = True
        self.visit.say("Drawing the charts …")
        run = self.model.run

        def write() -> list[Path]:
            return self.workspace.runs[run].write_charts()

        in_background(write, self._saved, self._not_saved)

    def _saved(self, files: list[Path]) -> None:
        self.save.disabled = False
        where = files[0].parent.relative_to(self.workspace.root) if files else ""
        self.visit.say(f"{words.plural(len(files), 'file')} in {where}", "success")

    def _not_saved(self, error: WorkbenchError) -> None:
        self.save.disabled = False
        self.visit.complain(error)

    # what came out -------------------------------------------------------------------------

    def _draw(self, report: Report | None) -> Any:
        if report is None:
            return ui.card(
                "",
                ui.empty(
                    "This run is not explained yet.",
                    "Explain computes SHAP values of its test rows as a job and keeps them"
                    " with the run.",
                ),
            )
        self.report = report
        classes = list(dict.fromkeys(report["values"].column("class")))
        self.parts.clear()
        self.below = ui.column()
        tone = "warn" if report.facts.get("cancelled") else "plain"
        parts: list[Any] = [ui.column(ui.banner(report.sentence, tone, self._facts()), margin=8)]
        if len(classes) > 1:
            choice = ui.select("Class", [str(c) for c in classes], max_width=260)
            choice.param.watch(
                lambda e: self._draw_class(next(c for c in classes if str(c) == e.new)), "value"
            )
            parts.append(ui.row(choice, margin=(0, 8)))
        self._draw_class(classes[0])
        self.trust.about(self.model.whole)
        return ui.column(*parts, self.part, self.below)

    def _facts(self) -> str:
        facts = self.report.facts
        short = ""
        if facts.get("cancelled"):
            short = f"cancelled after {facts['rows']:,} of {facts['rows_asked']:,} rows · "
        return (
            f"{short}{facts['method']} · {words.plural(facts['rows_shown'], 'test row')} · "
            f"{exactness(facts).rstrip('.')} · computed {words.ago(self.report.created)}"
        )

    def _draw_class(self, of_class: Any) -> None:
        self.of_class = of_class
        self.reading = Reading(self.report, of_class)
        self.unit = SPACES.get(str(self.report.facts["space"]), str(self.report.facts["space"]))
        self.axis = f"Contribution ({self.unit})"
        self.effects = self.reading.effects()
        self.order = [effect.name for effect in self.effects]
        self.together.about(self.model.whole, of_class, self.axis, self.model.pairs)
        self.parts.clear()
        self.below.clear()
        self._turn()

    def _turn(self) -> None:
        """Show the chosen part alone; draw it if nobody has looked at it."""
        name = self.part.value
        self.visit.note(part=next(k for k, v in PARTS.items() if v == name))
        self._drawn(name)
        for title, part in self.parts.items():
            part.visible = title == name

    def _drawn(self, name: str) -> None:
        if name in self.parts:
            return
        draw = {ALL: self._all, ONE: self._one, GROUPS: self._groups, TRUST: self._trust}[name]
        self.parts[name] = ui.column(*draw())
        self.below.append(self.parts[name])

    def _all(self) -> list[Any]:
        run, of_class = self.model.whole, self.of_class
        toward = f" Right pushes toward {of_class}." if of_class is not None else ""
        shown = OverviewCard(
            self.effects, self.reading.lines, self.reading.order, self.axis, toward
        )
        sizes = ui.card(
            "Importance",
            ui.figure(importance(self.report["importance"], 12), "Mean size of contributions"),
            sub=f"Mean size of the contribution, {self.unit}",
        )
        found = list(self.report.findings)
        notes = [ui.card("Worth knowing", ui.findings(found))] if found else []
        partners = self.model.partners(of_class)
        return [
            ui.grid((shown.view, 8), (ui.column(sizes, *notes), 4)),
            ColumnCard(self.visit, run, self.effects, of_class, self.axis, partners).view,
            self.together.view,
            PairCard(self.visit, run, self.order, of_class).view,
        ]

    def _one(self) -> list[Any]:
        run, of_class = self.model.whole, self.of_class
        self.what_if = WhatIfCard(self.visit, run, self.order, of_class, self.axis)
        self.nearest = NearestCard(run, self.what_if.values)
        return [
            self._one_row(self.axis, of_class),
            self.what_if.view,
            self.nearest.view,
            LimeCard(run, self.what_if.values, of_class).view,
        ]

    def _groups(self) -> list[Any]:
        run = self.model.whole
        return [
            CohortCard(run, self.order, self.of_class, self.visit.say).view,
            SurpriseCard(run, self.order, self._take).view,
        ]

    def _trust(self) -> list[Any]:
        return [self.trust.view, TreeCard(self.model.whole).view]

    def _take(self, values: Mapping[str, Any], row: int) -> None:
        self.part.value = ONE
        self.nearest.clear()
        self.what_if.take(values)
        self.visit.say(f"Row {row:,} is in “What if” now")

    # one row -------------------------------------------------------------------------------

    def _one_row(self, axis: str, of_class: Any) -> Any:
        lines = self.reading.lines
        self.fall = Waterfall(axis, bool(self.visit.link.narrow))
        self.said = ui.text("", "lead")
        self.values = ui.table(
            [
                ui.Head("c", "Column"),
                ui.Head("v", "Value", align="right"),
                ui.Head("s", "Contribution", align="right"),
            ],
            [],
            label="Contributions of this row",
        )
        choice = ui.select(
            "Row",
            {self._row_title(line, of_class): i for i, line in enumerate(lines)},
            0,
            max_width=380,
            searchable=len(lines) > 20,
        )
        choice.param.watch(lambda e: self._show(e.new, of_class), "value")
        step = [
            ui.button("Previous", lambda: self._step(choice, -1), icon="chevron_left"),
            ui.button("Next", lambda: self._step(choice, 1), icon="chevron_right"),
        ]
        self._show(0, of_class)
        return ui.card(
            "Why this prediction",
            ui.row(choice, *step),
            self.said,
            ui.grid((ui.figure(self.fall.figure, "Waterfall of one row"), 8), (self.values, 4)),
            sub="From the average output to this row's, column by column",
        )

    @staticmethod
    def _step(choice: Any, by: int) -> None:
        choice.value = max(0, min(len(choice.options) - 1, (choice.value or 0) + by))

    @staticmethod
    def _row_title(line: tuple[Any, ...], of_class: Any) -> str:
        if of_class is None:
            return f"row {line[0]} · predicted {words.number(line[4])}"
        return f"row {line[0]} · {of_class} {words.percent(line[4])}"

    def _show(self, index: int | None, of_class: Any) -> None:
        if index is None:
            return
        line = self.reading.lines[index]
        parts = self.reading.parts(line)
        with ui.moving():
            self.fall.show(line[2], parts)
        self.nearest.clear()
        self.what_if.take({name: raw for name, _, raw in parts})
        what = (
            f"{words.percent(line[4])} for {of_class}"
            if of_class is not None
            else words.number(line[4])
        )
        self.said.object = (
            f'<p class="lead num">Row {ui.escape(line[0])}: {ui.escape(what)} '
            f'<span class="quiet small">base {words.number(line[2])} → output '
            f"{words.number(line[3])}</span></p>"
        )
        ordered = sorted(parts, key=lambda part: -abs(part[1]))[:14]
        self.values.rows = ui.plain_rows(
            [
                [name, words.number(raw) if raw is not None else "missing", signed(value)]
                for name, value, raw in ordered
            ]
        )


def signed(value: float) -> str:
    """A contribution with its sign."""
    return f"+{words.number(value)}" if value > 0 else words.number(value)

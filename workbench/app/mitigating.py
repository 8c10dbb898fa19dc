"""Mending a run: which methods are tried, what they cost, and which run becomes the champion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.tradeoff import tradeoff
from workbench.app.jobpanel import JobPanel
from workbench.app.runs import title
from workbench.app.visit import Visit
from workbench.app.work import Slot, in_background
from workbench.core.errors import UsageError
from workbench.core.mitigation import AIMS, METHODS
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

FIRST = ("reweighing", "thresholds")


class Mitigating:
    """Two cards of the Fairness page: methods to try, and the trade-off of all runs.

    ``changed`` is called when a run became the champion.
    """

    def __init__(self, visit: Visit, changed: Any) -> None:
        self.visit = visit
        self.changed = changed
        self.run = ""
        self.by: list[str] = []
        self.task = ""
        self.chosen = ""
        self.job = JobPanel(visit, self._done)
        self.methods = pmui.MultiChoice(
            label="Methods",
            options={name: key for key, name in METHODS.items()},
            value=list(FIRST),
            visual_size="small",
            sizing_mode="stretch_width",
            max_width=560,
            margin=(4, 0),
        )
        aims = {name.capitalize(): key for key, name in AIMS.items()}
        self.aim = ui.select("Aim", aims, "demographic_parity", max_width=240)
        self.aim.param.watch(lambda _: self._read(), "value")
        self.start = ui.button("Train mitigated runs", self._start, icon="balance")
        self.slot = Slot(300)
        self.dialog = self._confirm()
        note = "Each method trains this run's recipe once more, for the groups of all columns above"
        self.view = ui.column(
            ui.card(
                "Mitigate",
                ui.row(self.methods, self.aim, self.start, gap=12),
                self.job.view,
                sub=note,
            ),
            ui.card(
                "Trade-off",
                self.slot.view,
                sub="Every run of this data set and target on the same test rows ·"
                " click a point or a row to choose the champion",
            ),
            self.dialog,
        )

    def show(self, run: str, by: list[str], task: str) -> None:
        """Look at another run or other columns."""
        if (run, by, task) == (self.run, self.by, self.task):
            return  # another threshold changes no run
        self.run, self.by, self.task, self.chosen = run, by, task, ""
        self.aim.visible = task == "binary"
        self._read()
        self.job.rejoin("mitigate", run=run)

    def pause(self) -> None:
        """The page is left."""
        self.job.pause()

    def _start(self) -> None:
        if not self.methods.value:
            self.visit.say("Choose a method first")
        elif self.run and not self.job.active:
            asked = {"run": self.run, "by": self.by, "methods": list(self.methods.value)}
            self.job.start("mitigate", **asked, aim=self.aim.value)

    def _done(self, result: Mapping[str, Any]) -> None:
        self.visit.say(f"{words.plural(len(result['runs']), 'mitigated run')} trained", "success")
        for failed in result["failed"]:
            self.visit.say(f"{METHODS[failed['method']]}: {failed['reason']}", "warning")
        self._read()

    def _read(self) -> None:
        if self.run:
            self.slot.fill(self._traded, self._draw, "Holding the runs against each other")

    def _traded(self) -> tuple[Report, dict[str, Run]] | UsageError:
        """What there is to trade; with groups that are too small, the sentence that says so."""
        shelf = self.visit.workspace.runs
        try:
            report = shelf[self.run].tradeoff(self.by, aim=str(self.aim.value))
        except UsageError as error:
            return error
        return report, {name: shelf[name] for name in report["runs"].column("run")}

    # what came out ---------------------------------------------------------------------------

    def _draw(self, found: tuple[Report, dict[str, Run]] | UsageError) -> Any:
        if isinstance(found, UsageError):
            return ui.empty(found.sentence, found.hint)
        self.report, self.runs = found
        titles = {name: title(run) for name, run in self.runs.items()}
        drawn, self.sources = tradeoff(self.report, titles)
        for source in self.sources.values():
            source.selected.on_change("indices", partial(self._tapped, source))
        records = list(self.report["runs"].records())
        self.records = sorted(records, key=lambda r: r["gap"])
        self.table = ui.table(
            HEADS,
            [self._row(r) for r in self.records],
            label="Runs by gap",
            selectable=True,
        )
        self.table.param.watch(self._picked, "selected")
        self.said = ui.text(self._price(), "body")
        self.make = ui.button("Make it the champion", self._ask, icon="emoji_events", disabled=True)
        return ui.column(
            ui.row(ui.column(self.said, styles={"flex": "1 1 320px"}), self.make, gap=12),
            ui.grid((ui.figure(drawn, "Quality against the gap of each run"), 7), (self.table, 5)),
        )

    def _row(self, record: dict[str, Any]) -> list[Any]:
        run = self.runs[record["run"]]
        star = "★ " if "champion" in run.record.aliases else ""
        strength = record["strength"]
        notes = []
        if strength is not None and strength != 1:
            notes.append(f"strength {strength:g}")
        if record["method"] in ("thresholds", "exponentiated_gradient", "grid_search"):
            notes.append(AIMS[record["aim"]])
        if record["run"] == self.run:
            notes.append("this run")
        low, high = record["low"], record["high"]
        share = self.task != "regression"
        form = words.points if share else words.number
        return [
            ui.cell(f"{star}{title(run)}", quiet=" · ".join(notes)),
            words.number(record["quality"]),
            ui.cell(
                form(record["gap"]),
                quiet=f"{form(low)} to {form(high)}" if low is not None else "",
            ),
        ]

    def _price(self) -> str:
        sentence = self.report.sentence
        for name, run in self.runs.items():
            sentence = sentence.replace(f"{run.record.model} {name[:4]}", title(run).split(",")[0])
        return sentence

    def _tapped(self, source: Any, attr: str, old: Any, new: list[int]) -> None:
        if new:
            self._choose(str(source.data["run"][new[0]]))

    def _picked(self, event: Any) -> None:
        if 0 <= event.new < len(self.records):
            self._choose(self.records[event.new]["run"])

    def _choose(self, run: str) -> None:
        if run == self.chosen:
            return
        self.chosen = run
        place = next(k for k, r in enumerate(self.records) if r["run"] == run)
        self.table.selected = place
        for source in self.sources.values():
            names = list(source.data["run"])
            source.selected.indices = [names.index(run)] if run in names else []
        champion = "champion" in self.runs[run].record.aliases
        self.make.disabled = champion
        self.said.object = f"<p>{ui.escape(self._told(self.records[place], champion))}</p>"

    def _told(self, record: dict[str, Any], champion: bool) -> str:
        facts = self.report.facts
        first = next(r for r in self.records if r["run"] == self.run)
        form = words.points if self.task != "regression" else words.number
        told = (
            f"{title(self.runs[record['run']])}: {facts['metric_title']}"
            f" {words.number(record['quality'])}, gap in {facts['gap_title']} {form(record['gap'])}"
        )
        if record is not first:
            told += f"; this run has {words.number(first['quality'])} and {form(first['gap'])}"
        return f"{told}. {'It is the champion.' if champion else ''}".strip()

    # the champion ------------------------------------------------------------------------------

    def _confirm(self) -> Any:
        self.question = ui.text("", "body")
        sure = ui.button("Promote", self._promote, variant="contained", icon="emoji_events")
        body = ui.column(self.question, ui.row(sure), gap=12, margin=4)
        return pmui.Dialog(
            body, title="Promote to champion", width_option="sm", show_close_button=True
        )

    def _ask(self) -> None:
        if self.chosen:
            record = next(r for r in self.records if r["run"] == self.chosen)
            told = self._told(record, champion=False)
            more = " The champion's place goes to it; the audit log keeps who, when and why."
            self.question.object = f"<p>{ui.escape(told + more)}</p>"
            self.dialog.open = True

    def _promote(self) -> None:
        run = self.chosen
        record = next(r for r in self.records if r["run"] == run)
        note = f"Chosen by its trade-off: {self._told(record, champion=False)}"
        self.dialog.open = False
        promote = self.visit.workspace.promote
        in_background(lambda: promote(run, note=note), self._promoted, self.visit.complain)

    def _promoted(self, run: Run) -> None:
        self.visit.say(f"{title(run)} is the champion", "success")
        self._read()
        self.changed()


HEADS = (
    ui.Head("run", "Run", wrap=True),
    ui.Head("quality", "Quality", align="right"),
    ui.Head("gap", "Gap", align="right"),
)

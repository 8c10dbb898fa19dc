"""Monitor: whether what an endpoint is asked still looks like what its model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import param

from workbench.app import driftpage, ui
from workbench.app.charts import bars
from workbench.app.jobpanel import JobPanel
from workbench.app.page import Page
from workbench.app.work import Slot
from workbench.core.errors import WorkbenchError
from workbench.core.report import Report
from workbench.objects import Endpoint
from workbench.views import words
from workbench.workspace import Workspace

WINDOWS = {"all answers": 0, "the last 1,000": 1000, "the last 10,000": 10_000}


@dataclass(frozen=True)
class Watched:
    """An endpoint, how much it has answered, and the drift report kept for it."""

    endpoint: Endpoint
    answers: int
    report: Report | None
    page: bool  # whether Evidently's page is there


class MonitorModel(param.Parameterized):
    """The chosen endpoint and the window that is looked at."""

    endpoint = param.String("")
    last = param.Integer(0)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def choices(self) -> dict[str, str]:
        """The endpoints, running ones first; blocks."""
        found = sorted(self.workspace.endpoints.list(), key=lambda e: not e.record.alive)
        return {f"{e.name} · {e.record.state}": e.name for e in found}

    def watched(self) -> Watched:
        """The chosen endpoint; blocks."""
        endpoint = self.workspace.endpoints[self.endpoint]
        report = self._report(endpoint)
        page = (self.workspace.root / "cache" / "drift" / f"{endpoint.name}.html").is_file()
        return Watched(endpoint, len(endpoint.answers()), report, page)

    def _report(self, endpoint: Endpoint) -> Report | None:
        try:
            report = self.workspace.runs[endpoint.record.run_id].report("drift")
        except WorkbenchError:  # the run is not in this workspace: nothing was kept for it
            return None
        mine = report is not None and report.facts.get("endpoint") == endpoint.name
        return report if mine else None


class MonitorPage(Page):
    """The number of answers, drift by column, and Evidently's own page."""

    def build(self) -> Any:
        self.model = MonitorModel(self.workspace)
        self.slot = Slot(120, carded=True)
        self.result = Slot(360, carded=True)
        self.job = JobPanel(self.visit, self._done)
        self.picker = ui.select("Endpoint", {}, max_width=420)
        self.window = ui.select("Window", WINDOWS, 0, max_width=170)
        self.window.link(self.model, value="last")
        self.picker.param.watch(self._picked, "value")
        self.go = ui.button(
            "Check for drift", self._start, icon="troubleshoot", variant="contained"
        )
        self._filling = False
        return ui.column(
            ui.header("Monitor", "What endpoints are asked, against what they were trained on."),
            self.slot.view,
            self.result.view,
        )

    def arrive(self) -> None:
        self.slot.fill(self.model.choices, self._choices, "Looking at the endpoints")

    def leave(self) -> None:
        self.job.pause()

    def _choices(self, choices: dict[str, str]) -> Any:
        if not choices:
            self.result.show()
            return ui.card(
                "",
                ui.empty(
                    "There is no endpoint to watch yet.",
                    "Serve a bundle first: its answers are logged and can be watched here.",
                    ui.button("Go to Serve", lambda: self.visit.go("serve"), icon="rocket_launch"),
                ),
            )
        names = list(choices.values())
        wanted = self.visit.get("endpoint") or self.model.endpoint
        self._filling = True
        self.picker.param.update(options=choices, value=wanted if wanted in names else names[0])
        self._filling = False
        self._look(self.picker.value)
        return ui.card("", ui.row(self.picker, self.window, self.go), self.job.view)

    def _picked(self, event: Any) -> None:
        if event.new and not self._filling:
            self._look(event.new)

    def _look(self, name: str) -> None:
        self.model.endpoint = name
        self.visit.note(endpoint=name)
        self.result.fill(self.model.watched, self._draw, "Reading the prediction log")
        self.job.rejoin("watch", endpoint=name)

    def _start(self) -> None:
        if not self.job.active:
            self.job.start("watch", endpoint=self.model.endpoint, last=self.model.last or None)

    def _done(self, result: Mapping[str, Any]) -> None:
        self._look(self.model.endpoint)

    # what came out -------------------------------------------------------------------------

    def _draw(self, found: Watched) -> Any:
        facts = ui.facts(
            [
                ("Answers logged", words.count(found.answers)),
                ("State", found.endpoint.record.state),
                ("Model", found.endpoint.record.run_id[:8] or words.NOTHING),
                ("Last check", words.ago(found.report.created) if found.report else "never"),
            ]
        )
        if found.report is None:
            hint = (
                "Check for drift tests every column of the logged answers against the training"
                " data; at least 20 answers are needed."
            )
            return ui.card("", facts, ui.empty("This endpoint was not checked yet.", hint))
        return ui.column(
            ui.column(self._banner(found.report), margin=8),
            ui.card("", facts),
            *self._columns(found.report),
            *([driftpage.evidently(f"{found.endpoint.name}.html")] if found.page else []),
        )

    @staticmethod
    def _banner(report: Report) -> Any:
        tone = {"error": "bad", "warning": "warn"}.get(report.worst or "", "good")
        return ui.banner(report.sentence, tone, f"checked {words.ago(report.created)}")

    @staticmethod
    def _columns(report: Report) -> list[Any]:
        table = report["drift"]
        chart = ui.card(
            "Drift by column",
            ui.figure(bars.drift(table), "Drift of each column against its threshold"),
            sub="Right of the dotted line has drifted; amber did, teal did not",
        )
        notes = (
            [ui.card("Worth knowing", ui.findings(report.findings, 6))] if report.findings else []
        )
        table_card = ui.card("Columns", driftpage.columns(report))
        return [ui.grid((ui.column(chart, *notes), 6), (table_card, 6))]

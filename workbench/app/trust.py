"""How far an explanation can be trusted, in words, next to it."""

from __future__ import annotations

from typing import Any

from workbench.app import ui
from workbench.app.jobpanel import JobPanel
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

TONES = {"good": "good", "fair": "warn", "bad": "bad"}


class TrustCard:
    """The checks of one run's explanation; they are a job of their own."""

    def __init__(self, visit: Visit) -> None:
        self.run: Run | None = None
        self.place = Slot(80)
        self.job = JobPanel(visit, lambda _: self._read())
        self.go = ui.button("Check", self._start, icon="verified", size="small")
        self.view = ui.card(
            "Can this be trusted?",
            self.job.view,
            self.place.view,
            sub="Does it add up, stay, agree with other methods, and name what the model uses?",
            actions=[self.go],
        )

    def about(self, run: Run) -> None:
        """Show the checks that are kept with a run."""
        self.run = run
        self._read()
        self.job.rejoin("trust", run=run.id)

    def pause(self) -> None:
        """Stop looking at the job; it goes on."""
        self.job.pause()

    def _start(self) -> None:
        if self.run is not None and not self.job.active:
            self.job.start("trust", run=self.run.id)

    def _read(self) -> None:
        run = self.run
        if run is not None:
            self.place.fill(lambda: run.report("trust"), self._draw, "Reading the checks")

    def _draw(self, report: Report | None) -> Any:
        if report is None:
            return ui.text(
                "Not checked yet. Check explains sixty rows again against other training rows and"
                " by other methods.",
                "quiet",
            )
        heads = [
            ui.Head("check", "Check"),
            ui.Head("sentence", "What was seen", wrap=True),
        ]
        rows = [
            [
                ui.cell(
                    str(r["check"]).capitalize(),
                    quiet=r["verdict"],
                    tone=TONES.get(r["verdict"], ""),
                ),
                ui.cell(r["sentence"], quiet=r["advice"]),
            ]
            for r in report["checks"].records()
        ]
        when = ui.text(f"Checked {words.ago(report.created)}", "small")
        table = ui.table(heads, ui.plain_rows(rows), label="Checks of the explanation")
        return ui.column(ui.text(report.sentence, "lead"), table, when, gap=8)

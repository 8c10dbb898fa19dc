"""One run: how good it is, what was asked of it, doing it again, and how sure it is of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.certainty import Certainty
from workbench.app.jobpanel import JobPanel
from workbench.app.leaderboard import board, judged
from workbench.app.runs import title
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.recipe import ADOPTED
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

WAYS = (("Compare", "compare"), ("Explain", "explain"), ("Fairness", "fairness"))
ICONS = {"compare": "leaderboard", "explain": "insights", "fairness": "balance"}


class OneRun(pn.viewable.Viewer):
    """The cards of a run; ``added`` is called when there is one more run."""

    def __init__(self, visit: Visit, run: Run, added: Callable[[], None]) -> None:
        super().__init__()
        self.visit = visit
        self.run = run
        self.added = added
        self.numbers = Slot(90)
        self.came = ui.column(gap=8)
        self.code = JobPanel(visit, self._written)
        self.again = JobPanel(visit, self._reproduced)
        self.replace = pmui.Checkbox(
            label="Replace an earlier one", value=False, margin=(0, 0), size="small"
        )
        self.root = ui.column(*self._parts())

    def arrive(self) -> None:
        """Look at its jobs again."""
        self.code.rejoin("code", run=self.run.id)
        self.again.rejoin("reproduce", run=self.run.id)

    def leave(self) -> None:
        """Stop looking at its jobs; they go on."""
        self.code.pause()
        self.again.pause()

    def _parts(self) -> list[Any]:
        record = self.run.record
        done = record.state == "done"
        told = [
            ("Run", record.short),
            ("Data set", record.recipe.dataset),
            ("Target", record.recipe.target or words.NOTHING),
            ("Seed", record.recipe.seed),
            ("Trained", words.ago(record.started)),
            ("Training", words.duration(record.seconds)),
            ("Alias", ", ".join(record.aliases) or words.NOTHING),
        ]
        inside: list[Any] = [ui.facts(told, plain=True)]
        if record.reason:
            inside.append(ui.banner(record.reason, "bad"))
        params = ", ".join(f"{k} {v}" for k, v in record.recipe.params.items())
        inside.append(ui.text(f"Parameters: {params or 'the defaults'}", "small"))
        if not done:
            return [ui.card(title(self.run), *inside, sub=record.state)]
        self.numbers.fill(
            lambda: judged([self.run]),
            lambda found: board(found, most=7, dots=False, seconds=False),
            "Reading its evaluation",
        )
        return [
            ui.card(
                title(self.run),
                *inside,
                self.numbers.view,
                sub="On the test rows · 95% intervals below each value",
                actions=[self._way(*way) for way in WAYS],
            ),
            ui.grid((self._do(), 6), (Certainty(self.run).view, 6)),
        ]

    def _way(self, label: str, page: str) -> Any:
        about = {"runs" if page == "compare" else "run": self.run.id}
        return ui.button(
            label, lambda: self.visit.go(page, **about), icon=ICONS[page], size="small"
        )

    def _do(self) -> Any:
        if self.run.record.recipe.family == ADOPTED:
            said = "This model was made elsewhere: it cannot be trained again here."
            return ui.card("Take it along", ui.text(said, "quiet"))
        return ui.card(
            "Take it along",
            ui.row(
                ui.button("Write as a script", self._write, icon="code"),
                self.replace,
                ui.button("Reproduce", self._reproduce, icon="replay"),
            ),
            self.code.view,
            self.again.view,
            self.came,
            sub="A script trains the same model without Workbench · reproducing trains it once"
            " more here and compares to the last bit",
        )

    def _write(self) -> None:
        if not self.code.active:
            self.code.start("code", run=self.run.id, replace=bool(self.replace.value))

    def _written(self, result: Mapping[str, Any]) -> None:
        folder = str(result["folder"])
        copy = ui.button(
            "Copy", lambda: self.visit.copy(folder, "Path"), icon="content_copy", size="small"
        )
        self.came[:] = [ui.banner("The script is written.", "good"), ui.code(folder), ui.row(copy)]

    def _reproduce(self) -> None:
        if not self.again.active:
            self.again.start("reproduce", run=self.run.id)

    def _reproduced(self, result: Mapping[str, Any]) -> None:
        report = Report.from_dict(result["report"])
        made = str(result["run"])
        compare = ui.button(
            "Compare both",
            lambda: self.visit.go("compare", runs=f"{self.run.id},{made}"),
            icon="leaderboard",
            size="small",
        )
        tone = "good" if result["equal"] else "warn"
        self.came[:] = [ui.banner(report.sentence, tone), ui.row(compare)]
        if report.findings:
            self.came.insert(1, ui.findings(report.findings))
        self.added()

    def __panel__(self) -> Any:
        return self.root

"""Cross-validation of the compared runs: what their folds said, and a button that asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts import curves
from workbench.app.jobpanel import JobPanel
from workbench.app.runs import spoken, title
from workbench.app.theme import colour
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.recipe import ADOPTED
from workbench.core.report import Report
from workbench.objects import Run
from workbench.training.family import families, space
from workbench.views import words

SCHEMES = {
    "as the split asks": "",
    "stratified": "stratified",
    "random": "random",
    "by content": "content",
}
FOLDS = {"3 folds": 3, "5 folds": 5, "10 folds": 10}
REPEATS = {"once": 1, "twice": 2, "5 times": 5, "10 times": 10}
INNER = {"the run's parameters": 0, "best of 10 in each fold": 10, "best of 30 in each fold": 30}


class Validation:
    """A card with the folds of each run, and the job that makes them.

    Parameters
    ----------
    comparison
        Of the runs, where they are two or more: its tests of the folds are shown.
    again
        Called when new folds are there.
    """

    def __init__(
        self,
        visit: Visit,
        runs: Sequence[Run],
        comparison: Report | None,
        again: Callable[[], None],
    ) -> None:
        self.visit = visit
        self.runs = list(runs)
        self.comparison = comparison
        self.again = again
        self.folds = ui.select("Folds", FOLDS, 5, max_width=130)
        self.scheme = ui.select("Dealt", SCHEMES, "", max_width=190)
        self.repeats = ui.select("Dealt anew", REPEATS, 1, max_width=130)
        self.inner = ui.select("Parameters", INNER, 0, max_width=240)
        self.curve = pmui.Checkbox(label="Learning curve", margin=(8, 0))
        self.button = ui.button("Cross-validate", self._start, icon="replay")
        self.job = JobPanel(
            visit, self._done, cancelled="Cancelled; earlier folds are still there."
        )
        self.place = Slot(100)
        self.place.fill(self._read, self._draw, "Reading the folds")
        self.view = ui.card(
            "Cross-validation",
            self.place.view,
            ui.row(self.folds, self.repeats, self.scheme, self.inner, self.curve, self.button),
            self.job.view,
            sub="Each recipe on folds of the training and validation rows; the test rows stay out",
        )

    def _read(self) -> list[tuple[Run, Report]]:
        found = [(run, run.report("validation")) for run in self.runs]
        return [(run, report) for run, report in found if report is not None]

    def _draw(self, found: Sequence[tuple[Run, Report]]) -> Any:
        if not found:
            return ui.empty(
                "These runs were not cross-validated.",
                "One test part is one draw of rows. Folds say how much a recipe's score depends on"
                " the rows that it learns from and is judged by.",
            )
        parts: list[Any] = [_table(found)]
        sentence = self._verdict()
        if sentence:
            parts.insert(0, ui.banner(spoken(sentence, self.runs), "plain"))
        learned = [
            curves.Line(title(run), colour(self.runs.index(run)), report["learning"])
            for run, report in found
            if "learning" in report and len(report["learning"]) > 1
        ]
        if learned:
            metric = words.metric(found[0][1].facts["primary"])
            parts += [
                ui.text("Learning curve", "section"),
                ui.text(
                    "On held-out rows with 95% intervals, dotted on the rows that were learned"
                    " from · a line that still climbs asks for more rows",
                    "small",
                ),
                ui.figure(curves.learning(learned, metric), "Learning curve of each run"),
            ]
        told = [f for _, report in found for f in report.findings]
        if told:
            parts.append(ui.findings(told, 4))
        return ui.column(*parts, gap=12)

    def _verdict(self) -> str:
        """What the folds say of the two best, if they are the same folds."""
        if self.comparison is None:
            return ""
        order = self.comparison.facts["order"][:2]
        rows = [
            r
            for r in self.comparison["practical"].records()
            if [r["a"], r["b"]] == order and r["source"] == "folds"
        ]
        return str(rows[0]["sentence"]) if rows else ""

    def _start(self) -> None:
        ours = [r for r in self.runs if r.record.recipe.family != ADOPTED]
        if self.inner.value:  # who has nothing to search for is validated as it is another time
            able = [r for r in ours if _tunable(r)]
            out = [title(r) for r in ours if r not in able]
            if out:
                self.visit.say(f"Nothing to search for: {', '.join(out)}. Left out.", "warning")
            ours = able
        if not ours:
            return
        asked: dict[str, Any] = {"runs": [r.id for r in ours], "folds": self.folds.value}
        asked |= {"repeats": self.repeats.value, "inner": self.inner.value}
        asked |= {"curve": bool(self.curve.value)}
        if self.scheme.value:
            asked["scheme"] = self.scheme.value
        self.job.start("validate", **asked)

    def _done(self, result: Mapping[str, Any]) -> None:
        self.again()


def _tunable(run: Run) -> bool:
    """Whether the family of a run has parameters to search for."""
    signature = run.record.signature
    return signature is not None and bool(
        space(families.get(run.record.recipe.family), signature.task)
    )


def _table(found: Sequence[tuple[Run, Report]]) -> ui.TableView:
    heads = [
        ui.Head("run", "Run"),
        ui.Head("value", "Mean over folds", align="right"),
        ui.Head("spread", "Between folds", align="right"),
        ui.Head("pooled", "All held-out rows", align="right"),
    ]
    rows = []
    for run, report in found:
        facts = report.facts
        row = next(r for r in report["metrics"].records() if r["name"] == facts["primary"])
        how = f"{facts['models']} {facts['scheme']} folds · {words.metric(facts['primary'])}"
        rows.append(
            [
                ui.cell(title(run), quiet=how),
                ui.cell(words.number(row["value"]), quiet=words.interval(row["low"], row["high"])),
                words.number(row["spread"]),
                ui.cell(
                    words.number(row["pooled"]),
                    quiet=words.interval(row["pooled_low"], row["pooled_high"]),
                ),
            ]
        )
    return ui.table(heads, rows, label="Cross-validation of the runs")

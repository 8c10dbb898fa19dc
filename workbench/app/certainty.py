"""How sure a run is: intervals or sets that hold the truth as often as they promise."""

from __future__ import annotations

from typing import Any

from workbench.app import ui
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

PROMISES = {"80%": 0.2, "90%": 0.1, "95%": 0.05, "99%": 0.01}  # of the rows; what may be missed
ROWS = {"validation rows (valid)": "valid", "all folds (folds)": "folds"}
# the names in brackets are those that findings call them by
NUMBERS = {
    "as usual": "",
    "equal (absolute)": "absolute",
    "by difficulty (normalised)": "normalised",
}
CLASSES = {"as usual": "", "small (lac)": "lac", "never empty (aps)": "aps"}
SHOWN = 12  # groups


class Certainty:
    """A card of one run; it is calibrated when it is asked to."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.promise = ui.select("Holds the truth in", PROMISES, 0.1, max_width=150)
        self.on = ui.select("Calibrated on", ROWS, "valid", max_width=200)
        number = run.record.tags.get("task") == "regression"
        self.method = ui.select(
            "Intervals" if number else "Sets", NUMBERS if number else CLASSES, "", max_width=200
        )
        self.place = Slot(120)
        self.place.show(
            ui.text(
                "A prediction can carry its certainty: an interval of values, or the set of classes"
                " that are likely enough.",
                "quiet",
            )
        )
        self.view = ui.card(
            "How sure it is",
            ui.row(
                self.promise,
                self.on,
                self.method,
                ui.button("Calibrate", self._ask, icon="track_changes"),
            ),
            self.place.view,
            sub="Conformal prediction · how often it holds is counted on the test rows",
        )

    def _ask(self) -> None:
        alpha, on = float(self.promise.value), str(self.on.value)
        method = self.method.value or None
        self.place.fill(lambda: self.run.conformal(alpha, method, on), _draw, "Calibrating")


def _draw(report: Report) -> Any:
    facts = report.facts
    number = facts["task"] == "regression"
    held = words.percent(facts["coverage"])
    ends = f"{words.percent(facts['coverage_low'])} to {words.percent(facts['coverage_high'])}"
    told = [
        ("Truth inside", held, ends),
        ("Mean width" if number else "Classes in a set", words.number(facts["size"]), "on average"),
        ("Calibrated on", words.count(facts["rows_calibration"]), "rows"),
    ]
    groups = [
        [
            str(r["group"]),
            words.count(r["rows"]),
            ui.cell(
                words.percent(r["coverage"]),
                quiet=f"{words.percent(r['coverage_low'])} to {words.percent(r['coverage_high'])}",
            ),
            words.number(r["size"]),
        ]
        for r in report["coverage"].records()
    ]
    heads = [
        ui.Head("group", "Predicted value" if number else "True class"),
        ui.Head("rows", "Rows", align="right"),
        ui.Head("inside", "Truth inside", align="right"),
        ui.Head("size", "Width" if number else "Classes", align="right"),
    ]
    return ui.column(
        ui.banner(report.sentence, "good" if not report.findings else "plain"),
        ui.facts(told),
        ui.table(heads, groups[:SHOWN], label="How often the truth is inside"),
        *([ui.findings(report.findings)] if report.findings else []),
        gap=12,
    )

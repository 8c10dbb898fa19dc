"""One row by a line through its neighbourhood (LIME), beside its SHAP values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.app import ui
from workbench.app.charts.bars import intervals
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.views.theme import HIGH, LOW

SHOWN = 10  # columns


class LimeCard:
    """The row that is looked at, as it stands in “What if”, when it is asked for."""

    def __init__(self, run: Run, values: Callable[[], Mapping[str, Any]], of_class: Any) -> None:
        self.run, self.values, self.of_class = run, values, of_class
        self.place = Slot(80)
        go = ui.button("Fit a line", self._fit, icon="show_chart", size="small")
        self.view = ui.card(
            "A line through its neighbourhood",
            self.place.view,
            sub="LIME: what this row's values add, how well a line tells that, and what SHAP says",
            actions=[go],
        )

    def _fit(self) -> None:
        values = dict(self.values())
        self.place.fill(lambda: self.run.lime(values), self._draw, "Asking about rows around it")

    def _draw(self, report: Report) -> Any:
        rows = [r for r in report["terms"].records() if r["class"] == self.of_class][:SHOWN]
        toward = f" of {self.of_class}" if self.of_class is not None else ""
        drawn = intervals(
            [r["column"] for r in rows],
            [r["weight"] for r in rows],
            [r["weight_low"] for r in rows],
            [r["weight_high"] for r in rows],
            [HIGH if r["weight"] > 0 else LOW for r in rows],
            f"Added to the {report.facts['unit']}{toward}"[:80],
        )
        drawn.height = 70 + 30 * len(rows)
        heads = [
            ui.Head("condition", "Where", wrap=True),
            ui.Head("weight", "LIME", align="right"),
            ui.Head("shap", f"SHAP ({report.facts['space']})", align="right"),
        ]
        cells = [[r["condition"], words.number(r["weight"]), words.number(r["shap"])] for r in rows]
        facts = report.facts
        agreement = facts["agreement"]
        said, line = words.number(facts["prediction"]), words.number(facts["local"])
        told = f"The model says {said}, the line {line}."
        if agreement is not None:
            told += f" Rank correlation with SHAP {words.number(agreement)}."
        parts: list[Any] = [ui.text(report.sentence, "lead"), ui.text(told, "quiet")]
        if report.findings:
            parts.append(ui.findings(report.findings))
        table = ui.table(heads, ui.plain_rows(cells), label="LIME beside SHAP")
        figure = ui.figure(drawn, "What this row's values add, by LIME")
        return ui.column(*parts, ui.grid((figure, 7), (table, 5)), gap=8)

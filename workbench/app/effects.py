"""One column of an explained run: its SHAP values, partial dependence and accumulated effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.dependence import curve, dependence, interacting
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views.reading import Effect

SHAP, PDP, ALE = "SHAP values", "Partial dependence", "ALE"
METHODS = {PDP: "pdp", ALE: "ale"}
AUTO, NONE = "the one that interacts most", "nothing"
SAYS = {
    SHAP: "A dot is a row: its value against what the value contributed.",
    PDP: "The mean prediction if every row had this value, with its 95% interval; thin lines are"
    " single rows.",
    ALE: "How the prediction moves on average among rows as they occur, with its 95% interval;"
    " the mean is zero.",
}


class ColumnCard:
    """A card about one column at a time; effects are computed when they are first looked at.

    Parameters
    ----------
    partners
        For each column the one that acts with it most; where it is not known, the values that are
        shown are asked.
    """

    def __init__(
        self,
        visit: Visit,
        run: Run,
        effects: Sequence[Effect],
        of_class: Any,
        axis: str,
        partners: Mapping[str, str],
    ) -> None:
        self.partners = partners
        self.run, self.of_class, self.axis = run, of_class, axis
        self.narrow = bool(visit.link.narrow)
        self.effects = {e.name: e for e in effects}
        self.kept: dict[str, Report] = {}
        self.place = Slot(320)
        self.says = ui.text(SAYS[SHAP], "small")
        names = list(self.effects)
        self.column = ui.select("Column", names, names[0], max_width=260, searchable=True)
        self.colour = ui.select("Coloured by", [AUTO, NONE, *names], AUTO, max_width=260)
        self.way = pmui.RadioButtonGroup(
            label="",
            options=[SHAP, PDP, ALE],
            value=SHAP,
            size="small",
            margin=(4, 0),
            width=330,
        )
        for choice in (self.column, self.colour, self.way):
            choice.param.watch(lambda _: self.show(), "value")
        self.show()
        self.view = ui.card(
            "One column",
            ui.row(self.way, self.column, self.colour, gap=12),
            self.says,
            self.place.view,
        )

    def show(self) -> None:
        """Draw what is chosen now."""
        way, column = self.way.value, self.column.value
        self.colour.visible = way == SHAP
        self.says.object = f'<p class="small quiet">{ui.escape(SAYS[way])}</p>'
        if way == SHAP:
            self.place.show(self._shap(self.effects[column]))
        elif column in self.kept:
            self.place.show(self._curve(self.kept[column]))
        else:
            self.place.fill(
                lambda: self.run.effects(column), self._computed, f"Asking the model about {column}"
            )

    def _shap(self, effect: Effect) -> Any:
        chosen = self.colour.value
        if chosen == AUTO and effect.name in self.partners:
            other = self.effects.get(self.partners[effect.name])
        elif chosen == AUTO:
            other = interacting(effect, list(self.effects.values())[:20])
        else:
            other = self.effects.get(chosen)
        drawn = dependence(effect, other, self.axis, self.narrow)
        shade = ui.text(f"Colour: {other.name}, low to high", "small") if other else None
        figure = ui.figure(drawn, f"SHAP values of {effect.name}")
        return ui.column(figure, *([shade] if shade else []))

    def _computed(self, report: Report) -> Any:
        self.kept[report.facts["columns"][0]] = report
        return self._curve(report)

    def _curve(self, report: Report) -> Any:
        column = report.facts["columns"][0]
        if self.of_class is None:
            axis = "Predicted value" if self.way.value == PDP else "Effect on the value"
        else:
            axis = "Probability" if self.way.value == PDP else "Effect on the probability"
        drawn = curve(report, column, METHODS.get(self.way.value, "ale"), self.of_class, axis)
        notes = [ui.findings(report.findings)] if report.findings else []
        figure = ui.figure(drawn, f"{self.way.value} of {column}")
        return ui.column(ui.text(report.sentence), figure, *notes, gap=6)

"""Whether the differences of the compared runs matter, on the terms of who asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.bars import CHANCES, chances
from workbench.app.runs import spoken, title
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

BY = {
    "folds": "by the folds, which vary the training rows, too",
    "rows": "by the test rows; folds would vary the training rows, too",
}


@dataclass(frozen=True)
class Terms:
    """What a comparison is asked for beside its runs.

    Parameters
    ----------
    rope
        The difference of the primary metric up to which runs are as good as each other; None: the
        usual one.
    costs
        What a miss and a false alarm cost; None: nobody said.
    """

    rope: float | None = None
    costs: tuple[float, float] | None = None

    def asked(self, task: str) -> dict[str, Any]:
        """As :meth:`Workspace.compare <workbench.Workspace.compare>` takes them."""
        if self.costs is None or task != "binary":
            return {"rope": self.rope}
        return {"rope": self.rope, "costs": dict(zip(("fn", "fp"), self.costs, strict=True))}


class Mattering:
    """A card of the Compare page: the best run against each other one.

    Parameters
    ----------
    terms
        Those of the comparison on show.
    again
        Called with other terms.
    """

    def __init__(
        self, report: Report, runs: Sequence[Run], terms: Terms, again: Callable[[Terms], None]
    ) -> None:
        self._terms, self._again = terms, again
        self._binary = report.facts["task"] == "binary"
        metric = words.metric(report.facts["primary"])
        best = report.facts["order"][0]
        records = _of(report, best)
        self._shown = float(f"{records[0]['rope']:.4g}") if records else 0.0
        self.rope = _field(f"No difference up to ({metric})", self._shown, self._shown or 0.01)
        miss, alarm = terms.costs or (0.0, 0.0)
        self.miss = _field("A miss costs", miss, 1.0)
        self.alarm = _field("A false alarm costs", alarm, 1.0)
        costs = [self.miss, self.alarm] if self._binary else []
        self.refused = ui.text("", "small")
        self.view = ui.card(
            "Does it matter?",
            *_drawn(records, runs, metric),
            ui.row(self.rope, *costs, ui.button("Compare on these terms", self._ask, icon="tune")),
            self.refused,
            sub="Whether the best run is better by more than what makes no difference (region of"
            " practical equivalence)"
            + (" · with costs, the expected cost joins the metrics" if self._binary else ""),
        )

    def _ask(self) -> None:
        fields = [self.rope, self.miss, self.alarm] if self._binary else [self.rope]
        wrong = [f for f in fields if not 0 <= float(f.value or 0) < math.inf]
        self.refused.object = ""
        if wrong:
            sentence = f"{wrong[0].label}: {wrong[0].value:g} is no number from 0 on."
            self.refused.object = ui.text(sentence, "small", "warn").object
            return
        miss, alarm = float(self.miss.value or 0), float(self.alarm.value or 0)
        costs = (miss, alarm) if self._binary and (miss or alarm) else None
        rope = self.rope.value
        rope = self._terms.rope if rope == self._shown else rope  # nobody touched it
        self._again(Terms(rope, costs))


def _of(report: Report, best: str) -> list[dict[str, Any]]:
    """The best run against each other: by their folds where all have the same, else by the rows."""
    records = [r for r in report["practical"].records() if r["a"] == best]
    others = {r["b"] for r in records}
    folds = [r for r in records if r["source"] == "folds"]
    if {r["b"] for r in folds} == others:
        return folds
    return [r for r in records if r["source"] == "rows"]


def _drawn(records: Sequence[dict[str, Any]], runs: Sequence[Run], metric: str) -> list[Any]:
    if not records:
        return [ui.empty("There is nothing to say.", f"The runs have no {metric} on these rows.")]
    called = {run.id: title(run) for run in runs}
    names = [called[r["b"]] for r in records]
    parts = [(r["a_better"], r["equivalent"], r["b_better"]) for r in records]
    best = called[records[0]["a"]]
    label = f"Chances that {best} is better, as good or worse"
    told = spoken(str(records[0]["sentence"]), runs)
    key = " ".join(
        f'<span style="color: {hue}">■</span> {kind}&nbsp;' for kind, hue in CHANCES.items()
    )
    by = ui.escape(f"How likely {best} is better, as good or worse, {BY[records[0]['source']]}")
    return [
        ui.text(told),
        ui.markup(f'<p class="small quiet">{by}<br>{key}</p>'),
        ui.figure(chances(names, parts), label),
    ]


def _field(label: str, value: float, step: float) -> pmui.FloatInput:
    return pmui.FloatInput(
        label=label, value=value, start=0, step=step, size="small", width=230, margin=(4, 0)
    )

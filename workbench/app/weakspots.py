"""Weak spots of the runs that are compared: where one fails most, where two differ most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.app import ui
from workbench.app.runs import spoken, title
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

NOTHING = ""


class WeakSpots:
    """A card that looks when it is asked to."""

    def __init__(self, visit: Visit, runs: Sequence[Run]) -> None:
        self.visit = visit
        self.runs = {run.id: run for run in runs}
        self.place = Slot(120)
        self.choice = ui.select("Look at", choices(runs), NOTHING, max_width=360)
        self.choice.param.watch(lambda e: self._look(e.new), "value")
        self.place.show(
            ui.empty(
                "Where does a model fail, and where do two differ?",
                "Choose a run or a pair: groups of one or two columns are held against all other"
                " test rows.",
            )
        )
        self.view = ui.card(
            "Weak spots",
            self.place.view,
            sub="Groups of test rows that stand out, with 5% of false discoveries at most",
            actions=[self.choice],
        )

    def _look(self, chosen: str) -> None:
        if not chosen:
            return
        first, _, second = chosen.partition(" ")
        run = self.runs[first]
        self.place.fill(lambda: run.slices(second or None), self._draw, "Looking at groups of rows")

    def _draw(self, report: Report) -> Any:
        sentence = spoken(report.sentence, self.runs.values())
        parts: list[Any] = [ui.banner(sentence, "plain", report.findings[0].sentence)]
        if len(report["slices"]):
            parts.append(_table(report))
        return ui.column(*parts, gap=12)


def choices(runs: Sequence[Run]) -> dict[str, str]:
    """Each run by itself, and the first two against each other; the value holds their ids."""
    found = {"nothing yet": NOTHING, **{title(run): run.id for run in runs}}
    if len(runs) > 1:
        first, second = runs[:2]
        found[f"{title(first)} against {title(second)}"] = f"{first.id} {second.id}"
    return found


def _table(report: Report) -> ui.TableView:
    signed = bool(report.facts["signed"])
    judged = report["slices"].column("accuracy")[0] is not None and not signed
    heads = [
        ui.Head("where", "Rows where", wrap=True),
        ui.Head("rows", "Rows", align="right"),
        ui.Head("difference", "More than elsewhere", align="right"),
        *(
            []
            if signed
            else [ui.Head("loss", str(report.facts["loss"]).capitalize(), align="right")]
        ),
        *([ui.Head("accuracy", "Accuracy", align="right")] if judged else []),
    ]
    rows = [
        [
            one["where"],
            ui.cell(words.count(one["rows"]), quiet=words.percent(one["share"])),
            ui.cell(
                words.number(one["difference"]),
                quiet=words.interval(one["low"], one["high"]),
                tone="bad" if one["difference"] > 0 else "good",
            ),
            *([] if signed else [words.number(one["loss"])]),
            *([words.percent(one["accuracy"])] if judged else []),
        ]
        for one in report["slices"].records()
    ]
    return ui.table(heads, rows, label="Groups of rows that stand out")

"""The error tree of a run, or of how two differ: questions that lead to where it fails most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.app import ui
from workbench.app.charts.branches import branches
from workbench.app.runs import spoken
from workbench.app.visit import Visit
from workbench.app.weakspots import NOTHING, choices
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.views.branches import Branches


class ErrorTree:
    """A card that grows a tree when it is asked to."""

    def __init__(self, visit: Visit, runs: Sequence[Run]) -> None:
        self.visit = visit
        self.runs = {run.id: run for run in runs}
        self.place = Slot(220)
        self.choice = ui.select("Tree of", choices(runs), NOTHING, max_width=360)
        self.depth = ui.select("Questions", [2, 3, 4], 3, max_width=110)
        for control in (self.choice, self.depth):
            control.param.watch(lambda _: self._grow(), "value")
        self.place.show(
            ui.empty(
                "Which questions lead to where a model fails?",
                "Choose a run or a pair: a small tree is grown on one half of the test rows and"
                " measured on the other.",
            )
        )
        self.view = ui.card(
            "Error tree",
            self.place.view,
            sub="Questions about a row that part those where it fails from those where it does not",
            actions=[self.choice, self.depth],
        )

    def _grow(self) -> None:
        chosen, depth = str(self.choice.value), int(self.depth.value)
        if not chosen:
            return
        first, _, second = chosen.partition(" ")
        run = self.runs[first]
        self.place.fill(
            lambda: run.error_tree(second or None, depth), self._draw, "Growing the tree"
        )

    def _draw(self, report: Report) -> Any:
        sentence = spoken(report.sentence, self.runs.values())
        parts: list[Any] = [ui.banner(sentence, "plain", report.findings[0].sentence)]
        if report.facts["leaves"] > 1:
            tree = Branches.of(report)
            parts += [
                ui.markup(*branches(tree)),
                ui.text(f"{spoken(_above(tree), self.runs.values())} {tree.caption}", "small"),
                ui.details("The leaves as rules", _leaves(report)),
            ]
        return ui.column(*parts, gap=12)


def _above(tree: Branches) -> str:
    """What the values are, as a sentence."""
    return f"{tree.axis[0].upper()}{tree.axis[1:]}, with 95% intervals."


def _leaves(report: Report) -> ui.TableView:
    signed = bool(report.facts["signed"])
    key = "difference" if signed else "error"
    heads = [
        ui.Head("where", "Rows where", wrap=True),
        ui.Head("rows", "Rows", align="right"),
        ui.Head(key, key.capitalize(), align="right"),
        *([] if signed else [ui.Head("lift", "Times that of all rows", align="right")]),
        ui.Head("fitted", "In the other half", align="right"),
    ]
    rows = [
        [
            one["where"],
            ui.cell(words.count(one["rows"]), quiet=words.percent(one["share"])),
            ui.cell(
                words.number(one[key]),
                quiet=words.interval(one[f"{key}_low"], one[f"{key}_high"]),
            ),
            *([] if signed else [words.number(one["lift"])]),
            words.number(one["fitted"]),
        ]
        for one in report["leaves"].records()
    ]
    return ui.table(heads, rows, label="Leaves of the error tree")

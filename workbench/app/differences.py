"""Disagreements: the rows about which two compared runs say the most different things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from workbench.app import ui
from workbench.app.runs import spoken, title
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

NOTHING = ""
ROWS = 20
COLUMNS = 6  # of the data set


class Disagreements:
    """A card that shows the rows of a pair when it is asked to."""

    def __init__(self, visit: Visit, runs: Sequence[Run]) -> None:
        self.visit = visit
        self.runs = {run.id: run for run in runs}
        self.place = Slot(120)
        self.choice = ui.select("Pair of runs", self._choices(runs), NOTHING, max_width=360)
        self.choice.param.watch(lambda e: self._look(e.new), "value")
        self.place.show(
            ui.empty(
                "On which rows do two models differ most?",
                "Choose a pair: the test rows whose scores lie furthest apart, with their truth.",
            )
        )
        self.view = ui.card(
            "Disagreements",
            self.place.view,
            sub="Test rows about which two runs say the most different things",
            actions=[self.choice],
        )

    @staticmethod
    def _choices(runs: Sequence[Run]) -> dict[str, str]:
        pairs = {f"{title(a)} and {title(b)}": f"{a.id} {b.id}" for a, b in combinations(runs, 2)}
        return {"nothing yet": NOTHING, **pairs}

    def _look(self, chosen: str) -> None:
        if not chosen:
            return
        first, _, second = chosen.partition(" ")
        run = self.runs[first]
        self.place.fill(lambda: run.disagreements(second, ROWS), self._draw, "Looking at the rows")

    def _draw(self, report: Report) -> Any:
        sentence = spoken(report.sentence, self.runs.values())
        sub = spoken(" ".join(f.sentence for f in report.findings), self.runs.values())
        parts: list[Any] = [ui.banner(sentence, "plain", sub)]
        if len(report["disagreements"]):
            parts.append(_table(report))
        return ui.column(*parts, gap=12)


def _table(report: Report) -> ui.TableView:
    classes = bool(report.facts["classes"])
    names = [spoken_short(n) for n in report.facts["names"]]
    shown = report["data"].columns[1 : COLUMNS + 1]
    heads = [
        ui.Head("row", "Row", align="right"),
        ui.Head("truth", "Truth"),
        ui.Head("a", names[0], align="right"),
        ui.Head("b", names[1], align="right"),
        *(ui.Head(f"c{k}", str(name)) for k, name in enumerate(shown)),
    ]
    rows = [
        [
            words.count(one["row"]),
            words.cell(one["truth"]),
            _side(one, "a", classes),
            _side(one, "b", classes),
            *(words.cell(cell) for cell in cells[1 : COLUMNS + 1]),
        ]
        for one, cells in zip(report["disagreements"].records(), report["data"].rows, strict=True)
    ]
    return ui.table(heads, rows, label="Rows about which two runs differ most")


def spoken_short(name: str) -> str:
    """``lightgbm 3f2a`` as the pages call it."""
    family, _, mark = name.rpartition(" ")
    return f"{words.family(family)} {mark}"


def _side(one: dict[str, Any], side: str, classes: bool) -> Any:
    tone = "good" if one["closer"] == side else ""
    if not classes:
        return ui.cell(words.number(one[side]), tone=tone)
    return ui.cell(str(one[side]), quiet=words.number(one[f"score_{side}"]), tone=tone)

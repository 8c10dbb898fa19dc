"""Putting the compared runs together: a card that trains a stack or a blend of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.app import ui
from workbench.app.jobpanel import JobPanel
from workbench.app.visit import Visit
from workbench.objects import Run

WAYS = {  # how, and in how many layers
    "Stack: learn how to join them": ("stack", 1),
    "Bag: eight fits of each answer together": ("bag", 1),
    "Bag of two layers: and again, knowing what the first says": ("bag", 2),
    "Blend: average them": ("blend", 1),
}


class Combining:
    """A card of the Compare page; ``done`` is called with the new run's id."""

    def __init__(self, visit: Visit, runs: Sequence[Run], done: Callable[[str], None]) -> None:
        self.runs = runs
        self.done = done
        self.way = ui.select("Way", WAYS, ("stack", 1), max_width=460)
        self.job = JobPanel(visit, self._made)
        self.view = ui.card(
            "Combine",
            ui.row(self.way, ui.button("Combine these runs", self._start, icon="merge")),
            self.job.view,
            sub="Models that err on different rows are often better together. Their recipes are"
            " trained again as one run, which is judged, explained, exported and served as any",
        )
        self.job.rejoin("combine")

    def _start(self) -> None:
        how, layers = self.way.value
        self.job.start("combine", runs=[run.id for run in self.runs], how=how, layers=layers)

    def _made(self, result: Mapping[str, Any]) -> None:
        self.job.clear()
        self.done(str(result["run"]))

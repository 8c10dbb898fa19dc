"""Choosing a run: what a person calls it, and the picker that pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.app import ui
from workbench.app.visit import Visit
from workbench.app.work import in_background
from workbench.core.errors import NotFound
from workbench.core.mitigation import METHODS
from workbench.objects import Run
from workbench.views import words
from workbench.workspace import Workspace

NEWEST = 100  # runs that pickers show; older ones are there by name


def title(run: Run) -> str:
    """``LightGBM 3f2a``, or ``LightGBM 3f2a, reweighing``: the same on every page."""
    done = run.record.recipe.mitigation
    more = f", {METHODS[done.method].lower()}" if done else ""
    at = run.record.recipe.threshold
    more += f", at {words.number(at)}" if at is not None else ""
    return f"{words.family(run.record.model)} {run.id[:4]}{more}"


def spoken(sentence: str, runs: Iterable[Run]) -> str:
    """A report's sentence with runs called as the pages call them."""
    for run in runs:
        sentence = sentence.replace(f"{run.record.model} {run.id[:4]}", title(run))
    return sentence


def line(run: Run) -> str:
    """A run in one line, as pickers show it."""
    star = "★ " if "champion" in run.record.aliases else ""
    parts = [f"{star}{title(run)}", run.record.recipe.dataset, words.ago(run.record.started)]
    return " · ".join(parts)


@dataclass(frozen=True)
class Shelf:
    """The finished runs that can be chosen, newest first.

    Parameters
    ----------
    named
        Those that the address asked for, by what it called them.
    missed
        A sentence for each that it asked for in vain.
    """

    runs: tuple[Run, ...]
    named: Mapping[str, Run] = field(default_factory=dict)
    missed: tuple[str, ...] = ()

    @classmethod
    def read(cls, workspace: Workspace, *wanted: str) -> Shelf:
        """The newest runs, the champions and those that are ``wanted``, however old; blocks."""
        newest = [r for r in workspace.runs.list(NEWEST) if r.record.state == "done"]
        found = {r.id: r for r in (*newest, *workspace.runs.aliased("champion"))}
        named, missed = {}, []
        for name in filter(None, wanted):
            try:
                run = workspace.runs[name]
            except NotFound:
                missed.append(f"There is no run {name} in this workspace.")
                continue
            if run.record.state != "done":
                missed.append(f"Run {run.record.short} is {run.record.state}, not done.")
                continue
            named[name] = found.setdefault(run.id, run)
        return cls(tuple(found.values()), named, tuple(missed))

    def choose(self, wanted: str) -> Run | None:
        """The run that an address names, else the champion, else the newest."""
        champions = [r for r in self.runs if "champion" in r.record.aliases]
        return self.named.get(wanted) or next(iter([*champions, *self.runs]), None)

    def missing(self, instead: str) -> str:
        """What was asked for in vain, and what is shown; empty where nothing was."""
        return f"{' '.join(self.missed)} Instead, {instead}." if self.missed else ""

    def options(self) -> dict[str, str]:
        return {line(run): run.id for run in self.runs}

    def of(self, run_id: str) -> Run:
        return next(r for r in self.runs if r.id == run_id)


class RunPicker:
    """A select of finished runs; tells its page which one is chosen, or that there is none."""

    def __init__(
        self, visit: Visit, chosen: Callable[[Run], None], none: Callable[[Any], None]
    ) -> None:
        self.visit = visit
        self._chosen = chosen
        self._none = none
        self.shelf = Shelf(())
        self.view = ui.select("Run", {}, max_width=560)
        self.view.param.watch(self._picked, "value")
        self.controls = ui.card("", visible=False)
        self.missed = ui.text("", visible=False)
        self._quiet = False

    def beside(self, *parts: Any, below: Any = None) -> Any:
        """A card with the picker and the page's own controls; it appears with the first run."""
        inside = [self.missed, ui.row(self.view, *parts)]
        inside += [below] if below is not None else []
        self.controls = ui.card("", *inside, visible=False)
        return self.controls

    @property
    def run(self) -> Run | None:
        return self.shelf.of(self.view.value) if self.view.value else None

    def read(self) -> None:
        """Read the runs again and keep the choice if it is still there."""
        wanted = self.visit.get("run")
        in_background(lambda: Shelf.read(self.visit.workspace, wanted), self._fill, self._failed)

    def _fill(self, shelf: Shelf) -> None:
        self.shelf = shelf
        run = shelf.choose(self.visit.get("run"))
        self._quiet = True
        self.view.param.update(
            options=shelf.options(), value=run.id if run else None, disabled=run is None
        )
        self._quiet = False
        self.controls.visible = run is not None
        self._say(shelf.missing(f"{title(run)} is shown") if run else "")
        if run is None:
            self._none(ui.card("", no_runs(self.visit)))
        else:
            self._tell(run)

    def _say(self, sentence: str) -> None:
        self.missed.object = ui.text(sentence, tone="warn").object
        self.missed.visible = bool(sentence)

    def _picked(self, event: Any) -> None:
        if event.new and not self._quiet:
            self._say("")
            self._tell(self.shelf.of(event.new))

    def _tell(self, run: Run) -> None:
        self.visit.note(run=run.id)
        self._chosen(run)

    def _failed(self, error: Any) -> None:
        self._none(ui.card("", ui.failed(error.sentence, error.hint, self.read)))


def no_runs(visit: Visit) -> Any:
    """What pages about runs show before there is one."""
    return ui.empty(
        "There is no finished run yet.",
        "Train one: choose a data set and model families, and come back with a model.",
        ui.button("Go to Train", lambda: visit.go("train"), icon="model_training"),
    )

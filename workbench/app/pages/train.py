"""Train: choose data, target and families, watch the job, and see who came out best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.charts.curves import LiveCurve
from workbench.app.jobpanel import JobPanel
from workbench.app.leaderboard import Judged, board, judged
from workbench.app.page import Page
from workbench.app.question import Choices, Question, absent, known_families, no_data, selects
from workbench.app.work import Slot
from workbench.core.errors import UsageError
from workbench.core.job import Event
from workbench.objects import Job
from workbench.views import words
from workbench.views.course import points

JUDGED = "On the test rows · 95% bootstrap intervals · the best value in bold"
USUAL = ("logistic", "forest", "lightgbm")


class TrainModel(Question):
    """What the form says."""

    families = param.List(list(USUAL))
    seed = param.String("0")
    sensitive = param.Boolean(True, doc="whether models may see the sensitive columns")

    def ask(self) -> dict[str, Any]:
        """The parameters of the training job.

        Raises
        ------
        UsageError
            The form is not filled in.
        """
        if not self.seed.strip().isdigit():
            raise UsageError(
                f"{self.seed!r} is no seed.", "A seed is a whole number, for instance 7."
            )
        return {
            **self.asked("train"),
            "seed": int(self.seed),
            "sensitive": "use" if self.sensitive else "drop",
        }

    def results(self, runs: Sequence[str]) -> list[Judged]:
        """The runs of a job with their evaluations, best first; blocks."""
        return judged([self.workspace.runs[run] for run in runs])

    def earlier(self) -> list[Judged]:
        """The latest finished runs on the chosen data set; blocks."""
        runs = [r for r in self.workspace.runs.list(60) if r.record.state == "done"]
        mine = [r for r in runs if r.record.recipe.dataset == self.dataset][:6]
        targets = {r.record.recipe.target for r in mine[:1]}
        return judged([r for r in mine if r.record.recipe.target in targets])


class TrainPage(Page):
    """The recipe at the left, the running job at the right, the leaderboard below."""

    def build(self) -> Any:
        self.model = TrainModel(self.workspace)
        self.job = JobPanel(self.visit, self._trained, self._news, keep=True)
        self.form = Slot(300)
        self.live = Slot(240)
        self.board = Slot(160)
        self.curve: LiveCurve | None = None
        self._said: list[str] = []
        self.log = ui.code("")
        self.go = ui.button("Train", self._start, icon="play_arrow", variant="contained")
        self._idle()
        return ui.column(
            ui.header("Train", "Each family becomes a run, judged on rows that it has not seen."),
            ui.grid(
                (ui.card("Recipe", self.form.view), 4),
                (
                    ui.column(
                        ui.card("Job", self.job.view, self.live.view),
                        ui.card("Leaderboard", self.board.view, sub=JUDGED),
                    ),
                    8,
                ),
            ),
        )

    def arrive(self) -> None:
        self.form.fill(self.model.choices, self._draw_form, "Reading the data sets")
        self.job.rejoin("train")

    def leave(self) -> None:
        self.job.pause()

    # the form ------------------------------------------------------------------------------

    def _draw_form(self, choices: Choices) -> Any:
        if not choices.datasets:
            return no_data(self.visit)
        self.choices = choices
        ref = choices.first(self.visit.get("data") or self.model.dataset)
        self.dataset, self.target = selects(self.model, choices, ref)
        self.dataset.param.watch(lambda e: self._choose(e.new), "value")
        self._choose(ref)
        return ui.column(self.dataset, self.target, *self._fields(), ui.row(self.go), gap=8)

    def _fields(self) -> list[Any]:
        form = self.model.param
        families = pmui.CheckBoxGroup(
            label="Model families",
            # what mistakes cost cannot be said here: costly is for recipes and notebooks
            **known_families(self.model, self.choices, leave=("costly",)),
            margin=(4, 0),
        )
        families.link(self.model, value="families")
        wide = {"sizing_mode": "stretch_width", "margin": (4, 0)}
        return [
            families,
            absent(self.choices),
            pmui.TextInput.from_param(form.seed, label="Seed", size="small", **wide),
            pmui.Checkbox.from_param(
                form.sensitive, label="Models may use sensitive columns", margin=(0, 0)
            ),
        ]

    def _choose(self, ref: str) -> None:
        self.model.choose(ref, self.choices, self.target)
        self.visit.note(data=ref)
        if not self.job.active:
            self.board.fill(self.model.earlier, self._draw_board, "Reading the runs")

    # the job -------------------------------------------------------------------------------

    def _start(self) -> None:
        if self.job.active:
            self.visit.say("A training job is running already")
            return
        try:
            asked = self.model.ask()
        except UsageError as error:
            self.job.refuse(error)
            return
        self.job.start("train", **asked)

    def _prepare(self, job: Job) -> None:
        families = [str(f) for f in job.record.params.get("families") or ()]
        self.curve = LiveCurve(families, [words.family(f) for f in families])
        self._said = []
        self.log = ui.code("")
        self._curve_of = job.id

    _curve_of = ""

    def _news(self, events: list[Event]) -> None:
        follower = self.job.follower
        fresh = follower is not None and follower.job.id != self._curve_of
        if follower is not None and fresh:
            self._prepare(follower.job)
        if self.curve is not None:
            with ui.moving():
                for family, found in points(events).items():
                    self.curve.add(family, found)
        self._said = [*self._said, *(_said(e) for e in events)][-200:]
        self.log.object = ui.code("\n".join(reversed(self._said))).object
        if self.curve is not None and fresh:
            # with what was said before: a stream into a figure on its way to the browser is lost
            self.live.show(
                ui.figure(self.curve.figure, "Loss of each family while it is trained"),
                ui.text("Solid: validation rows. Dotted: training rows.", "small"),
                ui.details("Log", self.log),
            )

    def _trained(self, result: Mapping[str, Any]) -> None:
        runs = list(result.get("runs", []))
        self.visit.note(runs=",".join(runs), run=str(result.get("best", "")))
        self.board.fill(lambda: self.model.results(runs), self._draw_board, "Reading the runs")
        failed = [f"{words.family(f['family'])}: {f['reason']}" for f in result.get("failed", [])]
        if failed:
            self.job.end.extend(
                [ui.banner("Some families could not be trained.", "warn", t) for t in failed]
            )

    def _idle(self) -> None:
        self.live.show(
            ui.empty(
                "No training job is running.",
                "Choose data, target and families at the left, then Train. The job runs in a"
                " process of its own: it goes on when this page is closed, and can be cancelled.",
            )
        )

    # the leaderboard -----------------------------------------------------------------------

    def _draw_board(self, runs: list[Judged]) -> Any:
        if not runs:
            return ui.empty("No run on this data set yet.", "The first training job fills this.")
        ids = ",".join(one.run.id for one in runs)
        best = self.visit.get("run") or runs[0].run.id
        compare = ui.button(
            "Compare these runs", lambda: self.visit.go("compare", runs=ids), icon="leaderboard"
        )
        explain = ui.button(
            "Explain the best", lambda: self.visit.go("explain", run=best), icon="insights"
        )
        return ui.column(board(runs, most=3), ui.row(compare, explain), gap=12)


def _said(event: Event) -> str:
    numbers = "  ".join(f"{k} {v:.4g}" for k, v in event.metrics.items())
    return f"{event.time.astimezone():%H:%M:%S}  {event.fraction:4.0%}  {event.text}  {numbers}"

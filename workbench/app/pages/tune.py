"""Tune: families and parameters within a budget, live, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.charts import sweep as charts
from workbench.app.charts.sweep import families_of
from workbench.app.jobpanel import JobPanel
from workbench.app.leaderboard import Judged, board, judged
from workbench.app.page import Page
from workbench.app.question import Choices, Question, known_families, no_data, selects
from workbench.app.runs import title
from workbench.app.sweeping import Looking, Pictures, Seen, seen
from workbench.app.work import Latest, Slot
from workbench.core.errors import UsageError
from workbench.core.job import Event
from workbench.core.report import Report
from workbench.jobs.machine import load
from workbench.objects import Job, Sweep
from workbench.views import words

TIMES = {"1 minute": 1, "5 minutes": 5, "10 minutes": 10, "30 minutes": 30, "1 hour": 60}
KEEP = {"the best family": 1, "the best two": 2, "the best three": 3, "the best four": 4}
WAYS = {"Choose families": False, "Find the best for me": True}
AT_ONCE = {"one": 1, "two": 2, "four": 4, "eight": 8}  # attempts at the same time
USUAL = ("logistic", "forest", "histboost", "lightgbm")
STRETCHED = {"sizing_mode": "stretch_width"}
PRESET = (
    "A baseline and all families that suit compete; the best four become runs, and a bagged stack"
    " of the best is trained within the time."
)
JUDGED = "On the test rows, which no attempt has seen · 95% bootstrap intervals"


@dataclass(frozen=True)
class Shown:
    """A sweep, with the runs that came of it; one that was cut short has no report."""

    sweep: Sweep
    over: bool
    seen: Seen | None  # None: no attempt of it has a value
    runs: list[Judged]
    attempts: int


class TuneModel(Question):
    """What the form says."""

    families = param.List(list(USUAL))
    auto = param.Boolean(False, doc="whether the preset chooses families and what is made of them")
    metric = param.String("", doc="what is to be best; the task's primary metric if empty")
    minutes = param.Number(5)
    attempts = param.String("")
    keep = param.Integer(2)
    parallel = param.Integer(1, doc="attempts at the same time")
    blend = param.Boolean(True, doc="whether the winners are blended")
    quick = param.Boolean(False, doc="whether quick models are looked for, too")

    def ask(self) -> dict[str, Any]:
        """The parameters of the job.

        Raises
        ------
        UsageError
            The form is not filled in.
        """
        how = {"parallel": self.parallel, "metric": self.metric or None, **self.budget()}
        if self.auto:
            asked = self.asked("tune", families=False)
            return {**asked, "auto": True, **how}
        return {**self.asked("tune"), **self.winners(), "quick": self.quick, **how}

    def winners(self) -> dict[str, Any]:
        """What becomes of the best attempts; the preset knows by itself."""
        if self.auto:
            return {}
        return {"keep": self.keep, "blend": self.blend and self.keep > 1}

    def metrics(self) -> dict[str, str]:
        """What the chosen target can be judged by, title to name; blocks."""
        if not (self.dataset and self.target):
            return {}
        found = self.workspace.datasets[self.dataset].metrics(self.target)
        return {title: name for name, title in found.items()}

    def budget(self) -> dict[str, Any]:
        """Minutes and attempts, as the form says them."""
        text = self.attempts.strip()
        if text and (not text.isdigit() or int(text) < 1):
            raise UsageError(
                f"{text!r} is no number of attempts.", "Say a whole number, or leave it empty."
            )
        return {"minutes": self.minutes, "attempts": int(text) if text else None}

    @staticmethod
    def at_once() -> dict[str, int]:
        """How many attempts this machine has cores for."""
        cores = load().cores
        return {name: count for name, count in AT_ONCE.items() if count <= cores}

    def latest(self) -> Shown | None:
        """The newest sweep on the chosen data set that is not under way; blocks."""
        running = {j.id for j in self.workspace.jobs.list(20) if j.record.active}
        for sweep in self.workspace.sweeps.list()[:20]:
            if sweep.dataset != self.dataset or sweep.id in running:
                continue
            over = sweep.report() is not None
            tried = len(sweep.attempts())
            if over or tried:
                runs = judged(list(sweep.runs)) if over else []
                return Shown(sweep, over, seen(sweep), runs, tried)
        return None


class TunePage(Page):
    """The budget at the left, the attempts as they come at the right, what came of it below."""

    def build(self) -> Any:
        self.model = TuneModel(self.workspace)
        self.job = JobPanel(
            self.visit,
            self._tuned,
            self._news,
            keep=True,
            over=self._read,
            cancelled="Cancelled; the attempts so far are kept, and the sweep can go on below.",
        )
        self.form, self.live, self.result = Slot(320), Slot(240), Slot(200, carded=True)
        self.go = ui.button("Tune", self._start, icon="tune", variant="contained")
        self.curve: charts.LiveSweep | None = None
        self.pictures = Pictures()
        self.looking = Looking(self._seen)
        self.asking = Latest(self._metrics_read, lambda _: self._metrics_read({}))
        self.last = ui.text("", "small")
        self._idle()
        return ui.column(
            ui.header(
                "Tune",
                "Attempts are judged on validation rows; the winners become runs, judged on test"
                " rows.",
            ),
            ui.grid(
                (ui.card("Sweep", self.form.view), 4),
                (ui.card("Attempts", self.job.view, self.live.view), 8),
            ),
            self.result.view,
        )

    def arrive(self) -> None:
        self.form.fill(self.model.choices, self._draw_form, "Reading the data sets")
        self.job.rejoin("tune")

    def leave(self) -> None:
        self.job.pause()

    # the form --------------------------------------------------------------------------------

    def _draw_form(self, choices: Choices) -> Any:
        if not choices.datasets:
            return no_data(self.visit)
        self.choices = choices
        ref = choices.first(self.visit.get("data") or self.model.dataset)
        dataset, self.target = selects(self.model, choices, ref)
        dataset.param.watch(lambda e: self._choose(e.new), "value")
        self.metric = ui.select("Judged by", {}, disabled=True)
        self.metric.param.watch(lambda e: setattr(self.model, "metric", e.new or ""), "value")
        self.target.param.watch(self._ask_metrics, "value")
        fields = self._fields()
        self._choose(ref)
        return ui.column(dataset, self.target, *fields, ui.row(self.go), gap=8)

    def _ask_metrics(self, *_: Any) -> None:
        """A target that cannot be predicted has none; the job says why."""
        self.asking.ask(self.model.metrics)

    def _fields(self) -> list[Any]:
        form = self.model.param
        way = pmui.RadioButtonGroup(
            options=WAYS, value=self.model.auto, size="small", margin=(4, 0), **STRETCHED
        )
        way.link(self.model, value="auto")
        families = pmui.CheckBoxGroup(
            label="Model families that compete",
            **known_families(
                self.model, self.choices, leave=("blend", "stack", "calibrated", "costly")
            ),
            inline=True,
            margin=(4, 0),
        )
        families.link(self.model, value="families")
        time = ui.select("Time", TIMES, self.model.minutes)
        time.link(self.model, value="minutes")
        keep = ui.select("Becomes a run", KEEP, self.model.keep)
        keep.link(self.model, value="keep")
        attempts = pmui.TextInput.from_param(
            form.attempts,
            label="Attempts at most",
            placeholder="as many as the time allows",
            size="small",
            margin=(4, 0),
            **STRETCHED,
        )
        blend = pmui.Checkbox.from_param(form.blend, label="Blend the winners", margin=(0, 0))
        quick = pmui.Checkbox.from_param(form.quick, label="Quick models, too", margin=(0, 0))
        many = ui.select(
            "Attempts at the same time", self.model.at_once(), self.model.parallel,
            description="Each takes its share of the cores: that pays where tables are small or"
            " families use one core. With one, a seed decides the whole sweep.",
        )  # fmt: skip
        many.link(self.model, value="parallel")
        by_hand = ui.column(keep, blend, quick)
        told = ui.text(PRESET, "small")

        def chosen(*_: Any) -> None:
            told.visible = self.model.auto
            families.visible = by_hand.visible = not self.model.auto

        self.model.param.watch(chosen, "auto")
        chosen()
        return [way, told, families, time, self.metric, attempts, many, by_hand]

    def _metrics_read(self, found: Mapping[str, str]) -> None:
        """The metrics of the target; the one that was chosen stays if there still is such a one."""
        names = list(found.values())
        kept = self.model.metric if self.model.metric in names else "".join(names[:1])
        self.metric.param.update(options=dict(found), value=kept, disabled=not names)

    def _choose(self, ref: str) -> None:
        self.model.choose(ref, self.choices, self.target)
        self._ask_metrics()
        self.visit.note(data=ref)
        if not self.job.active:
            self._read()

    def _read(self) -> None:
        self.result.fill(self.model.latest, self._draw_result, "Reading the sweeps")

    # the job ---------------------------------------------------------------------------------

    def _start(self) -> None:
        if self.job.active:
            self.visit.say("A sweep is running already")
            return
        try:
            asked = self.model.ask()
        except UsageError as error:
            self.job.refuse(error)
            return
        self.job.start("tune", **asked)

    def _go_on(self, sweep: str) -> None:
        """More attempts for a sweep that is over, within the form's budget."""
        if self.job.active:
            self.visit.say("A sweep is running already")
            return
        try:
            budget = self.model.budget()
        except UsageError as error:
            self.job.refuse(error)
            return
        more = {**self.model.winners(), "parallel": self.model.parallel}
        self.job.start("tune", sweep=sweep, **more, **budget)

    _curve_of = ""
    _known: Sequence[str] = ()  # the families of the sweep that is shown

    def _news(self, events: list[Event]) -> None:
        follower = self.job.follower
        fresh = follower is not None and follower.job.id != self._curve_of
        if follower is not None and fresh:
            self._prepare(follower.job)
        for event in events:
            if self.curve is not None and "attempt" in event.metrics:
                family, _, came = event.text.partition(":")
                with ui.moving():
                    self.curve.add(family, event.metrics)
                said = f"{words.family(family)}:{came}"
                self.last.object = f'<p class="small quiet">{ui.escape(said)}</p>'
        self._look(any("attempt" in event.metrics for event in events))
        if self.curve is not None and fresh:
            # with what was said before: a stream into a figure on its way to the browser is lost
            name = "Value of each attempt, and the best so far"
            self.live.show(ui.figure(self.curve.figure, name), self.last)

    def _prepare(self, job: Job) -> None:
        self._curve_of = job.id
        params = job.record.params
        families = params.get("families") or (self._known if params.get("sweep") else ())
        self.curve = charts.LiveSweep(families, "Value on validation rows")
        if job.record.active:
            self.pictures = Pictures()
            self.result.show(self.pictures.view)

    def _look(self, added: bool) -> None:
        """Draw the pictures of the sweep under way, if it is time to."""
        follower = self.job.follower
        if follower is None or not self.job.active:
            return
        # one that goes on has the id of the job that began it
        sweep = str(follower.job.record.params.get("sweep") or follower.job.id)
        self.looking.tell(lambda: self.workspace.sweeps[sweep], added)

    def _seen(self, found: Seen) -> None:
        follower = self.job.follower
        if follower is not None and self.job.active:
            params = follower.job.record.params
            if found.report.subject.startswith(params.get("sweep") or follower.job.id):
                self.pictures.show(found)

    def _tuned(self, result: Mapping[str, Any]) -> None:
        runs = list(result.get("runs", []))
        self.visit.note(runs=",".join(runs), run=str(result.get("best", "")))
        self._read()
        failed = [f"{words.family(f['family'])}: {f['reason']}" for f in result.get("failed", [])]
        if failed:
            self.job.end.extend(
                [ui.banner("Some winners could not be trained.", "warn", t) for t in failed]
            )

    def _idle(self) -> None:
        self.live.show(
            ui.empty(
                "No sweep is running.",
                "Choose what competes and for how long, then Tune. Every attempt is kept as it"
                " ends: a sweep that is cancelled or killed can go on where it stood.",
            )
        )

    # what came of it -------------------------------------------------------------------------

    def _draw_result(self, shown: Shown | None) -> Any:
        if shown is None:
            return ui.card(
                "", ui.empty("There is no sweep on this data set yet.", "The first one fills this.")
            )
        go_on = ui.button(
            "Go on with this sweep", lambda: self._go_on(shown.sweep.id), icon="add", size="small"
        )
        if not shown.over or shown.seen is None:
            told = ui.card("A sweep that is not over", _cut(shown), actions=[go_on])
        else:
            report = shown.seen.report
            told = ui.card(
                "What came of it",
                ui.banner(spoken(report)),
                ui.findings(report.findings),
                board(shown.runs, most=4),
                ui.row(*self._next(shown.runs)),
                sub=JUDGED,
                actions=[go_on],
            )
        if shown.seen is None:
            return told
        self._known = families_of(shown.seen.report)
        if not self.job.active:
            self._show_history(shown.seen.report)
        pictures = Pictures()
        pictures.show(shown.seen)
        return ui.column(told, pictures.view)

    def _show_history(self, report: Report) -> None:
        name = "Value of each attempt, and the best so far"
        said = f"{name}, of the sweep below."
        self.live.show(ui.figure(charts.history(report), name), ui.text(said, "small"))

    def _next(self, runs: Sequence[Judged]) -> list[Any]:
        ids = ",".join(one.run.id for one in runs)
        best = runs[0].run
        return [
            ui.button(
                "Compare these runs",
                lambda: self.visit.go("compare", runs=ids),
                icon="leaderboard",
            ),
            ui.button(
                f"Explain {title(best)}",
                lambda: self.visit.go("explain", run=best.id),
                icon="insights",
            ),
        ]


def _cut(shown: Shown) -> Any:
    tried = words.plural(shown.attempts, "attempt")
    return ui.empty(
        f"{tried} of sweep {shown.sweep.id[:8]} are kept; it was cut short.",
        "Go on with it, within the time and attempts of the form, and its winners become runs.",
    )


def spoken(report: Report) -> str:
    """The report's sentence with families called as pages call them."""
    best = str(report.facts["best_family"])
    return report.sentence.replace(best, words.family(best), 1)

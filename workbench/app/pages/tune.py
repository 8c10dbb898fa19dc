"""Tune: families and parameters within a budget, live, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.charts import sweep as charts
from workbench.app.jobpanel import JobPanel
from workbench.app.leaderboard import Judged, board, judged
from workbench.app.page import Page
from workbench.app.question import Choices, Question, known_families, no_data, selects
from workbench.app.runs import title
from workbench.app.work import Slot
from workbench.core.errors import UsageError
from workbench.core.job import Event
from workbench.core.report import Report
from workbench.jobs.machine import load
from workbench.objects import Job, Sweep
from workbench.views import words

TIMES = {"1 minute": 1, "5 minutes": 5, "10 minutes": 10, "30 minutes": 30, "1 hour": 60}
KEEP = {"the best family": 1, "the best two": 2, "the best three": 3, "the best four": 4}
AT_ONCE = {"one": 1, "two": 2, "four": 4, "eight": 8}  # attempts at the same time
USUAL = ("logistic", "forest", "histboost", "lightgbm")
BEST = 10  # attempts in the table
JUDGED = "On the test rows, which no attempt has seen · 95% bootstrap intervals"


@dataclass(frozen=True)
class Shown:
    """A sweep, with the runs that came of it; one that was cut short has no report."""

    sweep: Sweep
    report: Report | None
    runs: list[Judged]
    attempts: int = 0


class TuneModel(Question):
    """What the form says."""

    families = param.List(list(USUAL))
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
        return {
            **self.asked("tune"),
            "keep": self.keep,
            "blend": self.blend and self.keep > 1,
            "parallel": self.parallel,
            "quick": self.quick,
            **self.budget(),
        }

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
            report = sweep.report()
            if report is not None:
                return Shown(sweep, report, judged(list(sweep.runs)))
            if tried := len(sweep.attempts()):
                return Shown(sweep, None, [], tried)
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
        self._choose(ref)
        return ui.column(dataset, self.target, *self._fields(), ui.row(self.go), gap=8)

    def _fields(self) -> list[Any]:
        form = self.model.param
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
        wide = {"sizing_mode": "stretch_width", "margin": (4, 0)}
        attempts = pmui.TextInput.from_param(
            form.attempts,
            label="Attempts at most",
            placeholder="as many as the time allows",
            size="small",
            **wide,
        )
        blend = pmui.Checkbox.from_param(form.blend, label="Blend the winners", margin=(0, 0))
        quick = pmui.Checkbox.from_param(form.quick, label="Quick models, too", margin=(0, 0))
        many = ui.select(
            "Attempts at the same time", self.model.at_once(), self.model.parallel,
            description="Each takes its share of the cores: that pays where tables are small or"
            " families use one core. With one, a seed decides the whole sweep.",
        )  # fmt: skip
        many.link(self.model, value="parallel")
        return [families, time, attempts, many, keep, blend, quick]

    def _choose(self, ref: str) -> None:
        self.model.choose(ref, self.choices, self.target)
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
        blend = self.model.blend and self.model.keep > 1
        more = {"keep": self.model.keep, "blend": blend, "parallel": self.model.parallel}
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
                self.curve.add(family, event.metrics)
                said = f"{words.family(family)}:{came}"
                self.last.object = f'<p class="small quiet">{ui.escape(said)}</p>'
        if self.curve is not None and fresh:
            # with what was said before: a stream into a figure on its way to the browser is lost
            name = "Value of each attempt, and the best so far"
            self.live.show(ui.figure(self.curve.figure, name), self.last)

    def _prepare(self, job: Job) -> None:
        self._curve_of = job.id
        families = job.record.params.get("families") or self._known or list(self.choices.families)
        self.curve = charts.LiveSweep(families, "Value on validation rows")

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
        if shown.report is None:
            return ui.card("A sweep that is not over", _cut(shown), actions=[go_on])
        report = shown.report
        best = str(report.facts["best_family"])
        told = ui.card(
            "What came of it",
            ui.banner(spoken(report)),
            ui.findings(report.findings),
            board(shown.runs, most=4),
            ui.row(*self._next(shown.runs)),
            sub=JUDGED,
            actions=[go_on],
        )
        self._known = report["families"].column("family")
        if not self.job.active:
            self._show_history(report)
        sub = "None of the large points is beaten in both."
        pictures = [(_picture("Quality and speed", sub, charts.front(report)), 6)]
        if sum(a["family"] == best for a in report["attempts"].records()) > 2:
            sub = f"{words.family(best)}: a line an attempt, the best ones bold and red."
            pictures.append((_picture("Parameters", sub, charts.parallel(report, best)), 6))
        if best in report["importance"].column("family"):
            sub = f"{words.family(best)}: near its best values."
            drawn = charts.importance(report, best)
            pictures.append((_picture("Which parameters matter", sub, drawn), 6))
        return ui.column(
            told,
            ui.grid(*pictures),
            ui.card(
                "Best attempts",
                attempts_table(report),
                sub="On validation rows; parameters as a recipe takes them.",
            ),
        )

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


def _picture(name: str, sub: str, drawn: Any) -> Any:
    return ui.card(name, ui.figure(drawn, f"{name}. {sub}"), sub=sub)


def spoken(report: Report) -> str:
    """The report's sentence with families called as pages call them."""
    best = str(report.facts["best_family"])
    return report.sentence.replace(best, words.family(best), 1)


def attempts_table(report: Report) -> ui.TableView:
    """The best attempts with their parameters."""
    higher = bool(report.facts["higher_is_better"])
    done = [r for r in report["attempts"].records() if r["value"] is not None]
    done.sort(key=lambda r: r["value"], reverse=higher)
    metric = words.metric(str(report.facts["metric"]))
    heads = [
        ui.Head("number", "Attempt", align="right"),
        ui.Head("family", "Family"),
        ui.Head("value", metric, align="right", better="up" if higher else "down"),
        ui.Head("seconds", "Took", align="right"),
        ui.Head("params", "Parameters", wrap=True),
    ]
    rows = [
        [
            str(r["number"]),
            words.family(r["family"]),
            f"{r['value']:.4f}",
            words.duration(r["seconds"]),
            _spelled(r["params"]),
        ]
        for r in done[:BEST]
    ]
    return ui.table(heads, rows, label="The best attempts")


def _spelled(params: str) -> str:
    found = json.loads(params)
    return ", ".join(
        f"{k} {words.number(v) if isinstance(v, float) else v}" for k, v in found.items()
    )

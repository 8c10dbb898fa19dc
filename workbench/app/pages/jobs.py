"""Jobs: everything that runs or ran here, how far it is, and how it ended."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn
import param

from workbench.app import ui
from workbench.app.page import Page
from workbench.app.work import Slot, in_background
from workbench.core.job import JobRecord
from workbench.jobs.machine import load
from workbench.objects import Job, Run
from workbench.views import words
from workbench.views.links import links
from workbench.workspace import Workspace

TONES = {"done": "good", "failed": "bad", "lost": "bad", "cancelled": "warn", "running": ""}
HEADS = (
    ui.Head("action", "Job"),
    ui.Head("state", "State"),
    ui.Head("progress", "Progress", wrap=True),
    ui.Head("created", "Started"),
    ui.Head("took", "Took", align="right"),
)
PERIOD = 1000
GOING_ON = (
    "Networks and boosted trees go on from their last checkpoint, other models start again; each"
    " ends as if it had not been interrupted."
)


class JobsModel(param.Parameterized):
    """The newest jobs and the one that is looked at."""

    jobs = param.List([])
    chosen = param.String("")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.load = load()

    def read(self) -> list[Job]:
        """The newest jobs; blocks. Looks at the machine, too."""
        self.load = load()
        return self.workspace.jobs.list(60)

    def job(self) -> Job | None:
        """The chosen job, else the newest."""
        by_name = [j for j in self.jobs if self.chosen and j.id.startswith(self.chosen)]
        return next(iter([*by_name, *self.jobs]), None)

    def rows(self) -> list[list[Any]]:
        return [_row(job.record) for job in self.jobs]

    @property
    def sentence(self) -> str:
        """How many run, wait and are over."""
        running = sum(j.record.state == "running" for j in self.jobs)
        queued = sum(j.record.state == "queued" for j in self.jobs)
        over = len(self.jobs) - running - queued
        return f"{running} running · {queued} waiting · {over} ended"

    @property
    def machine(self) -> str:
        """How busy the machine is."""
        return words.load(self.load)


class JobsPage(Page):
    """A table of jobs above the details of one."""

    def build(self) -> Any:
        self.model = JobsModel(self.workspace)
        self._poll: Any = None
        self._shown: tuple[Any, ...] = ()
        self.facts = ui.text("", "quiet")
        self.slot = Slot(240)
        self.detail = Slot(120)
        self.table = ui.table(HEADS, [], label="Jobs", selectable=True)
        self.table.param.watch(self._chosen, "selected")
        return ui.column(
            ui.header("Jobs", "Each one runs in a process of its own and outlives this page."),
            ui.card("All jobs", self.facts, self.slot.view),
            ui.card("Details", self.detail.view),
        )

    def arrive(self) -> None:
        self.model.chosen = self.visit.get("job")
        self.slot.fill(self.model.read, self._listed, "Reading the ledger")
        if self._poll is None and pn.state.curdoc is not None:
            self._poll = pn.state.add_periodic_callback(self._tick, period=PERIOD)

    def leave(self) -> None:
        if self._poll is not None:
            self._poll.stop()
            self._poll = None

    async def _tick(self) -> None:
        jobs = await asyncio.to_thread(self.model.read)
        if bool(jobs) != bool(self.model.jobs):
            self.slot.show(self._listed(jobs))
        else:
            self._listed(jobs)

    def _listed(self, jobs: list[Job]) -> Any:
        self.model.jobs = jobs
        lines = (self.model.sentence, self.model.machine)
        self.facts.object = "".join(f'<p class="quiet">{ui.escape(line)}</p>' for line in lines)
        if not jobs:
            self.detail.show(ui.text("Nothing to show yet.", "quiet"))
            return ui.empty(
                "No job has run in this workspace yet.",
                "Import a data set, or train a model: it will appear here.",
                ui.button("Go to Data", lambda: self.visit.go("data"), icon="table_chart"),
            )
        rows = ui.plain_rows(self.model.rows())
        if rows != self.table.rows:
            self.table.rows = rows
        self._show_one()
        return self.table

    def _chosen(self, event: Any) -> None:
        if 0 <= event.new < len(self.model.jobs):
            self.model.chosen = self.model.jobs[event.new].id
            self.visit.note(job=self.model.chosen)
            self._show_one()

    def _show_one(self) -> None:
        job = self.model.job()
        if job is None:
            return
        index = self.model.jobs.index(job)
        if self.table.selected != index:
            self.table.selected = index
        record = job.record
        now = (record.id, record.state, record.fraction, record.text)
        if now != self._shown:
            self._shown = now
            self.detail.fill(
                lambda: (job.log(60), job.interrupted()),
                lambda found: self._details(job, *found),
                "Reading",
            )

    def _details(self, job: Job, log: str, open_runs: list[Run]) -> Any:
        record = job.record
        facts = [
            ("Job", record.id[:12]),
            ("Action", record.action),
            ("State", record.state),
            ("Started", words.ago(record.started or record.created)),
            ("Took", _took(record)),
        ]
        parts: list[Any] = [ui.facts(facts, plain=True)]
        if record.error:
            parts.append(ui.banner(record.error, "bad"))
        asked = "  ".join(f"{k}={v}" for k, v in record.params.items() if v not in (None, {}, []))
        parts.append(ui.text(f"Asked: {asked}" if asked else "", "small"))
        if open_runs:
            parts.append(ui.text(GOING_ON, "small"))
        actions = list(self._actions(job, open_runs))
        if actions:
            parts.append(ui.row(*actions))
        if log.strip():
            parts += [ui.text("The last lines of its log", "part"), ui.code(log[-6000:])]
        return ui.column(*parts, gap=12)

    def _actions(self, job: Job, open_runs: list[Run]) -> Any:
        record = job.record
        if record.active:
            yield ui.button("Cancel", lambda: self._cancel(job), icon="stop", color="error")
        for run in open_runs:
            label = f"Go on with {words.family(run.record.model)} {run.record.short[:4]}"
            yield ui.button(label, lambda r=run: self._go_on(r), icon="restart_alt")
        for label, page, about in links(record):
            yield ui.button(label, lambda p=page, a=about: self.visit.go(p, **a))

    def _go_on(self, run: Run) -> None:
        def started(job: Job) -> None:
            self.model.chosen = job.id
            self.visit.note(job=job.id)

        in_background(
            lambda: self.workspace.submit("resume", run=run.id), started, self.visit.complain
        )

    def _cancel(self, job: Job) -> None:
        in_background(job.cancel, lambda _: self.visit.say("Asked it to stop"), self.visit.complain)


def _row(record: JobRecord) -> list[Any]:
    subject = record.params.get("dataset") or record.params.get("source") or ""
    subject = subject or record.params.get("endpoint") or record.params.get("before") or ""
    subject = subject or str(record.params.get("run") or "")[:8]
    bar = record.fraction if record.active else None
    progress = record.error or (record.text if record.text != record.state else "")
    return [
        ui.cell(record.action, quiet=str(subject)[-40:]),
        ui.cell(record.state, tone=TONES.get(record.state, "")),
        ui.cell(progress[:140], bar=bar),
        words.ago(record.started or record.created),
        _took(record),
    ]


def _took(record: JobRecord) -> str:
    if record.started is None or record.ended is None:
        return words.NOTHING
    return words.duration((record.ended - record.started).total_seconds())

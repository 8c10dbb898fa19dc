"""A job on a page: what it does now, how far it is, a way to stop it, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.visit import Visit
from workbench.app.work import in_background
from workbench.core.errors import WorkbenchError
from workbench.core.job import Event, JobRecord
from workbench.jobs.machine import Gpu, gpus
from workbench.objects import Job
from workbench.views import words

PERIOD = 500  # milliseconds between two looks into the ledger
ENDS = {
    "done": ("Done", "good"),
    "failed": ("It failed", "bad"),
    "cancelled": ("Cancelled", "warn"),
    "lost": ("Lost", "bad"),
}


@dataclass(frozen=True)
class News:
    """What a look into the ledger found."""

    record: JobRecord
    events: list[Event]
    gpus: tuple[Gpu, ...] = ()


class Follower:
    """Follows one job in the ledger; knows nothing of widgets."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.seen = 0

    def look(self) -> News:
        """The job's record and what it said since the last look; blocks."""
        record = self.job.refresh().record
        events = self.job.events(self.seen)
        self.seen = events[-1].seq if events else self.seen
        return News(record, events, tuple(gpus()) if record.state == "running" else ())


class JobPanel:
    """Starts or rejoins a job and shows it until its end.

    Parameters
    ----------
    done
        Called with the job's result when it ends well.
    news
        Called at each look with the new events, which may be none.
    keep
        Whether the address goes on naming the job after its end.
    over
        Called at every other end: it failed, was cancelled or lost.
    cancelled
        What is said when it was cancelled.
    """

    def __init__(
        self,
        visit: Visit,
        done: Callable[[Mapping[str, Any]], None],
        news: Callable[[list[Event]], None] | None = None,
        keep: bool = False,
        over: Callable[[], None] | None = None,
        cancelled: str = "Cancelled; nothing half-made was kept.",
    ) -> None:
        self.visit = visit
        self.over = over
        self.cancelled = cancelled
        self.done = done
        self.news = news
        self.keep = keep
        self.follower: Follower | None = None
        self._poll: Any = None
        self._busy = False
        self._again: Callable[[], None] | None = None
        self.bar = pmui.LinearProgress(
            value=0, variant="determinate", sizing_mode="stretch_width", margin=(6, 0)
        )
        self.line = ui.text("", "small")
        self.machine = ui.text("", "quiet")
        self.machine.visible = False
        self.stop_button = ui.button(
            "Cancel", self.cancel, icon="stop", color="error", size="small"
        )
        self.end = ui.column()
        self.live = ui.column(
            ui.row(
                ui.column(self.line, styles={"flex": "1 1 200px", "min-width": "0"}),
                self.stop_button,
            ),
            self.bar,
            self.machine,
            visible=False,
        )
        self.view = ui.column(self.live, self.end, visible=False)
        # an empty panel takes no room in the card that holds it
        self.live.param.watch(self._tidy, "visible")
        self.end.param.watch(self._tidy, "objects")

    def _tidy(self, *_: Any) -> None:
        self.view.visible = bool(self.live.visible or self.end.objects)

    @property
    def active(self) -> bool:
        return self.follower is not None and self.follower.job.record.active

    def start(self, action: str, **params: Any) -> None:
        """Submit an action as a job and follow it."""
        self._again = lambda: self.start(action, **params)
        self._tell("starting", 0.0)
        self.live.visible = True
        self.end[:] = []
        submit = self.visit.workspace.submit
        in_background(lambda: submit(action, **params), self.follow, self.refuse)

    def follow(self, job: Job) -> None:
        """Show ``job`` from now on."""
        self.follower = Follower(job)
        self.visit.note(job=job.id)
        self.live.visible = job.record.active
        self.end[:] = []
        if pn.state.curdoc is not None and self._poll is None:
            self._poll = pn.state.add_periodic_callback(self._tick, period=PERIOD)
        if pn.state.curdoc is not None:
            self._tick()

    def rejoin(self, action: str, **matching: Any) -> None:
        """Follow the job that the address names, or one that is running for the same thing."""
        if self.active:
            self.resume()
            return
        named = self.visit.get("job")

        def find() -> Job | None:
            jobs = [j for j in self.visit.workspace.jobs.list(40) if j.record.action == action]
            chosen = [j for j in jobs if j.id == named and (self.keep or j.record.active)]
            running = [j for j in jobs if j.record.active and _fits(j.record.params, matching)]
            return next(iter([*chosen, *running]), None)

        in_background(find, lambda job: self.follow(job) if job else None, self.refuse)

    def cancel(self) -> None:
        """Ask the job to stop, if it is still running."""
        if self.follower is not None and self.active:
            job = self.follower.job
            self._tell("stopping", job.fraction)
            in_background(job.cancel, lambda _: None, self.visit.complain)

    def resume(self) -> None:
        """Look again, after :meth:`pause`."""
        if self.active and self._poll is None and pn.state.curdoc is not None:
            self._poll = pn.state.add_periodic_callback(self._tick, period=PERIOD)

    def pause(self) -> None:
        """Stop looking; the job goes on."""
        if self._poll is not None:
            self._poll.stop()
            self._poll = None

    def _tick(self) -> None:
        """Look off the loop; what was found is drawn on the session's own turn, under its lock."""
        if self.follower is None or self._busy:
            return
        self._busy = True
        in_background(self.follower.look, self._looked, self._not_looked)

    def _looked(self, found: News) -> None:
        self._busy = False
        if self.follower is not None and found.record.id == self.follower.job.id:
            self.show(found)

    def _not_looked(self, error: WorkbenchError) -> None:
        self._busy = False
        self.refuse(error)

    def show(self, found: News) -> None:
        """Draw what a look found."""
        if self.news is not None:
            self.news(found.events)
        record = found.record
        if record.active:
            waiting = record.state == "queued"
            self._tell("waiting for its turn" if waiting else record.text, record.fraction)
            self.machine.object = ui.escape(" · ".join(map(words.gpu, found.gpus)))
            self.machine.visible = bool(found.gpus)
            return
        if self._poll is None and self.end.objects:
            return  # its end was shown already
        self.pause()
        self.live.visible = False
        self._ended(record)

    def _ended(self, record: JobRecord) -> None:
        if not self.keep:
            self.visit.note(job=None)
        if record.state == "done":
            self.end[:] = [ui.text(f"Done in {_took(record)}.", "small")] if self.keep else []
            self.done(record.result)
            return
        title, _ = ENDS[record.state]
        if record.state == "cancelled":
            self.end[:] = [ui.text(self.cancelled, "quiet")]
        else:
            self.end[:] = [ui.failed(record.error or f"{title}.", "", self._again)]
        if self.over is not None:
            self.over()

    def clear(self) -> None:
        """Forget the job that was shown."""
        self.follower = None
        self.end[:] = []

    def refuse(self, error: WorkbenchError) -> None:
        """Show why nothing was started."""
        self.pause()
        self.live.visible = False
        self.end[:] = [ui.failed(error.sentence, error.hint, self._again)]

    def _tell(self, words_now: str, fraction: float) -> None:
        share = int(100 * fraction)
        self.line.object = f'<p class="small" role="status">{ui.escape(words_now)} · {share}%</p>'
        self.bar.value = share


def _fits(params: Mapping[str, Any], matching: Mapping[str, Any]) -> bool:
    return all(params.get(name) == value for name, value in matching.items())


def _took(record: JobRecord) -> str:
    if record.started is None or record.ended is None:
        return words.NOTHING
    return words.duration((record.ended - record.started).total_seconds())

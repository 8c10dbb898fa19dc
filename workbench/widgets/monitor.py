"""A job that is being watched: progress, live curves, and a way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.core.job import Event
from workbench.objects import Job
from workbench.views import words
from workbench.views.cards import TONES
from workbench.views.course import attempts, points
from workbench.widgets.live import Live
from workbench.widgets.look import script

PERIOD = 0.5  # seconds between two looks into the ledger
SAID = 5  # lines
MOST = 400  # points of a curve that go to the page


class MonitorWidget(Live):
    """A job until its end. A thread looks into the ledger, so it goes on while cells run.

    Parameters
    ----------
    job
        Running, waiting or over.
    """

    _esm = script("monitor")

    def __init__(self, job: Job) -> None:
        self.job = job
        self._events: list[Event] = []
        self._over = threading.Event()
        super().__init__()
        self.look()
        if job.record.active:
            threading.Thread(target=self._watch, name=f"monitor-{job.id}", daemon=True).start()

    def look(self) -> None:
        """Read the ledger once and show what is new."""
        self.job.refresh()
        self._events += self.job.events(self._events[-1].seq if self._events else 0)
        self.draw()

    def close(self) -> None:
        """Stop looking; the job goes on."""
        self._over.set()
        super().close()

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``cancel``: ask the job to stop."""
        if asked.get("cancel"):
            self.job.cancel()

    def drawn(self) -> dict[str, Any]:
        record = self.job.record
        across, curves = self._curves()
        return {
            "title": f"{record.action.capitalize()} · {_subject(record.params)}",
            "state": record.state,
            "tone": TONES.get(record.state, ""),
            "active": record.active,
            "fraction": record.fraction,
            "text": self._now(),
            "across": across,
            "curves": curves,
            "log": [_said(event) for event in _last(self._events)],
        }

    def _watch(self) -> None:
        while not self._over.wait(PERIOD):
            try:
                self.look()
            except (WorkbenchError, OSError) as error:
                # the workspace may have been deleted underneath: said once, then no more looks
                self.problem = str(error)
                return
            if not self.job.record.active:
                return

    def _now(self) -> str:
        record = self.job.record
        if record.state == "queued":
            return "Waiting for its turn"
        if record.active:
            return f"{record.text} · {record.fraction:.0%}"
        if record.error:
            return record.error
        if record.started is None or record.ended is None:
            return ""
        took = words.duration((record.ended - record.started).total_seconds())
        runs = record.result.get("runs", ())
        made = ", ".join(f"ws.runs[{str(run)[:8]!r}]" for run in runs)
        return f"It took {took}." + (f" It made {made}." if made else "")

    def _curves(self) -> tuple[str, list[dict[str, Any]]]:
        """The title of the axis, and curves with their names."""
        if tried := attempts(self._events):
            return "attempts", [
                {"name": "best so far", "points": [[a, best] for a, _, best in tried]},
                {"name": "each attempt", "points": [[a, v] for a, v, _ in tried], "faint": True},
            ]
        found: list[dict[str, Any]] = []
        for family, line in points(self._events).items():
            for name, place in (("training loss", 1), ("validation loss", 2)):
                held = [[p[0], p[place]] for p in line if p[place] == p[place]]
                if held:
                    label = f"{words.family(family)} {name}"
                    found.append({"name": label, "points": _thinned(held), "faint": place == 1})
        return "epochs or rounds", found


def _last(events: list[Event]) -> list[Event]:
    """The last events that said something new."""
    told = [e for before, e in pairwise(events) if e.metrics or e.text != before.text]
    return [*events[:1], *told][-SAID:]


def _thinned(held: list[list[float]]) -> list[list[float]]:
    """Every so many points, the last one among them."""
    step = -(-len(held) // MOST)
    return held[::-1][::step][::-1]


def _subject(params: Mapping[str, Any]) -> str:
    named = (params.get(k) for k in ("dataset", "source", "endpoint", "run", "sweep"))
    return str(next((n for n in named if n), ""))[-60:] or "job"


def _said(event: Event) -> str:
    numbers = "  ".join(f"{k} {v:.4g}" for k, v in event.metrics.items())
    return f"{event.time.astimezone():%H:%M:%S}  {event.fraction:4.0%}  {event.text}  {numbers}"

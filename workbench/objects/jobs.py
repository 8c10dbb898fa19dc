"""Jobs: actions being carried out in processes of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.core.errors import JobError
from workbench.core.job import Event, JobRecord
from workbench.objects.live import WIDGETS
from workbench.objects.shown import Shown
from workbench.objects.tail import tail
from workbench.views import cards, shelves

if TYPE_CHECKING:
    from workbench.objects.runs import Run
    from workbench.workspace import Workspace


class Job(Shown):
    """An action being carried out in a process of its own."""

    def __init__(self, workspace: Workspace, record: JobRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def state(self) -> str:
        return self.record.state

    @property
    def fraction(self) -> float:
        return self.record.fraction

    @property
    def text(self) -> str:
        return self.record.text

    def refresh(self) -> Job:
        """Read the job's row again."""
        self.workspace.jobs.settle()
        self.record = self.workspace.context.ledger.job(self.id)
        return self

    def events(self, after: int = 0) -> list[Event]:
        """What it said since the event ``after``."""
        return self.workspace.context.ledger.events(self.id, after)

    def interrupted(self) -> list[Run]:
        """The runs that it began and could not finish: :meth:`Run.resume` does."""
        if self.record.action not in ("train", "resume") or self.record.active:
            return []
        return [
            run
            for run in self.workspace.runs.list(200)
            if run.record.tags.get("job") == self.id and run.record.state in ("failed", "cancelled")
        ]

    def cancel(self) -> Job:
        """Ask it to stop; it is ended if it does not within three seconds."""
        self.workspace.engine.cancel(self.id)
        return self.refresh()

    def wait(self, timeout: float | None = None) -> dict[str, Any]:
        """Wait for the end and return the result.

        Raises
        ------
        JobError
            It failed, was lost or cancelled, or ``timeout`` seconds have passed.
        """
        until = time.monotonic() + timeout if timeout is not None else None
        while self.refresh().record.active:
            if until is not None and time.monotonic() > until:
                raise JobError(f"Job {self.id} is still {self.state} after {timeout:g} s.")
            time.sleep(0.05)
        if self.state != "done":
            raise JobError(f"Job {self.id} {self.state}: {self.record.error or self.record.text}")
        return dict(self.record.result)

    def monitor(self) -> Any:
        """Watch it in a notebook: progress, live curves, and a button that stops it.

        It goes on being drawn while other cells run.

        Raises
        ------
        MissingExtra
            anywidget is not installed.
        """
        return WIDGETS.get("monitor")(self)

    def log(self, lines: int = 200) -> str:
        """The last lines that its process printed."""
        return tail(self.workspace.engine.log_of(self.id), lines)

    def _html(self) -> str:
        return cards.job(self.refresh().record)

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.record.action} {self.state} {self.fraction:.0%} {self.text}>"


class Jobs(Shown):
    """The jobs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, limit: int = 100) -> list[Job]:
        """The newest first."""
        self.settle()
        return [Job(self._workspace, r) for r in self._workspace.context.ledger.jobs(limit)]

    def settle(self) -> None:
        """Write down jobs whose process has gone, and start one whose turn it is."""
        self._workspace.context.ledger.reconcile()
        self._workspace.engine.start_waiting()

    def __getitem__(self, job: str) -> Job:
        return Job(self._workspace, self._workspace.context.ledger.job(job))

    def __iter__(self) -> Iterator[Job]:
        return iter(self.list())

    def _html(self) -> str:
        return shelves.jobs([job.record for job in self.list()])

    def __repr__(self) -> str:
        jobs = self.list()
        active = sum(job.record.active for job in jobs)
        return (
            f"<Jobs of {self._workspace.name!r}: {len(jobs)}, {active} of them running or waiting>"
        )

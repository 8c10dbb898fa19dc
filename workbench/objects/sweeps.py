"""Sweeps of tuning: what was tried, what came of it, and going on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import StoreError
from workbench.core.progress import Progress
from workbench.core.report import Report
from workbench.objects.runs import Run, Runs
from workbench.objects.shown import Shown
from workbench.views import cards, shelves

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Sweep(Shown):
    """Families and parameters tried within a budget; every attempt is kept, also after a crash."""

    def __init__(
        self,
        workspace: Workspace,
        sweep: str,
        runs: Sequence[str] = (),
        best: str = "",
        failed: Sequence[Mapping[str, str]] = (),
    ) -> None:
        self.workspace = workspace
        self.id = sweep
        self._runs, self._best, self._failed = list(runs), best, list(failed)

    @property
    def dataset(self) -> str:
        """The data set that it is about, as ``name@version``."""
        from workbench.actions.sweeps import dataset_of

        return dataset_of(self.workspace.context, self.id)

    @property
    def runs(self) -> Runs:
        """The runs that its best attempts became."""
        runs, best = self._runs, self._best
        if not runs and (report := self.report()) is not None:
            runs, best = report.facts["runs"], str(report.facts["best_run"])
        return Runs([self.workspace.runs[r] for r in runs], best, self._failed)

    @property
    def best(self) -> Run:
        """What was made of several winners, else the winner by the rows that judged."""
        return self.runs.best

    def report(self) -> Report | None:
        """What was tried and what came out; None while it is under way."""
        from workbench.actions.sweeps import kept

        return kept(self.workspace.context, self.id)

    def attempts(self) -> list[dict[str, Any]]:
        """The attempts so far as plain data, also while another process makes them."""
        from workbench.actions.sweeps import attempts

        return attempts(self.workspace.context, self.id)

    def so_far(self) -> Report | None:
        """Of a sweep that is under way or was cut short: what its report would show now.

        Attempts, families, importance and the front; None before the first value.
        """
        from workbench.actions.so_far import of

        return of(self.workspace.context, self.id)

    def resume(
        self,
        *,
        attempts: int | None = None,
        minutes: float | None = None,
        keep: int | None = None,
        parallel: int | None = None,
        progress: Progress | None = None,
    ) -> Sweep:
        """Go on: the earlier attempts count, and what was cut short is tried again."""
        return self.workspace.tune(
            attempts=attempts,
            minutes=minutes,
            keep=keep,
            parallel=parallel,
            resume=self,
            progress=progress,
        )

    def _html(self) -> str:
        report = self.report()
        if report is not None:
            return report._repr_html_()
        return cards.unfinished(self.id, self.attempts())

    def __repr__(self) -> str:
        try:
            report = self.report()
        except StoreError as error:  # to look at a thing never fails
            return f"<Sweep {self.id[:8]}: {error.sentence}>"
        return f"<Sweep {self.id[:8]}: {report.sentence if report else 'not over'}>"


class Sweeps(Shown):
    """The sweeps of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self) -> list[Sweep]:
        """The newest first; those whose files are damaged are left to :meth:`damaged`."""
        from workbench.actions.sweeps import sweeps

        return [Sweep(self._workspace, name) for name in sweeps(self._workspace.context)[0]]

    def damaged(self) -> dict[str, str]:
        """Ids of the sweeps with a damaged file, and what is wrong with it."""
        from workbench.actions.sweeps import sweeps

        return sweeps(self._workspace.context)[1]

    def __getitem__(self, name: str) -> Sweep:
        from workbench.actions.sweeps import folder_of

        return Sweep(self._workspace, folder_of(self._workspace.context, name).name)

    def __iter__(self) -> Iterator[Sweep]:
        return iter(self.list())

    def _html(self) -> str:
        told = [(sweep.id[:8], sweep.report()) for sweep in self.list()]
        rows = [(i, r.sentence if r else "not over") for i, r in told]
        return shelves.sweeps([*rows, *((i[:8], why) for i, why in self.damaged().items())])

    def __repr__(self) -> str:
        damaged = len(self.damaged())
        more = f", and {damaged} damaged" if damaged else ""
        return f"<Sweeps of {self._workspace.name!r}: {len(self.list())}{more}>"

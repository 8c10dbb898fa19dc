"""Runs: one execution of a recipe, several of them, and the shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFound
from workbench.core.progress import Progress
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.objects.endpoints import Bundle
from workbench.objects.explained import Explained
from workbench.objects.judged import Judged
from workbench.views import cards, words

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace


class Run(Explained, Judged):
    """One execution of a recipe, and everything that can be asked of its model."""

    def __init__(self, workspace: Workspace, record: RunRecord) -> None:
        self.workspace = workspace
        self.record = record

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def metrics(self) -> Mapping[str, float]:
        """Point estimates on the test rows."""
        return self.record.metrics

    def evaluation(self) -> Report:
        """Metrics with intervals, and the curves."""
        return self._kept("evaluation")

    def parity(self) -> Report | None:
        """How far the exported form is from the run; None before the first export."""
        return self.report("parity")

    def reports(self) -> list[str]:
        """The kinds of report kept with the run."""
        kinds: list[str] = self.workspace.context.store.report_kinds(self.id)
        return kinds

    def write_report(self, path: str | Path) -> Path:
        """One HTML file with all reports kept with the run, made anew from them; under 5 MB.

        It asks for nothing from outside and holds no script.
        """
        from workbench.core.files import write_text
        from workbench.views.dossier import dossier

        file = Path(path).expanduser().absolute()
        name = f"{words.family(self.record.model)} {self.record.short}"
        write_text(file, dossier(name, self._all_kept()))
        return file

    def write_charts(self, folder: str | Path) -> list[Path]:
        """Charts (SVG, PNG, Vega-Lite) and tables (CSV) of all reports kept with the run."""
        from workbench.views.files import write

        return write(self._all_kept(), folder)

    def _all_kept(self) -> list[Report]:
        return [r for kind in self.reports() if (r := self.report(kind)) is not None]

    def report(self, kind: str) -> Report | None:
        """A kept report, or None."""
        found: Report | None = self.workspace.context.store.report(self.id, kind)
        return found

    def predictor(self) -> Any:
        """The fitted model in its callable form."""
        return self._results().predictor

    def predict(self, frame: Any) -> list[Any]:
        """Labels or values for the rows of a pandas DataFrame."""
        found: list[Any] = self.predictor().predict(frame)
        return found

    def predictions(self) -> pd.DataFrame:
        """Row, part, truth and scores of the rows that the run was not fitted on."""
        frame: pd.DataFrame = self._results().predictions
        return frame

    def sweep(self, by: Sequence[str]) -> Any:
        """Counts per group and score, from which any threshold's figures follow at once."""
        from workbench.actions.sweep import of

        return of(self.workspace.context, self.id, list(by))

    def reproduce(self, progress: Progress | None = None) -> Report:
        """Train the run's recipe once more; the report says whether it comes out the same.

        Metrics and the scores of all held-out rows are compared to the last bit; versions that
        changed are named. ``report.facts["run"]`` is the new run.
        """
        with self.workspace.progress(progress, "reproduce") as tell:
            done = self.workspace.perform("reproduce", {"run": self.id}, tell)
        return Report.from_dict(done["report"])

    def resume(self, progress: Progress | None = None) -> Run:
        """Finish the run, whose process was ended; it keeps its id.

        Networks and boosted trees go on from their last checkpoint, others start again; each ends
        as if it had not been interrupted.
        """
        with self.workspace.progress(progress, "resume") as tell:
            done = self.workspace.perform("resume", {"run": self.id}, tell)
        return self.workspace.runs[done["run"]]

    def code(
        self,
        to: str | Path | None = None,
        *,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """A folder with a script that trains the same model without Workbench.

        ``train.py`` holds the estimator as its library knows it, ``rows.parquet`` the prepared rows
        with their parts, ``requirements.txt`` the versions. By default in the workspace's
        ``exports``.
        """
        asked = {"run": self.id, "to": str(to) if to else None, "replace": replace}
        with self.workspace.progress(progress, "code") as tell:
            return Path(self.workspace.perform("code", asked, tell)["folder"])

    def promote(self, alias: str = "champion", note: str = "") -> Run:
        return self.workspace.promote(self, alias, note)

    def export(
        self,
        to: str | Path | None = None,
        *,
        replace: bool = False,
        contract: str = "refuse",
        progress: Progress | None = None,
    ) -> Bundle:
        """The whole pipeline as ONNX in a bundle folder; refused when it does not answer alike.

        Parameters
        ----------
        contract
            What an endpoint does with rows that break the data set's contract, if it has one:
            ``refuse``, ``note`` (answer with a warning), or ``leave`` (keep it out of the bundle).

        Raises
        ------
        Blocked
            The exported form differs from the run by more than the gate allows.
        """
        asked = {"run": self.id, "to": str(to) if to else None, "replace": replace}
        asked["contract"] = contract
        with self.workspace.progress(progress, "export") as tell:
            done = self.workspace.perform("export", asked, tell)
        return Bundle(self.workspace, Path(done["bundle"]))

    def _results(self) -> Any:
        from workbench.actions.results import Results

        return Results.of(self.workspace.context, self.id)

    def _kept(self, kind: str) -> Report:
        found = self.report(kind)
        if found is None:
            raise NotFound(f"Run {self.record.short} has no {kind}.", "Is the run done?")
        return found

    def _repr_html_(self) -> str:
        report = self.report("evaluation")
        return report._repr_html_() if report is not None else cards.run(self.record)

    def __repr__(self) -> str:
        metrics = ", ".join(f"{k} {v:.3g}" for k, v in list(self.metrics.items())[:3])
        return f"<Run {self.record.short} {self.name} {self.record.state}: {metrics}>"


class Runs(Sequence[Run]):
    """Runs in the order in which they were trained."""

    def __init__(
        self, runs: Sequence[Run], best: str = "", failed: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self._runs = list(runs)
        self._best = best
        self.failed = list(failed)

    @property
    def best(self) -> Run:
        """The run with the best primary metric on the test rows."""
        return next(run for run in self._runs if run.id == self._best)

    def __getitem__(self, index: Any) -> Any:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def _repr_html_(self) -> str:
        return cards.runs([run.record for run in self._runs], self._best, self.failed)

    def __repr__(self) -> str:
        lines = [repr(run) for run in self._runs]
        lines += [f"<failed {f['family']}: {f['reason']}>" for f in self.failed]
        return "\n".join(lines)


class RunShelf:
    """The runs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, limit: int = 100) -> list[Run]:
        """The newest first; runs whose job has died are closed on the way."""
        workspace = self._workspace
        from workbench.actions.parts import settle

        return [Run(workspace, r) for r in settle(workspace.context, limit)]

    def __getitem__(self, name: str) -> Run:
        return Run(self._workspace, self._workspace.context.store.run(name))

    def __iter__(self) -> Iterator[Run]:
        return iter(self.list())

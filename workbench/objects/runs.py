"""Runs: one execution of a recipe, several of them, and the shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFound
from workbench.core.progress import Progress
from workbench.core.recipe import PRIMARY
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.objects.endpoints import Bundle
from workbench.objects.explained import Explained
from workbench.objects.judged import Judged
from workbench.objects.live import WIDGETS
from workbench.objects.shown import Shown
from workbench.views import cards, words

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace

DRAWN = 20  # runs whose intervals are drawn beside each other
SHELF = 30  # runs of a shelf that are shown


class Run(Explained, Judged, Shown):
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

    @property
    def score(self) -> tuple[str, float] | None:
        """The metric by which runs of its task are ranked, and its value; None before the end."""
        name = PRIMARY.get(self.record.tags.get("task", ""))  # type: ignore[call-overload]
        return (name, self.metrics[name]) if name in self.metrics else None

    def rename(self, name: str) -> Run:
        """Call it otherwise; its id stays."""
        self.workspace.perform("rename", {"run": self.id, "name": name})
        return self.workspace.runs[self.id]

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

    def write_charts(self, folder: str | Path | None = None) -> list[Path]:
        """Charts (SVG, PNG, Vega-Lite) and tables (CSV) of all reports kept with the run.

        By default in the workspace's ``exports``.
        """
        from workbench.views.files import write

        own = self.workspace.root / "exports" / f"{self.record.short}-charts"
        return write(self._all_kept(), own if folder is None else folder)

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

    def reproduce(self, progress: Progress | None = None, *, exact: bool = False) -> Report:
        """Train the run's recipe once more; the report says whether it comes out the same.

        Metrics and the scores of all held-out rows are compared to the last bit; versions that
        changed are named. ``report.facts["run"]`` is the new run.

        Parameters
        ----------
        exact
            Whether packages that changed since are taken in the versions of that time: pip puts
            them into a folder of the workspace's cache, which another process looks into first.

        Raises
        ------
        StoreError
            These versions cannot be installed.
        """
        with self.workspace.progress(progress, "reproduce") as tell:
            done = self.workspace.perform("reproduce", {"run": self.id, "exact": exact}, tell)
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

    def row(self, row: int | Mapping[str, Any]) -> dict[str, Any]:
        """The values that the model takes of a row of its data set, by column; None is missing.

        Raises
        ------
        UsageError
            The data set has no row of that number.
        NotFound, InvalidValue
            Values were given, and a column is unknown or lacking.
        """
        from workbench.actions.rows import values_of

        return values_of(self.workspace.context, self.id, row)

    def explore(
        self,
        what: str = "explanation",
        *,
        rows: int = 500,
        row: int | Mapping[str, Any] = 0,
        by: Sequence[str] | str | None = None,
    ) -> Any:
        """Look around in a run, live in a notebook.

        ::

            run.explore()                          # SHAP values: all columns, one column, one row
            run.explore("what_if", row=3)          # move a row's values, see the prediction move
            run.explore("fairness", by="sex")      # move the threshold, see what groups get

        Parameters
        ----------
        what
            ``explanation``, ``what_if`` or ``fairness``.
        rows
            Of an explanation: the test rows that are explained, if none is kept with the run.
        row
            Of what-if: a row number of the data set, or values.
        by
            Of fairness: the columns that form the groups; the sensitive ones by default.

        Raises
        ------
        NotFound
            There is no such thing to explore.
        MissingExtra
            anywidget is not installed.
        """
        asked = {"explanation": {"rows": rows}, "what_if": {"row": row}, "fairness": {"by": by}}
        if what not in asked:
            raise NotFound.among("thing to explore in a run", what, asked)
        return WIDGETS.get(what)(self, **asked[what])

    def _results(self) -> Any:
        from workbench.actions.results import Results

        return Results.of(self.workspace.context, self.id)

    def _kept(self, kind: str) -> Report:
        found = self.report(kind)
        if found is None:
            raise NotFound(f"Run {self.record.short} has no {kind}.", "Is the run done?")
        return found

    def _html(self) -> str:
        return cards.run(self.record, self.report("evaluation"))

    def __repr__(self) -> str:
        metrics = ", ".join(f"{k} {v:.3g}" for k, v in list(self.metrics.items())[:3])
        return f"<Run {self.record.short} {self.name} {self.record.state}: {metrics}>"


class Runs(Shown, Sequence[Run]):
    """Runs in the order in which they were trained."""

    def __init__(
        self, runs: Sequence[Run], best: str = "", failed: Sequence[Mapping[str, str]] = ()
    ) -> None:
        self._runs = list(runs)
        self._best = best
        self.failed = list(failed)

    @property
    def best(self) -> Run:
        """The run with the best primary metric on the test rows; of a sweep what it chose."""
        return next(run for run in self._runs if run.id == self._best)

    def explore(self) -> Any:
        """The runs beside each other, live in a notebook: by any metric, two held together.

        Raises
        ------
        UsageError
            There are not two runs that can be compared.
        MissingExtra
            anywidget is not installed.
        """
        return WIDGETS.get("comparison")(self._runs)

    def __getitem__(self, index: Any) -> Any:
        return self._runs[index]

    def __len__(self) -> int:
        return len(self._runs)

    def _html(self) -> str:
        judged = [run.report("evaluation") for run in self._runs[:DRAWN]]
        few = len(judged) == len(self._runs)
        records = [run.record for run in self._runs]
        return cards.runs(records, self._best, self.failed, judged if few else ())

    def __repr__(self) -> str:
        lines = [repr(run) for run in self._runs]
        lines += [f"<failed {f['family']}: {f['reason']}>" for f in self.failed]
        return "\n".join(lines)


class RunShelf(Shown):
    """The runs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, limit: int = 100) -> list[Run]:
        """The newest first; runs whose job has died are closed on the way."""
        workspace = self._workspace
        from workbench.actions.parts import settle

        return [Run(workspace, r) for r in settle(workspace.context, limit)]

    def aliased(self, alias: str = "champion") -> list[Run]:
        """The runs whose models carry an alias, however old they are."""
        store = self._workspace.context.store
        ids = dict.fromkeys(model.run_id for model in store.aliased(alias))
        return [Run(self._workspace, store.run(run)) for run in ids]

    def courses(self, runs: Sequence[str]) -> dict[str, dict[str, list[float]]]:
        """How losses went while some runs were fitted: id, then ``valid_loss`` and the like."""
        found: dict[str, dict[str, list[float]]] = self._workspace.context.store.courses(runs)
        return found

    def __getitem__(self, name: str) -> Run:
        return Run(self._workspace, self._workspace.context.store.run(name))

    def __iter__(self) -> Iterator[Run]:
        return iter(self.list())

    def _html(self) -> str:
        return cards.runs([run.record for run in self.list(SHELF)])

    def __repr__(self) -> str:
        runs = self.list(SHELF)
        more = " or more" if len(runs) == SHELF else ""
        return f"<Runs of {self._workspace.name!r}: {len(runs)}{more}>"

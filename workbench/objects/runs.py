"""Runs: one execution of a recipe, several of them, and the shelf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFound
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.objects.endpoints import Bundle
from workbench.views import cards, words

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace


class Run:
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

    def explain(self, rows: int = 500, seed: int = 0, progress: Progress = silent) -> Report:
        """SHAP values of up to ``rows`` test rows, in the columns of the data set."""
        from workbench.actions.explain import of

        return of(self.workspace.context, self.id, rows, seed, progress)

    def effects(
        self,
        columns: Sequence[str] | str | None = None,
        method: str | None = None,
        rows: int = 500,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Report:
        """How the prediction moves with single columns, by ``method`` "ale", "pdp" or both.

        Without ``columns``: the six that matter most, and the report is kept with the run.
        """
        from workbench.actions.effects import METHODS, of

        named = [columns] if isinstance(columns, str) else columns
        methods = METHODS if method is None else [method]
        return of(self.workspace.context, self.id, named, methods, rows, seed, progress)

    def counterfactuals(
        self,
        row: int | Mapping[str, Any],
        want: Any = None,
        keep: Sequence[str] | None = None,
        *,
        ranges: Mapping[str, Sequence[Any]] | None = None,
        directions: Mapping[str, str] | None = None,
        count: int = 4,
        most: int = 4,
        progress: Progress = silent,
    ) -> Report:
        """The nearest changes of few columns after which the model says ``want``.

        Parameters
        ----------
        row
            A row number of the data set, or the values of a row.
        want
            A class, or ``(low, high)`` of a number; by default the most probable other class.
        keep
            Columns that may not change; by default the sensitive ones.
        ranges, directions
            ``{"age": (20, 40), "job": ["Sales", "Tech"]}`` and ``{"age": "up"}``.
        """
        from workbench.actions.counterfactuals import of

        limits = {"keep": keep, "ranges": ranges, "directions": directions}
        return of(
            self.workspace.context, self.id, row, want, count=count, most=most,
            progress=progress, **limits,
        )  # fmt: skip

    def trust(self, seed: int = 0, progress: Progress = silent) -> Report:
        """How far the run's explanation can be relied on: four checks in words."""
        from workbench.actions.trust import of

        return of(self.workspace.context, self.id, seed, progress)

    def surrogate(self, depth: int = 3, progress: Progress = silent) -> Report:
        """A tree of at most ``depth`` questions that says nearly what the model says."""
        from workbench.actions.surrogate import of

        return of(self.workspace.context, self.id, depth, progress=progress)

    def neighbours(
        self, row: int | Mapping[str, Any], count: int = 10, progress: Progress = silent
    ) -> Report:
        """The training rows most like a row (its number, or values), and what came of them."""
        from workbench.actions.neighbours import of

        return of(self.workspace.context, self.id, row, count, progress)

    def what_if(self) -> Any:
        """The model held in memory, for rows that are made up: ``ask(values)`` takes milliseconds.

        It gives the scores, and the contributions of the columns, for one row at a time.
        """
        from workbench.actions.what_if import of

        return of(self.workspace.context, self.id)

    def importance(
        self, rows: int = 2000, repeats: int = 5, seed: int = 0, progress: Progress = silent
    ) -> Report:
        """How much the primary metric loses once a column is shuffled, on test rows."""
        from workbench.actions.importance import of

        return of(self.workspace.context, self.id, rows, repeats, seed, progress)

    def fairness(
        self, by: Sequence[str] | str | None = None, threshold: float | None = None
    ) -> Report:
        """How the run treats the groups of some columns, of pairs of them and of all together."""
        from workbench.actions.fairness import of

        columns = [by] if isinstance(by, str) else by
        return of(self.workspace.context, self.id, columns, threshold)

    def validate(
        self,
        folds: int = 5,
        repeats: int = 1,
        *,
        scheme: str | None = None,
        column: str | None = None,
        seed: int = 0,
        inner: int = 0,
        curve: bool | Sequence[float] = False,
        progress: Progress | None = None,
    ) -> Report:
        """Cross-validate the run's recipe on the rows that are not for testing.

        Parameters
        ----------
        scheme
            ``stratified``, ``random``, ``group``, ``content`` or ``time`` (an expanding window);
            what the run's split asks for by default.
        column
            Of ``group`` and ``time``, where the split has none.
        inner
            Attempts of a search within each fold: nested cross-validation, which judges the
            choosing of parameters, too.
        curve
            Whether smaller training parts are tried, too, or which shares of them: would more
            rows help?

        Returns
        -------
        Report
            kind ``validation``; :meth:`folds` has the rows' predictions.
        """
        return self.workspace.validate(
            [self], folds, repeats, scheme=scheme, column=column, seed=seed, inner=inner,
            curve=curve, progress=progress,
        )[0]  # fmt: skip

    def folds(self) -> pd.DataFrame:
        """What the folds of :meth:`validate` predicted: repeat, fold, row, truth and scores."""
        from workbench.actions.validate import kept

        return kept(self.workspace.context, self.id)

    def mitigate(
        self,
        methods: Sequence[str] | str = "reweighing",
        by: Sequence[str] | str | None = None,
        *,
        aim: str = "demographic_parity",
        strength: float | None = None,
        progress: Progress | None = None,
    ) -> Runs:
        """Train the run's recipe again so that groups are treated alike: a new run a method.

        Parameters
        ----------
        methods
            ``reweighing``, ``correlation_remover``, ``exponentiated_gradient``, ``grid_search``
            (four runs) or ``thresholds``.
        by
            The columns that form the groups, all together; the first sensitive one by default.
        aim
            ``demographic_parity``, ``equal_opportunity`` or ``equalized_odds``; reweighing and the
            correlation remover know the first only.
        strength
            How far to go, from 0 to 1.

        Returns
        -------
        Runs
            Those that are done; ``run.report("tradeoff")`` tells what they cost.
        """
        asked = {
            "run": self.id,
            "methods": [methods] if isinstance(methods, str) else list(methods),
            "by": [by] if isinstance(by, str) else by,
            "aim": aim,
            "strength": strength,
        }
        with self.workspace.progress(progress, "mitigate") as tell:
            done = self.workspace.perform("mitigate", asked, tell)
        made = [self.workspace.runs[name] for name in done["runs"]]
        return Runs(made, done["best"], [{"family": f["method"], **f} for f in done["failed"]])

    def tradeoff(
        self,
        by: Sequence[str] | str | None = None,
        *,
        aim: str = "demographic_parity",
        metric: str | None = None,
        progress: Progress = silent,
    ) -> Report:
        """Quality against the gap between groups: this run and all others of its question."""
        from workbench.actions.tradeoff import of

        columns = [by] if isinstance(by, str) else by
        return of(self.workspace.context, self.id, columns, aim, metric, progress=progress)

    def slices(self, other: Run | str | None = None, progress: Progress = silent) -> Report:
        """Groups of test rows where the run fails most; with ``other``, where the two differ most.

        Groups are made of one or two columns of the data set, tested with the rate of false
        discoveries held at 5 %.
        """
        from workbench.actions.slices import of

        return of(self.workspace.context, self.id, getattr(other, "id", other), progress)

    def disagreements(self, other: Run | str, rows: int = 50) -> Report:
        """The test rows about which this run and another say the most different things.

        With the truth, both runs' scores and the data set's columns, the furthest apart first.
        """
        from workbench.actions.disagree import of

        return of(self.workspace.context, self.id, str(getattr(other, "id", other)), rows)

    def threshold(
        self, by: str | None = None, at: float | None = None, *, costs: Any = None
    ) -> Report:
        """The threshold from which on a row is called positive, chosen on the validation rows.

        Parameters
        ----------
        by
            ``f1``, ``youden``, ``cost``, ``recall`` or ``precision``; ``cost`` where costs are
            given, else ``f1``.
        at
            The recall or precision to reach, at the best of the other.
        costs
            What decisions cost: ``{"fn": 5, "fp": 1}``, ``{"true:said": 5}``, or a matrix with
            true classes down and said ones across, in the order of the classes.

        Returns
        -------
        Report
            kind ``threshold``, with the test rows at the chosen threshold beside the model's own.
            What the run predicts, exports and serves stays as it is.
        """
        from workbench.actions.threshold import of

        return of(self.workspace.context, self.id, by, at, costs)

    def conformal(self, alpha: float = 0.1, method: str | None = None, on: str = "valid") -> Report:
        """Intervals or sets that hold the truth in ``1 - alpha`` of the rows.

        Parameters
        ----------
        method
            Of numbers ``absolute`` or ``normalised``, of classes ``lac`` (small sets) or ``aps``
            (never empty).
        on
            What calibrates: ``valid`` (the validation rows) or ``folds`` (those of
            :meth:`validate`).
        """
        from workbench.actions.conformal import of

        return of(self.workspace.context, self.id, alpha, method, on)

    def predict_conformal(
        self, frame: Any, alpha: float = 0.1, method: str | None = None, on: str = "valid"
    ) -> pd.DataFrame:
        """Predictions for the rows of a DataFrame with how sure they are.

        Returns
        -------
        pandas.DataFrame
            ``prediction low high`` of numbers, ``prediction set`` of classes (a tuple of labels).
        """
        from workbench.actions.conformal import predict

        return predict(self.workspace.context, self.id, frame, alpha, method, on)

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

        kept = [r for kind in self.reports() if (r := self.report(kind)) is not None]
        file = Path(path).expanduser().absolute()
        write_text(file, dossier(f"{words.family(self.record.model)} {self.record.short}", kept))
        return file

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

        Networks go on from their last checkpoint, others start again; each ends as if it had not
        been interrupted.
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

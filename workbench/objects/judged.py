"""Runs: how good a model is, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.progress import Progress, silent
from workbench.core.report import Report

if TYPE_CHECKING:
    import pandas as pd

    from workbench.objects.runs import Run, Runs
    from workbench.workspace import Workspace


class Judged:
    """What a run answers when it is judged."""

    workspace: Workspace
    if TYPE_CHECKING:

        @property
        def id(self) -> str: ...

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
        from workbench.objects.runs import Runs

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

    def error_tree(
        self,
        other: Run | str | None = None,
        depth: int = 3,
        *,
        metric: str | None = None,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Report:
        """A few questions that lead to where the run fails most, or where the two differ most.

        The tree is grown on one half of the test rows; its figures are those of the other half,
        which did not choose the groups.

        Parameters
        ----------
        other
            A run to hold against this one: the tree is then grown for their differences.
        depth
            Questions in a row at most, from 1 to 4.
        metric
            ``accuracy`` (wrong decisions), ``log_loss`` or ``brier`` for classes, ``mae`` or
            ``rmse`` for numbers; the first by default.
        seed
            Of the halves.
        """
        from workbench.actions.error_tree import of

        against = getattr(other, "id", other)
        return of(self.workspace.context, self.id, against, depth, metric, seed, progress)

    def disagreements(self, other: Run | str, rows: int = 50) -> Report:
        """The test rows about which this run and another say the most different things.

        With the truth, both runs' scores and the data set's columns, the furthest apart first.
        """
        from workbench.actions.disagree import of

        return of(self.workspace.context, self.id, str(getattr(other, "id", other)), rows)

    def surprises(self, rows: int = 50) -> Report:
        """The test rows that the model was surest about and wrong: the greatest losses first.

        With the truth, what the model said, and the data set's columns.
        """
        from workbench.actions.surprise import of

        return of(self.workspace.context, self.id, rows)

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
            What the run predicts, exports and serves stays as it is; :meth:`deciding` makes a run
            that decides so.
        """
        from workbench.actions.threshold import of

        return of(self.workspace.context, self.id, by, at, costs)

    def deciding(self, threshold: float | Report, *, progress: Progress | None = None) -> Run:
        """A run of the same model that says positive from another probability on.

        Nothing is fitted. The new run is judged on the same test rows, and exports and serves with
        its threshold; this one stays as it is.

        Parameters
        ----------
        threshold
            A probability, or what :meth:`threshold` chose.

        Raises
        ------
        UsageError
            The task is not binary, or the run has a threshold for each group.
        """
        at = threshold.facts["threshold"] if isinstance(threshold, Report) else threshold
        with self.workspace.progress(progress, "decide") as tell:
            asked = {"run": self.id, "threshold": float(at)}
            done = self.workspace.perform("decide", asked, tell)
        return self.workspace.runs[done["run"]]

    def effort(self, *, again: bool = False) -> Report:
        """What the model takes on this machine: training, a row alone, rows at once, its file.

        Measured once and kept with the run; ``again`` measures anew. Energy is told where the
        workspace's settings ask for it (``[energy] meter = true``).
        """
        from workbench.actions.effort import of

        return of(self.workspace.context, self.id, again=again)

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

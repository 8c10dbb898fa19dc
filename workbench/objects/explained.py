"""Runs: why a model answers as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.progress import Progress, silent
from workbench.core.report import Report

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Explained:
    """What a run answers when it is asked for reasons."""

    workspace: Workspace
    if TYPE_CHECKING:

        @property
        def id(self) -> str: ...

    def explain(
        self,
        rows: int = 500,
        seed: int = 0,
        progress: Progress = silent,
        *,
        method: str | None = None,
    ) -> Report:
        """SHAP values of up to ``rows`` test rows, in the columns of the data set.

        ``method`` names another explainer than the one that suits the model: ``sampling`` for every
        model, ``gradients`` (integrated gradients) for our networks.
        """
        from workbench.actions.explain import of

        return of(self.workspace.context, self.id, rows, seed, progress, method)

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

    def interactions(self, rows: int = 500, seed: int = 0, progress: Progress = silent) -> Report:
        """What every two columns do together, beyond what each does alone; kept with the run.

        SHAP interaction values of up to ``rows`` test rows, exact, of models that are trees.
        """
        from workbench.actions.interactions import of

        return of(self.workspace.context, self.id, rows, seed, progress)

    def pair(
        self, column: str, other: str, rows: int = 200, seed: int = 0, progress: Progress = silent
    ) -> Report:
        """The mean prediction over the values of two columns, and how much they act together.

        Partial dependence of the pair over ``rows`` test rows, and Friedman's H: for every model.
        """
        from workbench.actions.pair import of

        return of(self.workspace.context, self.id, column, other, rows, seed, progress)

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

    def cohorts(
        self,
        a: Mapping[str, Any],
        b: Mapping[str, Any] | None = None,
        progress: Progress = silent,
    ) -> Report:
        """What moves the predictions of one group of test rows more than those of another.

        The kept explanation is split, no SHAP value is computed anew; a run that has none is
        explained first.

        Parameters
        ----------
        a, b
            ``{"sex": "Female", "age": (20, 40)}``: for each column a value, a list of values, None
            for missing, or of a number or date both ends of a range (None: open). Any column of the
            data set may be named. Without ``b``: all other test rows.
        """
        from workbench.actions.cohorts import of

        return of(self.workspace.context, self.id, a, b, progress)

    def cohort_choices(self) -> dict[str, Any]:
        """The values of each column, or the ends of its numbers, that cohorts may be chosen by."""
        from workbench.actions.cohorts import choices

        return choices(self.workspace.context, self.id)

    def trust(self, seed: int = 0, progress: Progress = silent) -> Report:
        """How far the run's explanation can be relied on: four checks in words."""
        from workbench.actions.trust import of

        return of(self.workspace.context, self.id, seed, progress)

    def surrogate(self, depth: int = 3, progress: Progress = silent) -> Report:
        """A tree of at most ``depth`` questions that says nearly what the model says."""
        from workbench.actions.surrogate import of

        return of(self.workspace.context, self.id, depth, progress=progress)

    def lime(
        self,
        row: int | Mapping[str, Any],
        samples: int = 4000,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Report:
        """What moves the prediction around one row (its number, or values), by LIME.

        With how well its line follows the model there, and how far it agrees with SHAP values.
        """
        from workbench.actions.lime import of

        return of(self.workspace.context, self.id, row, samples, seed, progress)

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

"""Mitigate: a run's recipe once more for each way to treat groups alike, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from workbench.actions.context import Context
from workbench.actions.fairness import of as audited
from workbench.actions.results import Results
from workbench.actions.tradeoff import of as traded
from workbench.actions.train import best_of, one
from workbench.core.errors import Cancelled, UsageError, WorkbenchError
from workbench.core.mitigation import METHODS, Mitigation
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import Recipe
from workbench.core.wire import plain

GRID = (0.1, 0.2, 0.3, 0.5)  # strengths that a grid search makes runs of


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    by: Sequence[str] | None = None,
    methods: Sequence[str] = ("reweighing",),
    aim: str = "demographic_parity",
    strength: float | None = None,
) -> dict[str, Any]:
    """Train a mitigated run for each method (a grid search: for each of four strengths).

    Parameters
    ----------
    by
        The columns that form the groups, all together; the first sensitive one by default.
    strength
        How far to go, from 0 to 1; by default all the way.

    Returns
    -------
    dict
        ``runs`` (ids, in the order of the methods), ``best`` (by the primary metric), ``failed``
        (method and reason), ``report`` (kind ``tradeoff``, kept with the run).

    Raises
    ------
    UsageError
        No column forms groups, a method is unknown, or none could be carried out.
    """
    first = Results.of(context, run)
    columns = list(dict.fromkeys(by or first.schema.audited()[:1]))
    if not columns:
        raise UsageError(
            f"{first.dataset.ref} has no sensitive column.",
            "Mark one on the Data page or name it: by=[...].",
        )
    recipes = _recipes(first.record.recipe, columns, methods, aim, strength)
    done, failed = [], []
    for number, recipe in enumerate(recipes):
        assert recipe.mitigation is not None
        title = METHODS[recipe.mitigation.method]
        ends = (0.95 * number / len(recipes), 0.95 * (number + 1) / len(recipes))
        try:
            tags = {"origin": first.record.id, "mitigation": recipe.mitigation.method}
            made = one(context, recipe, within(progress, *ends, f"{title}: "), tags)
        except Cancelled:
            raise
        except WorkbenchError as error:
            if len(recipes) == 1:
                raise
            failed.append({"method": recipe.mitigation.method, "reason": str(error)})
            continue
        audited(context, made.id, columns)
        done.append(made)
    if not done:
        raise UsageError(failed[0]["reason"])
    progress(0.96, "weighing the price")
    report = traded(context, first.record.id, columns, aim, only=[r.id for r in done])
    context.store.put_report(first.record.id, report)
    progress(1.0, report.sentence)
    return {
        "runs": [r.id for r in done],
        "best": best_of(done).id,
        "failed": failed,
        "report": plain(report),
    }


def _recipes(
    recipe: Recipe, by: list[str], methods: Sequence[str], aim: str, strength: float | None
) -> list[Recipe]:
    """A recipe for each run; a wrong name is said before anything is trained."""
    if not methods:
        raise UsageError("Name a method.", f"There are: {', '.join(METHODS)}.")
    found = []
    for method in dict.fromkeys(methods):
        grid = GRID if method == "grid_search" and strength is None else (strength,)
        for how in grid:
            asked = {"method": method, "by": tuple(by), "aim": aim}
            if how is not None:
                asked["strength"] = how
            found.append(replace(recipe, mitigation=Mitigation(**asked)))  # type: ignore[arg-type]
    return found

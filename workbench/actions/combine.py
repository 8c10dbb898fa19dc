"""Combine: finished runs put together into one more, as a stack or a blend of what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.actions.train import one
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import ADOPTED, Recipe
from workbench.core.wire import plain
from workbench.training.family import families

How = Literal["stack", "blend", "bag"]
BAGGED = {"folds": 8, "refit": False}
GROUND = ("dataset", "target", "task", "columns", "features", "sensitive", "preparation", "split")


def run(
    context: Context,
    progress: Progress = silent,
    *,
    runs: Sequence[str],
    how: str = "stack",
    seed: int | None = None,
    layers: int = 1,
) -> dict[str, Any]:
    """Train a stack or a blend whose members are the families of ``runs`` with their parameters.

    The members are fitted again, on the same rows: what a stack learns from, no finished model can
    say any more. A ``bag`` is a stack whose fits of the folds answer together. In a second of
    ``layers`` all members are fitted again, beside what the first says.

    Returns
    -------
    dict
        ``run``, the new one.

    Raises
    ------
    UsageError
        The runs do not stand on the same rows and columns, or one cannot be a member.
    """
    recipe = combined(context, runs, how, seed, layers)
    made = one(context, recipe, within(progress, 0.0, 0.99))
    progress(1.0, f"a {how} of {len(recipe.params['members'])} is trained")
    return {"run": made.id}


def combined(
    context: Context,
    runs: Sequence[str],
    how: str = "stack",
    seed: int | None = None,
    layers: int = 1,
) -> Recipe:
    """The recipe of the stack or blend."""
    if how not in get_args(How):
        raise UsageError(f"{how!r} is no way to combine runs.", "Use stack, blend or bag.")
    if how == "blend" and layers != 1:
        raise UsageError("A blend has one layer.", "Make a stack or a bag.")
    found = list({r.record.id: r for r in (Results.of(context, name) for name in runs)}.values())
    if len(found) < 2:
        raise UsageError("Two runs or more can be combined.", "Name another one.")
    first = found[0].record.recipe
    for results in found:
        _refuse(results, found[0])
    members = [
        {"family": r.record.recipe.family, "params": dict(r.record.recipe.params)} for r in found
    ]
    more = {"layers": layers} if layers != 1 else {}
    return replace(
        first,
        family="stack" if how == "bag" else how,
        params={"members": members, **(BAGGED if how == "bag" else {}), **more},
        threshold=None,
        seed=first.seed if seed is None else seed,
    )


def _refuse(results: Results, first: Results) -> None:
    record, recipe = results.record, results.record.recipe
    if recipe.family == ADOPTED:
        raise UsageError(
            f"Run {record.short} was adopted: nobody here knows how to fit it again.",
            "Combine runs that were trained here.",
        )
    if recipe.mitigation is not None:
        raise UsageError(
            f"Run {record.short} is mitigated, which a member cannot be.",
            "Combine the runs that it was made from, and mitigate what comes of it.",
        )
    if hasattr(families.get(recipe.family), "members"):
        raise UsageError(
            f"Run {record.short} ({record.model}) holds other models itself.",
            "Combine what it holds.",
        )
    mine, other = plain(recipe), plain(first.record.recipe)
    apart = next((name for name in GROUND if mine.get(name) != other.get(name)), None)
    if apart is not None:
        raise UsageError(
            f"Runs {first.record.short} and {record.short} differ in {apart}.",
            "Members of one model learn from the same rows and columns.",
        )

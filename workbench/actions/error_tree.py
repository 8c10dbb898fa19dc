"""Error tree: questions that lead to where a run fails most, or where two runs differ most."""

from __future__ import annotations

from typing import Any

from workbench.actions.context import Context
from workbench.actions.heldout import HeldOut
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import Task
from workbench.core.report import Report
from workbench.core.signature import Field
from workbench.core.wire import plain
from workbench.evaluation.errortree import DEPTH, error_tree
from workbench.evaluation.leaves import Errors
from workbench.measures.losses import shares
from workbench.measures.words import counted, listed

DEEPEST = 4
CLASSES = ("accuracy", "log_loss", "brier")
METRICS: dict[Task, tuple[str, ...]] = {  # the first is taken where none is named
    "binary": CLASSES,
    "multiclass": CLASSES,
    "regression": ("mae", "rmse"),
}


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    other: str | None = None,
    depth: int = DEPTH,
    metric: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Grow the tree of a run's errors, or of where it differs from another run."""
    return {"report": plain(of(context, run, other, depth, metric, seed, progress))}


def of(
    context: Context,
    run: str,
    other: str | None = None,
    depth: int = DEPTH,
    metric: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Report:
    """A tree of at most ``depth`` questions that lead to where ``run`` errs more than elsewhere.

    With ``other``, to where the two differ more than elsewhere. Columns are those of the data set,
    whether the model saw them or not, but for ids, texts and what is ignored. The report of one run
    is kept with it.

    Parameters
    ----------
    metric
        Whose shares of single rows the errors are: ``accuracy`` (wrong decisions), ``log_loss`` or
        ``brier`` for classes, ``mae`` or ``rmse`` for numbers.
    seed
        Of the halves: one grows the tree, the other is measured.

    Raises
    ------
    UsageError
        The two runs answer different questions, the depth is none of 1 to 4, or the metric cannot
        be shared out among rows.
    DataError
        There are too few test rows.
    """
    if not 1 <= depth <= DEEPEST:
        raise UsageError(f"An error tree has one to four questions in a row, not {depth}.")
    held = HeldOut.of(context, run, other)
    chosen = _metric(metric, held.first.signature.task)
    progress(0.1, "reading the columns")
    found = [shares(sample, chosen) for sample in held.samples]
    assert found[0] is not None
    report = error_tree(
        Errors(found[0], found[1] if other else None, rates=chosen == "accuracy"),
        held.frame(),
        [Field(c.name, c.basis) for c in held.columns],  # type: ignore[arg-type]
        subject=held.subject,
        title=_title(held),
        metric=chosen,
        names=held.names,
        groups=held.groups(),
        depth=depth,
        seed=seed,
        progress=within(progress, 0.2, 1.0),
    )
    if other is None:
        context.store.put_report(held.first.record.id, report)
    return report


def _metric(asked: str | None, task: Task) -> str:
    known = METRICS[task]
    if asked is not None and asked not in known:
        raise UsageError(
            f"An error tree of a {task} run cannot be grown for {asked!r}.",
            f"Use {listed(known[:-1])} or {known[-1]}.",
        )
    return asked or known[0]


def _title(held: HeldOut) -> str:
    said = " and ".join(run.title for run in held.runs)
    what = "Where they differ, as a tree" if len(held.runs) > 1 else "Error tree"
    return f"{what}: {said} on {counted(len(held), 'test row')}"

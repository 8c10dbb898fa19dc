"""Compare: runs on the same held-out rows, with paired differences and their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.evaluation.compare import Subject, compare
from workbench.evaluation.significance import Folded
from workbench.measures.costs import Costs

SIMPLE = ("dummy", "logistic", "elastic", "bayes")  # baselines, and models that can be read


def run(
    context: Context,
    progress: Progress = silent,
    *,
    runs: Sequence[str],
    seed: int = 0,
    rope: float | None = None,
    costs: Any = None,
) -> dict[str, Any]:
    """Compare ``runs``; the report comes whole, since it belongs to no single run."""
    return {"report": plain(of(context, runs, seed, progress, rope, costs))}


def of(
    context: Context,
    runs: Sequence[str],
    seed: int = 0,
    progress: Progress = silent,
    rope: float | None = None,
    costs: Any = None,
) -> Report:
    """The comparison of two or more runs; with their folds, where they were validated.

    Parameters
    ----------
    rope
        A difference of the primary metric up to which two runs are as good as each other.
    costs
        What decisions cost, as :meth:`Costs.of <workbench.measures.costs.Costs.of>` takes it.

    Raises
    ------
    UsageError
        Fewer than two runs, a ``rope`` that is no difference, or runs that answer different
        questions.
    """
    results = [Results.of(context, name) for name in dict.fromkeys(runs)]
    if len(results) < 2:
        raise UsageError("A comparison needs two runs or more.", "Choose another one.")
    if rope is not None and not (isinstance(rope, Real) and 0 <= rope < math.inf):
        raise UsageError(
            f"A difference that does not matter (rope) is a number from 0 on, not {rope!r}.",
            "Say 0.01 for a point of a share.",
        )
    require_one_question(results)
    rows = shared_rows(results)
    subjects = [
        Subject(
            id=r.record.id,
            title=r.title,
            truth=r.test_truth()[positions(r, rows)],
            scores=r.test_scores()[positions(r, rows)],
            folded=folded(r),
            simple=r.record.recipe.family in SIMPLE,
            signature=r.signature,
            effort=context.store.report(r.record.id, "effort"),
        )
        for r in results
    ]
    signature = results[0].signature
    given = None if costs is None else Costs.of(costs, signature.classes)
    return compare(subjects, signature, seed=seed, rope=rope, costs=given, progress=progress)


def folded(results: Results) -> Folded | None:
    """The scores of a validated run's folds."""
    report = results.context.store.report(results.record.id, "validation")
    if report is None:
        return None
    values: dict[str, list[float | None]] = {}
    for row in report["scores"].records():
        values.setdefault(row["metric"], []).append(row["value"])
    unstable = any(f.code == "unstable-folds" for f in report.findings)
    return Folded(report.facts["marks"], report.facts["ratio"], values, unstable)


def require_one_question(results: list[Results]) -> None:
    first = results[0]
    for other in results[1:]:
        same = (
            other.record.dataset_digest == first.record.dataset_digest
            and other.signature.target == first.signature.target
            and other.signature.classes == first.signature.classes
        )
        if not same:
            raise UsageError(
                f"Runs {first.record.short} and {other.record.short} cannot be compared:"
                f" {first.record.recipe.dataset} / {first.signature.target} against"
                f" {other.record.recipe.dataset} / {other.signature.target}.",
                "Compare runs with one data set and one target.",
            )


def shared_rows(results: list[Results]) -> np.ndarray:
    rows = results[0].test["row"].to_numpy()
    for other in results[1:]:
        rows = np.intersect1d(rows, other.test["row"].to_numpy())
    if len(rows) < 2:
        raise UsageError("These runs share no test rows.", "Train them with the same split.")
    return rows


def positions(results: Results, rows: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.isin(results.test["row"].to_numpy(), rows))

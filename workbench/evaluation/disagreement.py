"""Disagreement: the rows about which two models say the most different things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.evaluation.rows import in_columns
from workbench.measures.losses import losses
from workbench.measures.sample import Floats, Sample
from workbench.measures.words import counted

CELLS = (
    ("both right", True, True),
    ("only the first right", True, False),
    ("only the second right", False, True),
    ("both wrong", False, False),
)


def gaps(first: Sample, second: Sample) -> Floats:
    """How far two models' scores lie apart, row by row: half the total variation, or a distance."""
    if first.task == "regression":
        return np.abs(first.scores - second.scores)
    return np.abs(first.scores - second.scores).sum(axis=1) / 2


def most_apart(first: Sample, second: Sample, limit: int) -> np.ndarray:
    """The places of the rows whose scores lie furthest apart, the furthest first."""
    apart = gaps(first, second)
    found: np.ndarray = np.argsort(-apart, kind="stable")[: max(0, limit)]
    return found[apart[found] > 0]


def disagreement(
    samples: tuple[Sample, Sample],
    places: np.ndarray,
    rows: np.ndarray,
    data: Mapping[str, Sequence[Any]],
    signature: Signature,
    *,
    names: tuple[str, str],
    subject: str,
) -> Report:
    """The report of the rows at ``places``.

    Parameters
    ----------
    places
        As :func:`most_apart` gives them.
    rows
        (n,) the number of each row in the data set.
    data
        The user's columns at ``places``.

    Returns
    -------
    Report
        kind ``disagreement``.
    """
    first, second = samples
    facts: dict[str, Any] = {
        "rows": len(first),
        "names": list(names),
        "task": signature.task,
        "target": signature.target,
        "classes": list(signature.classes),
        "mean_gap": float(gaps(first, second).mean()),
        "correlation": _correlation(first, second),
    }
    tables = [_apart(first, second, places, rows, signature), in_columns(places, rows, data)]
    if signature.task != "regression":
        cells = _cells(first, second)
        facts["agreement"] = float((first.predicted == second.predicted).mean())
        tables.insert(0, cells)
    return Report(
        "disagreement",
        subject,
        f"Where {names[0]} and {names[1]} differ, on {counted(len(first), 'test row')}",
        _sentence(first, second, names, signature),
        facts,
        tuple(_findings(first, second, places, names)),
        tuple(tables),
    )


def _correlation(first: Sample, second: Sample) -> float | None:
    """Of positive scores, of all probabilities, or of values; None where one is constant."""
    one, other = (
        s.scores[:, 1] if s.task == "binary" else s.scores.ravel() for s in (first, second)
    )
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _cells(first: Sample, second: Sample) -> Table:
    """How often both, one or none of them decide rightly."""
    a, b = first.predicted == first.truth, second.predicted == second.truth
    counts = [int(((a == x) & (b == y)).sum()) for _, x, y in CELLS]
    return Table.of(
        "decisions",
        {
            "what": [name for name, _, _ in CELLS],
            "count": counts,
            "share": [c / len(first) for c in counts],
        },
    )


def _apart(
    first: Sample, second: Sample, places: np.ndarray, rows: np.ndarray, signature: Signature
) -> Table:
    apart = gaps(first, second)[places]
    worse = losses(first)[places] - losses(second)[places]
    closer = np.where(worse < 0, "a", np.where(worse > 0, "b", ""))
    if signature.task == "regression":
        columns = {
            "row": rows[places],
            "truth": first.truth[places],
            "a": first.scores[places],
            "b": second.scores[places],
        }
    else:
        names = np.array(signature.classes, dtype=object)
        sought = 1 if signature.task == "binary" else None
        columns = {
            "row": rows[places],
            "truth": names[first.truth[places].astype(np.int64)],
            "a": names[first.predicted[places].astype(np.int64)],
            "b": names[second.predicted[places].astype(np.int64)],
            "score_a": _score(first, places, sought),
            "score_b": _score(second, places, sought),
        }
    whose = {
        "binary": " Scores are the positive class's.",
        "multiclass": " Scores are the truth's.",
    }
    caption = "The furthest apart first." + whose.get(signature.task, "")
    return Table.of("disagreements", {**columns, "gap": apart, "closer": closer}, caption)


def _score(sample: Sample, places: np.ndarray, sought: int | None) -> Floats:
    column = sample.truth[places].astype(np.int64) if sought is None else sought
    found: Floats = sample.scores[places, column]
    return found


def _sentence(first: Sample, second: Sample, names: tuple[str, str], signature: Signature) -> str:
    if signature.task == "regression":
        closer = float((losses(first) < losses(second)).mean())
        return f"{names[0]} is closer to the truth in {closer:.0%} of the rows."
    a, b = first.predicted == first.truth, second.predicted == second.truth
    apart = int((first.predicted != second.predicted).sum())
    if apart == 0:
        return "They decide alike in every row."
    return (
        f"They decide differently in {counted(apart, 'row')} ({apart / len(first):.1%}):"
        f" {names[0]} is right in {int((a & ~b).sum()):,} of them, {names[1]} in"
        f" {int((~a & b).sum()):,}."
    )


def _findings(
    first: Sample, second: Sample, places: np.ndarray, names: tuple[str, str]
) -> Iterator[Finding]:
    if first.task == "regression" or not len(places):
        return
    both = int(((first.predicted != first.truth) & (second.predicted != second.truth)).sum())
    wrong = int((first.predicted != first.truth).sum())
    if wrong and both / wrong > 0.8:
        yield Finding(
            "same-errors",
            "info",
            f"{both / wrong:.0%} of the rows that {names[0]} gets wrong {names[1]} gets wrong, too:"
            " a blend of the two would gain little.",
            {"both": both, "first": wrong},
        )


def require_two(first: str, second: str) -> None:
    """Refuse a run held against itself."""
    if first == second:
        raise UsageError("A run does not differ from itself.", "Name another one.")

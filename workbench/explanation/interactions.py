"""Interactions: what two columns do together, beyond what each does alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.explanation.cells import plain, row_names
from workbench.explanation.explainer import Explainable, Floats, classes_of, some
from workbench.explanation.explainers.trees import interactions as of_trees
from workbench.explanation.grid import ORDERED
from workbench.measures.words import counted, number

PAIRS = 200  # that a report tells
DRAWN = 8  # pairs whose rows it carries
POINTS = 500  # rows of each
MUCH = 0.5  # share of all effects from which single columns are no whole answer


def interactions(
    predictor: Explainable, frame: Any, subject: str, *, progress: Progress = silent
) -> Report:
    """SHAP interaction values of the columns, for a model of trees (Lundberg et al. 2020).

    Returns
    -------
    Report
        kind ``interactions``. Table ``pairs``: ``size`` is the mean size of what the two do
        together (both halves of it), ``alone`` the smaller of what each of them does by itself;
        ``own``: the mean size of each column's own effect; ``points``: of the strongest pairs the
        rows' values and what the two did together there.

    Raises
    ------
    DataError
        There is no row.
    UsageError
        The model has no trees that can be read.
    """
    if not len(frame):
        raise DataError("There are no rows to explain.", "Choose a part that has rows.")
    start = time.process_time()
    found, values = of_trees(predictor, frame, progress=within(progress, 0.05, 0.95))
    seconds = time.process_time() - start
    signature, classes = predictor.signature, classes_of(predictor.signature)
    size = np.abs(values).mean(axis=0)  # (columns, columns, outputs)
    pairs = _pairs(size, values, signature, classes)
    rows = frame.iloc[found.rows]
    own = np.einsum("aak->ak", size)
    together = float((size.sum() - own.sum()) / max(float(size.sum()), 1e-300))
    miss = np.abs(values.sum(axis=2) - found.values).max(initial=0.0)
    progress(1.0, "explained")
    return Report(
        "interactions",
        subject,
        f"What columns do together, over {counted(len(rows), 'row')}",
        _sentence(pairs, found.space, together),
        {
            "method": found.method,
            "space": found.space,
            "classes": list(classes),
            "columns": list(signature.names),
            "rows": len(rows),
            "rows_asked": len(frame),
            "together": together,
            "additivity_error": float(max(miss, found.error)),
            "seconds": seconds,
        },
        tuple(_findings(together, len(rows), len(frame))),
        (
            pairs,
            _own(own, signature, classes),
            _points(pairs, values, rows, signature, classes),
        ),
    )


def _pairs(
    size: Floats, values: Floats, signature: Signature, classes: Sequence[str | None]
) -> Table:
    """Pairs by falling size, over all outputs together."""
    names = signature.names
    first, second = np.triu_indices(len(names), 1)
    both = 2 * size[first, second]  # (pairs, outputs)
    mean = 2 * values.mean(axis=0)[first, second]
    order = np.argsort(-both.sum(axis=1), kind="stable")[:PAIRS]
    rows = tuple(
        (
            names[first[p]],
            names[second[p]],
            of_class,
            float(both[p, k]),
            float(mean[p, k]),
            float(min(size[c, c, k] for c in (first[p], second[p]))),
        )
        for p in order
        for k, of_class in enumerate(classes)
        if both[p].sum() > 0
    )
    columns = ("column", "other", "class", "size", "mean", "alone")
    return Table("pairs", columns, rows, "The strongest first; both halves of each pair.")


def _own(own: Floats, signature: Signature, classes: Sequence[str | None]) -> Table:
    rows = tuple(
        (name, of_class, float(own[c, k]))
        for c, name in enumerate(signature.names)
        for k, of_class in enumerate(classes)
    )
    return Table("own", ("column", "class", "size"), rows, "What each column does by itself.")


def _points(
    pairs: Table, values: Floats, frame: Any, signature: Signature, classes: Sequence[str | None]
) -> Table:
    """What the strongest pairs did in each row."""
    shown = some(len(frame), POINTS)
    numbers = row_names(frame)
    place = {name: k for k, name in enumerate(signature.names)}
    cells = {n: plain(frame[n].iloc[shown], signature[n].kind) for n in signature.names}
    chosen = list(dict.fromkeys(_lined(r[0], r[1], signature) for r in pairs.rows))[:DRAWN]
    rows = tuple(
        (
            column,
            other,
            of_class,
            numbers[r],
            cells[column][at],
            cells[other][at],
            float(2 * values[r, place[column], place[other], k]),
        )
        for column, other in chosen
        for k, of_class in enumerate(classes)
        for at, r in enumerate(shown)
    )
    columns = ("column", "other", "class", "row", "value", "other_value", "effect")
    return Table("points", columns, rows, "Single rows of the strongest pairs.")


def _lined(column: str, other: str, signature: Signature) -> tuple[str, str]:
    """The pair with a column first whose values have an order, if one of them has."""
    turned = signature[column].kind not in ORDERED and signature[other].kind in ORDERED
    return (other, column) if turned else (column, other)


def _sentence(pairs: Table, space: str, together: float) -> str:
    if not len(pairs):
        return "No two columns act together: the model adds up what each of them says."
    best = next(pairs.records())
    unit = "" if space == "value" else f" {space}"
    toward = f" of {best['class']}" if best["class"] is not None else ""
    return (
        f"{best['column']} and {best['other']} act together most: {number(best['size'])}{unit}"
        f"{toward} on average, beyond what each does alone. {together:.0%} of all effects are of"
        " two columns together."
    )


def _findings(together: float, rows: int, asked: int) -> Iterator[Finding]:
    if together > MUCH:
        yield Finding(
            "mostly-together",
            "warning",
            f"{together:.0%} of the effects are of columns together: what one column contributes"
            " depends on the others, so read single columns with care.",
            {"together": together},
        )
    if rows < asked:
        yield Finding(
            "fewer-rows",
            "info",
            f"{rows:,} of the {asked:,} rows are looked at: this model takes long to explain.",
            {"rows": rows, "asked": asked},
        )

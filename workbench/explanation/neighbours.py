"""The training rows most like a row, and a few that stand for many (prototypes)."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.core.report import Report, Table
from workbench.core.signature import Signature
from workbench.explanation.cells import plain, row_names
from workbench.explanation.explainer import Explainable, Places
from workbench.explanation.gower import Gower
from workbench.measures.words import counted, number

PROTOTYPES = 5
CANDIDATES = 600  # rows among which prototypes are looked for
FIXED = ("row", "distance", "outcome", "predicted")


def neighbours(
    predictor: Explainable,
    row: Any,
    pool: Any,
    outcomes: Any,
    subject: str,
    *,
    count: int = 10,
) -> Report:
    """The rows of a pool nearest to one row by Gower's distance, with what came of them.

    Parameters
    ----------
    row
        A frame of one row.
    pool, outcomes
        Training rows, named by their index, and the target of each as plain values.

    Returns
    -------
    Report
        kind ``neighbours``. Table ``nearest`` (the columns of ``FIXED``, then one per input, found
        by place), and ``prototypes``: rows that stand for many others (k-medoids' build phase,
        Kaufman & Rousseeuw 1990), the one that stands for most first, with how many it stands for.

    Raises
    ------
    DataError
        There are no training rows.
    """
    if not len(pool):
        raise DataError("There are no rows to compare with.", "Train on more rows.")
    signature = predictor.signature
    gower = Gower(pool, signature)
    distance = gower.distances(row)[0]
    nearest = np.argsort(distance, kind="stable")[:count]
    medoids, stands = _prototypes(pool, signature)
    to_medoids = distance[medoids]
    table = _table("nearest", predictor, pool, outcomes, nearest, distance[nearest])
    shown = _table("prototypes", predictor, pool, outcomes, medoids, stands, "rows")
    agree = _agreement([outcomes[n] for n in nearest], predictor, row)
    return Report(
        "neighbours",
        subject,
        f"The {counted(len(nearest), 'training row')} most like it",
        _sentence(nearest, outcomes, distance, signature),
        {
            "rows": len(pool),
            "count": len(nearest),
            "nearest_distance": float(distance[nearest[0]]),
            "prototype": int(row_names(pool)[medoids[int(np.argmin(to_medoids))]]),
            "agreement": agree,
        },
        (),
        (table, shown),
    )


def _prototypes(pool: Any, signature: Signature) -> tuple[Places, np.ndarray]:
    """Places of the medoids, and how many rows of the pool lie nearest to each."""
    some = np.linspace(0, len(pool) - 1, min(CANDIDATES, len(pool))).astype(np.int64)
    rows = pool.iloc[some]
    distances = Gower(rows, signature).distances(rows)
    chosen: list[int] = []
    best = np.full(len(rows), np.inf)
    for _ in range(min(PROTOTYPES, len(rows))):
        total = np.minimum(distances, best[None, :]).sum(axis=1)
        total[chosen] = np.inf
        chosen.append(int(np.argmin(total)))
        best = np.minimum(best, distances[chosen[-1]])
    home = distances[chosen].argmin(axis=0)
    stands = np.bincount(home, minlength=len(chosen)) * len(pool) / len(rows)
    order = np.argsort(-stands, kind="stable")
    return some[np.array(chosen)[order]], stands[order]


def _table(
    name: str,
    predictor: Explainable,
    pool: Any,
    outcomes: Any,
    places: Places,
    measure: np.ndarray,
    measured: str = "distance",
) -> Table:
    signature, rows = predictor.signature, pool.iloc[places]
    scores = predictor.scores(rows)
    names = row_names(pool)
    columns = [plain(rows[i.name], i.kind) for i in signature.inputs]
    said = (
        [float(s) for s in scores]
        if signature.task == "regression"
        else [float(s) for s in scores[:, -1]]
        if signature.task == "binary"
        else [signature.classes[int(c)] for c in scores.argmax(axis=1)]
    )
    fixed = ("row", measured, *FIXED[2:])
    body = zip(
        (names[p] for p in places), map(float, measure), (outcomes[p] for p in places), said,
        *columns, strict=True,
    )  # fmt: skip
    return Table(name, (*fixed, *signature.names), tuple(body))


def _agreement(outcomes: list[Any], predictor: Explainable, row: Any) -> float | None:
    """The share of the neighbours with the outcome that the model predicts; None for numbers."""
    if predictor.signature.task == "regression":
        return None
    code = int(predictor.scores(row)[0].argmax())
    said = predictor.signature.classes[code]
    return float(np.mean([str(o) == said for o in outcomes]))


def _sentence(nearest: Places, outcomes: Any, distance: np.ndarray, signature: Signature) -> str:
    came = [outcomes[n] for n in nearest]
    far = number(float(distance[nearest[-1]]))
    if signature.task == "regression":
        low, high = min(came), max(came)
        return (
            f"{signature.target} of the {len(came)} most similar training rows lies between"
            f" {number(low)} and {number(high)} (distance up to {far})."
        )
    values, counts = np.unique([str(c) for c in came], return_counts=True)
    top = int(np.argmax(counts))
    return (
        f"{counts[top]} of the {len(came)} most similar training rows are {values[top]}"
        f" (distance up to {far})."
    )

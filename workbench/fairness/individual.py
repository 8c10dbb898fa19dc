"""Individual fairness: are like rows decided alike, and how unequal is what people get?"""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from workbench.fairness.rates import redrawn
from workbench.measures.sample import Codes, Floats

NEIGHBOURS = 5
ASKED = 1000  # rows whose neighbours are looked at


def consistency(matrix: np.ndarray, predicted: Floats, seed: int = 0, rows: int = ASKED) -> float:
    """One minus the mean distance of a row's decision and those of its five nearest rows.

    Zemel et al. 2013; as there and in AIF360, a row is a neighbour of its own.

    Parameters
    ----------
    matrix
        ``(n, m)``: what says which rows are alike, on one scale.
    predicted
        Class numbers or values, ``(n,)``.
    rows
        How many rows are asked at most, drawn with ``seed``.
    """
    neighbours = min(NEIGHBOURS, len(matrix))
    asked = np.arange(len(matrix))
    if len(asked) > rows:
        asked = np.sort(np.random.default_rng(seed).choice(asked, rows, replace=False))
    near = NearestNeighbors(n_neighbors=neighbours).fit(matrix)
    places = near.kneighbors(matrix[asked], return_distance=False)
    return float(1 - np.abs(predicted[asked] - predicted[places].mean(axis=1)).mean())


def entropy(counts: np.ndarray, alpha: float) -> Floats:
    """Generalized entropy of benefits, ``(draws,)``; ``alpha=1`` is Theil's index.

    Speicher et al. 2018: somebody's benefit is 1 where the decision is right, 2 where it is
    wrongly positive, 0 where it is wrongly negative.

    Parameters
    ----------
    counts
        ``(draws, truth, prediction)``.
    """
    counts = counts.astype(np.float64)
    rows = counts.sum(axis=(1, 2))
    double, nothing = counts[:, 0, 1], counts[:, 1, 0]
    mean = (rows + double - nothing) / rows
    once = counts[:, 0, 0] + counts[:, 1, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if alpha == 1:
            total = once / mean * np.log(1 / mean) + double * 2 / mean * np.log(2 / mean)
            return total / rows
        total = once * (1 / mean) ** alpha + double * (2 / mean) ** alpha
        return (total - rows) / (rows * alpha * (alpha - 1))


def inequality(
    truth: Codes, predicted: Codes, draws: int, seed: int
) -> dict[str, tuple[float, Floats]]:
    """Theil's index and the generalized entropy (alpha 2), each with its draws."""
    counts = np.bincount(truth * 2 + predicted, minlength=4)
    drawn = redrawn(counts, draws, seed).reshape(draws, 2, 2)
    own = counts.reshape(1, 2, 2)
    return {
        name: (float(entropy(own, alpha)[0]), entropy(drawn, alpha))
        for name, alpha in (("theil", 1.0), ("generalized_entropy", 2.0))
    }

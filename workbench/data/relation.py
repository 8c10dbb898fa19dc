"""How much one column alone tells about the target.

Half of the rows say what each level of the column means for the target, the other half is judged
by it, and the other way round. So a column of many values gains nothing by its number of values,
and one measure serves numbers, categories, dates and missing cells.
"""

from __future__ import annotations

import numpy as np

from workbench.data.target import Target

MOST_CLASSES = 60
SMOOTH = 1.0  # rows of average that every level starts with
# how well an identifier, or the place of a row, may tell the target before it is remarkable
ORDERED = {"binary": 0.75, "multiclass": 0.75, "regression": 0.5}
MEASURES = {"binary": "AUC", "multiclass": "mean AUC", "regression": "correlation"}


class Relation:
    """The target, ready to be held against any number of columns."""

    def __init__(self, target: Target, seed: int = 0) -> None:
        self.target = target
        known = target.known
        self._rows = np.flatnonzero(known)
        self._half = np.random.default_rng(seed).random(len(self._rows)) < 0.5
        if target.task == "regression":
            self._values = target.values[known]
            self._ranks = np.unique(self._values, return_inverse=True)[1].astype(np.float64)
        else:
            self._codes = target.codes[known]

    def __call__(self, levels: np.ndarray, count: int, ordered: bool = False) -> float | None:
        """An AUC (0.5 says nothing, 1 everything), or a correlation for regression (0 to 1).

        ``ordered`` levels (bins of a number) are held against the ranks of a number as well.
        ``None`` where there are too few rows or too many classes to say.
        """
        if len(self._rows) < 20:
            return None
        found = levels[self._rows]
        if self.target.task == "regression":
            told = self._correlation(found, count)
            return max(told, self._by_rank(found)) if ordered and told is not None else told
        classes = len(self.target.classes)
        if classes > MOST_CLASSES:
            return None
        wanted = [1] if self.target.task == "binary" else range(classes)
        aucs = [self._auc(found, count, self._codes == code) for code in wanted]
        real = [(auc, weight) for auc, weight in aucs if auc is not None]
        if not real:
            return None
        return float(np.average([a for a, _ in real], weights=[w for _, w in real]))

    def _auc(
        self, levels: np.ndarray, count: int, positive: np.ndarray
    ) -> tuple[float | None, float]:
        both = [
            (
                np.bincount(levels[half], minlength=count),
                np.bincount(levels[half & positive], minlength=count),
            )
            for half in (self._half, ~self._half)
        ]
        found = [_auc(*both[i], *both[1 - i]) for i in (0, 1)]
        real = [auc for auc in found if auc is not None]
        return (float(np.mean(real)) if real else None), float(positive.sum())

    def _by_rank(self, levels: np.ndarray) -> float:
        filled = levels > 0
        one, other = levels[filled], self._ranks[filled]
        if len(one) < 20 or np.ptp(one) == 0 or np.ptp(other) == 0:
            return 0.0
        return float(abs(np.corrcoef(one, other)[0, 1]))

    def _correlation(self, levels: np.ndarray, count: int) -> float | None:
        spread = np.sum((self._values - self._values.mean()) ** 2)
        if not np.isfinite(spread) or spread <= 0:
            return None
        wrong = 0.0
        for half in (self._half, ~self._half):
            learn = self._values[half]
            sums = np.bincount(levels[half], learn, minlength=count)
            rows = np.bincount(levels[half], minlength=count)
            means = (sums + SMOOTH * learn.mean()) / (rows + SMOOTH)
            wrong += np.sum((self._values[~half] - means[levels[~half]]) ** 2)
        return float(np.sqrt(max(0.0, 1 - wrong / spread)))


def _auc(
    rows: np.ndarray, positives: np.ndarray, learned_rows: np.ndarray, learned: np.ndarray
) -> float | None:
    """AUC on one half of the rate that each level had in the other half."""
    total, wins = rows.sum(), positives.sum()
    if wins == 0 or wins == total or learned_rows.sum() == 0:
        return None
    prior = learned.sum() / learned_rows.sum()
    rate = (learned + SMOOTH * prior) / (learned_rows + SMOOTH)
    _, place = np.unique(rate, return_inverse=True)
    up = np.bincount(place, positives)
    down = np.bincount(place, rows - positives)
    below = np.cumsum(down) - down
    return float(np.sum(up * (below + down / 2)) / (wins * (total - wins)))

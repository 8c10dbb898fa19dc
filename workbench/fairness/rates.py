"""Rates of groups from counts, on the data and on bootstrap draws of it.

Every rate of a decision is made of the counts of (group, truth, prediction, score bin) cells. To
resample rows with replacement is to draw the cells from one multinomial, so a thousand resamples
cost milliseconds, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.groups import Grouping
from workbench.measures.sample import Codes, Floats, ratio

TITLES: Mapping[str, str] = {
    "selection_rate": "Selection rate",
    "tpr": "True positive rate",
    "fpr": "False positive rate",
    "fnr": "False negative rate",
    "precision": "Precision",
    "accuracy": "Accuracy",
    "base_rate": "Share that is positive",
    "calibration_bias": "Mean score over share",
    "ece": "Calibration error",
    "mean_prediction": "Mean prediction",
    "mae": "Mean absolute error",
    "bias": "Mean error",
    "low_prediction": "10th percentile of predictions",
    "median_prediction": "Median of predictions",
    "high_prediction": "90th percentile of predictions",
}
QUANTILES = (0.025, 0.975)
PLACES = ((0, 0), (0, 1), (1, 0), (1, 1))  # truth and prediction
BINS = 10  # of scores, equally wide, for the calibration error
CELLS = BINS * 4  # of a group: bin, truth and prediction


@dataclass(frozen=True, eq=False)
class Rate:
    """One rate: a value per group, and per draw and group; NaN where it is undefined."""

    name: str
    values: Floats
    draws: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """The ends of the 95 % intervals; NaN where a rate is mostly undefined."""
        return spread(self.draws)


@dataclass(frozen=True, eq=False)
class Decisions:
    """What decides all rates of a binary model: each row's (bin, truth, prediction), and its score.

    Made once, for groupings of all kinds. ``cells`` is ``(bin * 2 + truth) * 2 + prediction``.
    """

    cells: Codes
    scores: Floats

    @classmethod
    def of(cls, truth: Codes, predicted: Codes, scores: Floats) -> Decisions:
        binned = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
        return cls((binned * 2 + truth) * 2 + predicted, scores)


@dataclass(frozen=True, eq=False)
class _Counts:
    """Rows, sums of scores and redrawn rows of each cell: ``(groups, 40)``, draws before them."""

    rows: Codes
    sums: Floats
    drawn: np.ndarray

    @classmethod
    def of(cls, found: Grouping, made: Decisions, draws: int, seed: int) -> _Counts:
        cells = found.codes * CELLS + made.cells
        rows = np.bincount(cells, minlength=len(found) * CELLS)
        sums = np.bincount(cells, weights=made.scores, minlength=len(rows))
        shape = (len(found), CELLS)
        drawn = redrawn(rows, draws, seed).reshape(draws, *shape)
        return cls(rows.reshape(shape), sums.reshape(shape), drawn)

    def within(self, place: Codes, groups: int) -> _Counts:
        """The counts of coarser groups; ``place`` says which of them each of these lies in."""
        parts = [np.flatnonzero(place == k) for k in range(groups)]
        return _Counts(
            np.stack([self.rows[part].sum(axis=0) for part in parts]),
            np.stack([self.sums[part].sum(axis=0) for part in parts]),
            np.stack([self.drawn[:, part].sum(axis=1) for part in parts], axis=1),
        )


def classified(
    found: Sequence[Grouping], made: Decisions, draws: int, seed: int
) -> list[list[Rate]]:
    """All rates of a binary decision, and how its scores are calibrated, by each grouping.

    The last grouping is the finest one, if it crosses the others: its cells alone are counted and
    drawn, and the others' are sums of them.
    """
    *coarser, last = found
    finest = _Counts.of(last, made, draws, seed)
    told = []
    for one in coarser:
        place = one.inside(last)
        told.append(
            finest.within(place, len(one))
            if place is not None
            else _Counts.of(one, made, draws, seed)
        )
    return [_told(counts) for counts in (*told, finest)]


def _told(counts: _Counts) -> list[Rate]:
    shape = (len(counts.rows), BINS, 2, 2)
    mean = ratio(counts.sums, counts.rows.astype(np.float64)).reshape(shape)
    own = _rates(counts.rows.reshape(1, *shape), mean)
    many = _rates(counts.drawn.reshape(-1, *shape), mean)
    return [Rate(name, own[name][0], many[name]) for name in own]


def _rates(counts: np.ndarray, mean: Floats) -> dict[str, Floats]:
    """Rates ``(draws, groups)`` of counts ``(draws, groups, bins, truth, prediction)``.

    ``mean`` is the mean score of each cell. That of a resampled cell is taken to be the same: what
    it varies by within a tenth is little beside the truths.
    """
    decided = counts[:, :, 0].copy()
    for place in range(1, BINS):  # numpy's own sum over a middle axis takes several times as long
        decided += counts[:, :, place]
    return {**binary_rates(decided), **_calibration(counts, mean)}


def binary_rates(counts: np.ndarray) -> dict[str, Floats]:
    """Rates ``(draws, groups)`` from counts ``(draws, groups, truth, prediction)``."""
    tn, fp, fn, tp = (counts[..., t, p].astype(np.float64) for t in (0, 1) for p in (0, 1))
    rows = tn + fp + fn + tp
    return {
        "selection_rate": ratio(fp + tp, rows),
        "tpr": ratio(tp, tp + fn),
        "fpr": ratio(fp, fp + tn),
        "fnr": ratio(fn, tp + fn),
        "precision": ratio(tp, tp + fp),
        "accuracy": ratio(tp + tn, rows),
    }


def _calibration(counts: np.ndarray, mean: Floats) -> dict[str, Floats]:
    """Share of positives, how far the mean score is from it, and the expected calibration error.

    Naeini et al. 2015: over ten bins of scores, the mean distance of score and share of positives.
    """
    score = np.nan_to_num(mean)
    cells = [counts[..., t, p] for t in (0, 1) for p in (0, 1)]  # each (draws, groups, bins)
    positive = (cells[2] + cells[3]).astype(np.float64)
    rows = (cells[0] + cells[1]).sum(axis=-1) + positive.sum(axis=-1)
    off = sum(c * score[..., t, p] for c, (t, p) in zip(cells, PLACES, strict=True)) - positive
    return {
        "base_rate": ratio(positive.sum(axis=-1), rows),
        "calibration_bias": ratio(off.sum(axis=-1), rows),
        "ece": ratio(np.abs(off).sum(axis=-1), rows),
    }


def correct(found: Grouping, right: Codes, draws: int, seed: int) -> list[Rate]:
    """Accuracy alone, for decisions between many classes."""
    counts = np.bincount(found.codes * 2 + right, minlength=len(found) * 2)
    drawn = redrawn(counts, draws, seed).reshape(draws, len(found), 2).astype(np.float64)
    own = counts.reshape(len(found), 2).astype(np.float64)
    many = ratio(drawn[..., 1], drawn.sum(axis=-1))
    return [Rate("accuracy", ratio(own[:, 1], own.sum(axis=-1)), many)]


def spread(draws: Floats) -> tuple[Floats, Floats]:
    """95 % percentile bounds of each column, NaN where over half of the draws are undefined."""
    known = np.isfinite(draws)
    if known.all():
        return _quantiles(draws)
    low, high = np.full(draws.shape[1], np.nan), np.full(draws.shape[1], np.nan)
    whole = known.all(axis=0)
    low[whole], high[whole] = _quantiles(draws[:, whole])
    for column in np.flatnonzero(~whole & (known.mean(axis=0) > 0.5)):
        [low[column]], [high[column]] = _quantiles(draws[known[:, column], column][:, None])
    return low, high


def _quantiles(draws: Floats) -> tuple[Floats, Floats]:
    """As ``np.quantile``, whose care for missing values takes longer than the sorting."""
    ordered = np.sort(draws.T, axis=1)
    ends = []
    for share in QUANTILES:
        place = share * (ordered.shape[1] - 1)
        below = int(place)
        above = min(below + 1, ordered.shape[1] - 1)
        step = ordered[:, above] - ordered[:, below]
        ends.append(ordered[:, below] + (place - below) * step)
    return ends[0], ends[1]


def redrawn(counts: Codes, draws: int, seed: int) -> np.ndarray:
    """Counts of resampled rows ``(draws, cells)``; empty cells stay empty and cost nothing."""
    random = np.random.default_rng(seed)
    used = np.flatnonzero(counts)
    drawn = np.zeros((draws, len(counts)), dtype=np.int64)
    drawn[:, used] = random.multinomial(int(counts.sum()), counts[used] / counts.sum(), size=draws)
    return drawn

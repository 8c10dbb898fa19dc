"""Curves as plain arrays, thinned so that a page can carry them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.measures.sample import Codes, Floats, Ranking, Runs

POINTS = 200
Z = 1.959963984540054  # 95 % of a normal distribution


@dataclass(frozen=True, eq=False)
class Sweep:
    """Counts of what is called positive when the threshold falls, one entry per distinct score."""

    runs: Runs
    scores: Floats

    @cached_property
    def thresholds(self) -> Floats:
        ranking = self.runs.ranking
        return self.scores[ranking.order[ranking.starts]]

    @property
    def hits(self) -> Floats:
        """True positives at score >= threshold."""
        return self.runs.gained

    @cached_property
    def alarms(self) -> Floats:
        """False positives."""
        return self.runs.reached - self.hits

    @property
    def positives(self) -> float:
        return float(self.hits[-1])

    @property
    def negatives(self) -> float:
        return len(self.scores) - self.positives

    @property
    def tpr(self) -> Floats:
        return _share(self.hits, self.positives)

    @property
    def fpr(self) -> Floats:
        return _share(self.alarms, self.negatives)

    @property
    def precision(self) -> Floats:
        return self.hits / np.maximum(self.hits + self.alarms, 1e-300)

    @property
    def selected(self) -> Floats:
        return (self.hits + self.alarms) / (self.positives + self.negatives)


def sweep(positive: Floats, scores: Floats) -> Sweep:
    """The counts at every distinct score, highest first, exactly."""
    return Sweep(Runs.of(Ranking.of(scores), positive > 0), scores)


def roc(swept: Sweep, points: int = POINTS) -> tuple[Floats, Floats]:
    """False and true positive rate from (0, 0) to (1, 1)."""
    fpr, tpr = np.append(0.0, swept.fpr), np.append(0.0, swept.tpr)
    keep = _along(fpr + tpr, points)  # both rise, so that this is the way along the curve
    return fpr[keep], tpr[keep]


def precision_recall(swept: Sweep, points: int = POINTS) -> tuple[Floats, Floats]:
    """Recall and precision, recall rising."""
    recall, precision = swept.tpr, swept.precision
    keep = thin(recall, precision, points)
    return recall[keep], precision[keep]


def gain(swept: Sweep, points: int = POINTS) -> tuple[Floats, Floats]:
    """Share of rows selected, and of the positives found in them, from (0, 0) to (1, 1)."""
    selected, found = np.r_[0.0, swept.selected], np.r_[0.0, swept.tpr]
    keep = thin(selected, found, points)
    return selected[keep], found[keep]


def thin(x: Floats, y: Floats, points: int = POINTS) -> Codes:
    """Indices of at most ``points`` points, evenly spread along the curve, both ends kept."""
    return _along(np.r_[0.0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))], points)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Bins of about equally many rows: what was said, what came, and its 95 % interval."""

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    count: Codes


def calibration(positive: Floats, scores: Floats, bins: int = 10) -> Calibration:
    """Observed frequency against predicted probability; equal scores share a bin."""
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, scores, side="right")
    count = np.bincount(place, minlength=len(edges) + 1)
    full = count > 0
    count = count[full]
    predicted = np.bincount(place, scores, minlength=len(full))[full] / count
    observed = np.bincount(place, positive, minlength=len(full))[full] / count
    low, high = wilson(observed, count.astype(np.float64))
    return Calibration(predicted, observed, low, high, count)


def wilson(share: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval of a share of ``rows``."""
    centre = (share + Z**2 / (2 * rows)) / (1 + Z**2 / rows)
    half = Z / (1 + Z**2 / rows) * np.sqrt(share * (1 - share) / rows + Z**2 / (4 * rows**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def confusion(truth: Floats, predicted: Floats, classes: int) -> Codes:
    """Counts of shape ``(classes, classes)``: truth down, prediction across."""
    cells = truth.astype(np.int64) * classes + predicted.astype(np.int64)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _along(length: Floats, points: int) -> Codes:
    """Indices of at most ``points`` of the points that lie so far along a curve."""
    if len(length) <= points:
        return np.arange(len(length))
    places = np.linspace(0.0, length[-1], points)
    return np.unique(np.r_[0, np.searchsorted(length, places[1:-1]), len(length) - 1])


def _share(counts: Floats, total: float) -> Floats:
    return counts / total if total else np.full_like(counts, np.nan)

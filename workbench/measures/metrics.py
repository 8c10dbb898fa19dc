"""Metrics of binary, multi-class and regression models, for many weightings at once.

Every function takes a :class:`~workbench.measures.sample.Sample` and weights of shape
``(draws, rows)`` and gives ``(draws,)`` values, NaN where the metric says nothing (one class
only). Whole-number weights mean repeated rows, which is what a bootstrap draw is. Values equal
scikit-learn's with ``sample_weight``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.recipe import Task
from workbench.measures.sample import Floats, Ranking, Sample, ratio

Function = Callable[[Sample, Floats], Floats]
BINS = 10  # of the expected calibration error


@dataclass(frozen=True)
class Metric:
    """A named measure; ``function(sample, weights)`` gives one value per row of weights.

    ``points`` says that differences read well in hundredths: "1.9 points of AUC".
    """

    name: str
    title: str
    higher_is_better: bool
    function: Function
    points: bool = False

    def __call__(self, sample: Sample, weights: ArrayLike | None = None) -> float | None:
        """The value of one sample; None where the metric does not apply."""
        given = np.ones(len(sample)) if weights is None else np.asarray(weights, dtype=np.float64)
        value = float(self.function(sample, given[None, :])[0])
        return value if np.isfinite(value) else None


def accuracy(sample: Sample, weights: Floats) -> Floats:
    """Share of rows with the right class."""
    return _mean((sample.predicted == sample.truth).astype(np.float64), weights)


def balanced_accuracy(sample: Sample, weights: Floats) -> Floats:
    """Mean of the classes' recalls; classes without rows are left out."""
    hits = weights @ (sample.is_class * sample.says_class)
    return _nanmean(ratio(hits, weights @ sample.is_class))


def log_loss(sample: Sample, weights: Floats) -> Floats:
    """Mean negative log of the probability given to the truth."""
    eps = np.finfo(np.float64).eps
    given = np.clip(sample.scores, eps, 1 - eps)
    given = given / given.sum(axis=1, keepdims=True)
    return _mean(-np.log((given * sample.is_class).sum(axis=1)), weights)


def brier(sample: Sample, weights: Floats) -> Floats:
    """Mean squared error of the probabilities; for a binary task, of the positive one."""
    squared = (sample.scores - sample.is_class) ** 2
    return _mean(squared[:, 1] if sample.task == "binary" else squared.sum(axis=1), weights)


def roc_auc(sample: Sample, weights: Floats) -> Floats:
    """Chance that a row of the class scores above one that is not; mean over classes."""
    first = 1 if sample.task == "binary" else 0
    areas = [
        _area(ranking, sample.is_class[:, first + k], weights)
        for k, ranking in enumerate(sample.rankings)
    ]
    return _nanmean(np.column_stack(areas))


def average_precision(sample: Sample, weights: Floats) -> Floats:
    """Mean precision over the recall levels of the positive class."""
    ranking = sample.rankings[0]
    hits = ranking.sums(weights * sample.is_class[:, 1])
    rows = ranking.sums(weights)
    precision = ratio(np.cumsum(hits, axis=1), np.cumsum(rows, axis=1))
    return ratio(np.nansum(hits * precision, axis=1), hits.sum(axis=1))


def f1(sample: Sample, weights: Floats) -> Floats:
    """Harmonic mean of precision and recall, of the positive class or averaged over classes."""
    hits = weights @ (sample.is_class * sample.says_class)
    both = weights @ sample.is_class + weights @ sample.says_class
    scores = ratio(2 * hits, both)
    return scores[:, 1] if sample.task == "binary" else _nanmean(scores)


def precision(sample: Sample, weights: Floats) -> Floats:
    """Share of the rows called positive that are."""
    says = sample.says_class[:, 1]
    return ratio(weights @ (sample.is_class[:, 1] * says), weights @ says)


def recall(sample: Sample, weights: Floats) -> Floats:
    """Share of the positive rows that are called so."""
    positive = sample.is_class[:, 1]
    return ratio(weights @ (positive * sample.says_class[:, 1]), weights @ positive)


def ece(sample: Sample, weights: Floats) -> Floats:
    """Expected calibration error: mean distance of probability and frequency in ten bins.

    Binary tasks bin the positive probability, others the probability of the predicted class.
    """
    if sample.task == "binary":
        said, came = sample.scores[:, 1], sample.is_class[:, 1]
    else:
        said, came = sample.scores.max(axis=1), (sample.truth == np.argmax(sample.scores, axis=1))
    bins = np.clip((said * BINS).astype(np.int64), 0, BINS - 1)
    gaps = np.zeros((len(said), BINS))
    gaps[np.arange(len(said)), bins] = came - said
    return ratio(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))


def rmse(sample: Sample, weights: Floats) -> Floats:
    """Root of the mean squared error."""
    return np.sqrt(_mean((sample.scores - sample.truth) ** 2, weights))


def mae(sample: Sample, weights: Floats) -> Floats:
    """Mean absolute error."""
    return _mean(np.abs(sample.scores - sample.truth), weights)


def medae(sample: Sample, weights: Floats) -> Floats:
    """Median absolute error."""
    errors = np.abs(sample.scores - sample.truth)
    order = np.argsort(errors, kind="stable")
    total = np.cumsum(weights[:, order], axis=1)
    half = total[:, -1:] / 2
    low, high = np.argmax(total >= half, axis=1), np.argmax(total > half, axis=1)
    median: Floats = (errors[order[low]] + errors[order[high]]) / 2
    return median


def r2(sample: Sample, weights: Floats) -> Floats:
    """Share of the variance explained; NaN for a constant truth."""
    centred = sample.truth - sample.truth.mean()  # keeps the next difference from cancelling
    rows = weights.sum(axis=1)
    spread = weights @ centred**2 - ratio((weights @ centred) ** 2, rows)
    spread = np.where(spread > 1e-12 * (weights @ centred**2), spread, 0.0)
    return 1 - ratio(weights @ (sample.scores - sample.truth) ** 2, spread)


def _area(ranking: Ranking, positive: Floats, weights: Floats) -> Floats:
    hits = ranking.sums(weights * positive)
    others = ranking.sums(weights * (1 - positive))
    above = np.cumsum(hits, axis=1) - hits / 2  # ties count half
    return ratio(np.einsum("ij,ij->i", others, above), hits.sum(axis=1) * others.sum(axis=1))


def _mean(values: Floats, weights: Floats) -> Floats:
    return ratio(weights @ values, weights.sum(axis=1))


def _nanmean(values: Floats) -> Floats:
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _named(*metrics: Metric) -> Mapping[str, Metric]:
    return {m.name: m for m in metrics}


METRICS: Mapping[Task, Mapping[str, Metric]] = {
    "binary": _named(
        Metric("roc_auc", "AUC", True, roc_auc, points=True),
        Metric("average_precision", "Average precision", True, average_precision, points=True),
        Metric("accuracy", "Accuracy", True, accuracy, points=True),
        Metric("balanced_accuracy", "Balanced accuracy", True, balanced_accuracy, points=True),
        Metric("f1", "F1", True, f1, points=True),
        Metric("precision", "Precision", True, precision, points=True),
        Metric("recall", "Recall", True, recall, points=True),
        Metric("log_loss", "Log loss", False, log_loss),
        Metric("brier", "Brier score", False, brier),
        Metric("ece", "Calibration error", False, ece),
    ),
    "multiclass": _named(
        Metric("log_loss", "Log loss", False, log_loss),
        Metric("accuracy", "Accuracy", True, accuracy, points=True),
        Metric("balanced_accuracy", "Balanced accuracy", True, balanced_accuracy, points=True),
        Metric("f1", "Macro F1", True, f1, points=True),
        Metric("roc_auc", "Macro AUC", True, roc_auc, points=True),
        Metric("brier", "Brier score", False, brier),
        Metric("ece", "Calibration error", False, ece),
    ),
    "regression": _named(
        Metric("rmse", "RMSE", False, rmse),
        Metric("mae", "Mean absolute error", False, mae),
        Metric("medae", "Median absolute error", False, medae),
        Metric("r2", "R²", True, r2, points=True),
    ),
}

PRIMARY: Mapping[Task, str] = {
    "binary": "roc_auc",
    "multiclass": "log_loss",
    "regression": "rmse",
}

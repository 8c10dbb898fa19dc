"""Metrics of binary, multi-class and regression models, for many weightings at once.

Every function takes a :class:`~workbench.measures.sample.Sample` and weights of shape
``(draws, rows)`` and gives ``(draws,)`` values, NaN where the metric says nothing (one class
only). Whole-number weights mean repeated rows, which is what a bootstrap draw is. Values equal
scikit-learn's with ``sample_weight``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.recipe import Task
from workbench.measures import decisions, linear
from workbench.measures.decisions import Margins, nanmean
from workbench.measures.linear import TOP, Linear
from workbench.measures.sample import Codes, Each, Floats, Ranking, Runs, Sample, ratio

Function = Callable[[Sample, Floats], Floats]
BINS = 10  # of the expected calibration error


@dataclass(frozen=True)
class Metric:
    """A named measure; ``function(sample, weights)`` gives one value per row of weights.

    Parameters
    ----------
    function
        The metric itself, exactly.
    points
        Whether differences read well in hundredths: "1.9 points of AUC".
    margins
        The same from counts of classes, if that is all it needs.
    linear
        The same as a function of means, for resamples of very many rows.
    exact
        Whether ``linear`` is the metric itself, not only to first order.
    narrow
        Whether it is only for values of one kind (positive ones), so that it is no news when it
        does not apply.
    """

    name: str
    title: str
    higher_is_better: bool
    function: Function
    points: bool = False
    margins: Callable[[Margins], Floats] | None = None
    linear: Callable[[Sample], Linear] | None = None
    exact: bool = False
    narrow: bool = False

    def __call__(self, sample: Sample, weights: ArrayLike | None = None) -> float | None:
        """The value of one sample; None where the metric does not apply."""
        given = np.ones(len(sample)) if weights is None else np.asarray(weights, dtype=np.float64)
        value = float(self.function(sample, given[None, :])[0])
        return value if np.isfinite(value) else None


def of_decisions(
    name: str, title: str, margins: Callable[[Margins], Floats], points: bool = True
) -> Metric:
    """A metric of decided classes."""

    def function(sample: Sample, weights: Floats) -> Floats:
        return margins(Margins.of(sample, weights))

    return Metric(name, title, True, function, points, margins=margins)


def of_means(
    name: str,
    title: str,
    form: Callable[[Sample], Linear],
    higher: bool = False,
    points: bool = False,
    narrow: bool = False,
) -> Metric:
    """A metric that is a function of means."""

    def function(sample: Sample, weights: Floats) -> Floats:
        found = form(sample)
        sums = weights @ found.dense(len(sample))
        return found.value(ratio(sums, np.broadcast_to(weights.sum(axis=1)[:, None], sums.shape)))

    return Metric(name, title, higher, function, points, linear=form, exact=True, narrow=narrow)


def log_loss(sample: Sample) -> Linear:
    """Mean negative log of the probability given to the truth."""
    eps = np.finfo(np.float64).eps

    def values(part: Sample) -> Floats:
        total = np.clip(part.scores[:, 0], eps, 1 - eps)
        for k in range(1, part.classes):  # summing along such short rows would take far longer
            total += np.clip(part.scores[:, k], eps, 1 - eps)
        return np.log(total) - np.log(np.clip(part.given, eps, 1 - eps))

    return Linear.mean(sample, values)


def brier(sample: Sample) -> Linear:
    """Mean squared error of the probabilities; for a binary task, of the positive one."""
    if sample.task == "binary":
        return Linear.mean(sample, lambda part: (part.scores[:, 1] - part.truth) ** 2)
    return Linear.mean(sample, lambda part: ((part.scores - part.is_class) ** 2).sum(axis=1))


def ece(sample: Sample) -> Linear:
    """Expected calibration error: mean distance of probability and frequency in ten bins.

    Binary tasks bin the positive probability, others the probability of the predicted class.
    """

    def columns(part: Sample) -> tuple[Floats, Codes]:
        if part.task == "binary":
            said, came = part.scores[:, 1], part.truth
        else:
            said, came = part.scores.max(axis=1), part.truth == np.argmax(part.scores, axis=1)
        return came - said, np.clip((said * BINS).astype(np.int64), 0, BINS - 1)

    return Linear.of(sample, columns, lambda means: np.abs(means).sum(axis=1), cells=BINS)


def roc_auc(sample: Sample, weights: Floats) -> Floats:
    """Chance that a row of the class scores above one that is not; mean over classes."""
    first = 1 if sample.task == "binary" else 0
    areas = [
        _area(ranking, sample.is_class[:, first + k], weights)
        for k, ranking in enumerate(sample.rankings)
    ]
    return nanmean(np.column_stack(areas))


def roc_auc_linear(sample: Sample) -> Linear:
    """The same to first order."""
    if sample.area is None:
        return Linear.unknown(sample)
    value, influence = sample.area
    return Linear.shifted(value, lambda rows: influence[rows])


def average_precision(sample: Sample, weights: Floats) -> Floats:
    """Mean precision over the recall levels of the positive class."""
    ranking = sample.rankings[0]
    hits = ranking.sums(weights * sample.is_class[:, 1])
    rows = ranking.sums(weights)
    precision = ratio(np.cumsum(hits, axis=1), np.cumsum(rows, axis=1))
    return ratio(np.nansum(hits * precision, axis=1), hits.sum(axis=1))


def lift(sample: Sample, weights: Floats) -> Floats:
    """How many times more positives the best tenth holds than a tenth at random.

    Of equal scores at its border the tenth takes a share.
    """
    ranking = sample.rankings[0]
    hits = np.cumsum(ranking.sums(weights * sample.is_class[:, 1]), axis=1)
    rows = np.cumsum(ranking.sums(weights), axis=1)
    cut = TOP * rows[:, -1]
    found = np.array(
        [
            np.interp(at, np.append(0.0, r), np.append(0.0, h))
            for at, r, h in zip(cut, rows, hits, strict=True)
        ]
    )
    return ratio(found, TOP * hits[:, -1])


def _ranked(form: Callable[[Runs], tuple[float, Each] | None]) -> Callable[[Sample], Linear]:
    """The first-order form of a metric of the positive class's ranks."""

    def found(sample: Sample) -> Linear:
        runs = sample.runs[0]
        told = form(runs)
        return Linear.unknown(sample) if told is None else Linear.shifted(*told, runs.ranking.order)

    return found


def rmse(sample: Sample) -> Linear:
    """Root of the mean squared error."""
    return Linear.of(
        sample,
        lambda part: [(part.scores - part.truth) ** 2],
        lambda means: np.sqrt(means[:, 0]),
    )


def mae(sample: Sample) -> Linear:
    """Mean absolute error."""
    return Linear.mean(sample, lambda part: np.abs(part.scores - part.truth))


def pinball(level: float) -> Callable[[Sample], Linear]:
    """Quantile loss: errors below the truth weigh ``level``, those above it the rest."""

    def values(part: Sample) -> Floats:
        apart = part.truth - part.scores
        return np.where(apart >= 0, level * apart, (level - 1) * apart)

    return lambda sample: Linear.mean(sample, values)


def mape(sample: Sample) -> Linear:
    """Mean of the error as a share of the truth; NaN where a truth is 0."""
    if (sample.truth == 0).any():
        return Linear.unknown(sample)
    return Linear.mean(sample, lambda part: np.abs(part.scores - part.truth) / np.abs(part.truth))


def rmsle(sample: Sample) -> Linear:
    """Root of the mean squared error of log(1 + value); NaN where a value is -1 or less."""
    if (sample.truth <= -1).any() or (sample.scores <= -1).any():
        return Linear.unknown(sample)
    return Linear.of(
        sample,
        lambda part: [(np.log1p(part.scores) - np.log1p(part.truth)) ** 2],
        lambda means: np.sqrt(means[:, 0]),
    )


def poisson(sample: Sample) -> Linear:
    """Mean Poisson deviance; NaN where a truth is negative or a prediction not above 0."""
    if (sample.truth < 0).any() or (sample.scores <= 0).any():
        return Linear.unknown(sample)

    def values(part: Sample) -> Floats:
        kept = np.where(part.truth > 0, part.truth, 1.0)
        told = np.where(part.truth > 0, part.truth * np.log(kept / part.scores), 0.0)
        return 2 * (told - part.truth + part.scores)

    return Linear.mean(sample, values)


def medae(sample: Sample, weights: Floats) -> Floats:
    """Median absolute error."""
    errors = np.abs(sample.scores - sample.truth)
    order = np.argsort(errors, kind="stable")
    total = np.cumsum(weights[:, order], axis=1)
    half = total[:, -1:] / 2
    low, high = np.argmax(total >= half, axis=1), np.argmax(total > half, axis=1)
    median: Floats = (errors[order[low]] + errors[order[high]]) / 2
    return median


def medae_linear(sample: Sample) -> Linear:
    """The same to first order."""
    return linear.median(np.abs(sample.scores - sample.truth))


def r2(sample: Sample) -> Linear:
    """Share of the variance explained; NaN for a constant truth."""
    return _explained(sample, lambda means: means[:, 0])


def explained_variance(sample: Sample) -> Linear:
    """The same once the mean error is taken off."""
    return _explained(sample, lambda means: means[:, 0] - means[:, 3] ** 2)


def _explained(sample: Sample, left: Callable[[Floats], Floats]) -> Linear:
    middle = sample.truth.mean()

    def columns(part: Sample) -> Sequence[Floats]:
        centred = part.truth - middle  # keeps the next difference from cancelling
        apart = part.scores - part.truth
        return apart**2, centred, centred**2, apart

    def value(means: Floats) -> Floats:
        spread = means[:, 2] - means[:, 1] ** 2
        return 1 - ratio(left(means), np.where(spread > 1e-12 * means[:, 2], spread, 0.0))

    return Linear.of(sample, columns, value)


def _area(ranking: Ranking, positive: Floats, weights: Floats) -> Floats:
    hits = ranking.sums(weights * positive)
    others = ranking.sums(weights * (1 - positive))
    above = np.cumsum(hits, axis=1) - hits / 2  # ties count half
    return ratio(np.einsum("ij,ij->i", others, above), hits.sum(axis=1) * others.sum(axis=1))


def _named(*metrics: Metric) -> Mapping[str, Metric]:
    return {m.name: m for m in metrics}


METRICS: Mapping[Task, Mapping[str, Metric]] = {
    "binary": _named(
        Metric("roc_auc", "AUC", True, roc_auc, points=True, linear=roc_auc_linear),
        Metric(
            "average_precision", "Average precision", True, average_precision, points=True,
            linear=_ranked(linear.average_precision),
        ),
        of_decisions("accuracy", "Accuracy", decisions.accuracy),
        of_decisions("balanced_accuracy", "Balanced accuracy", decisions.balanced_accuracy),
        of_decisions("f1", "F1", decisions.f1),
        of_decisions("precision", "Precision", decisions.precision),
        of_decisions("recall", "Recall", decisions.recall),
        of_means("log_loss", "Log loss", log_loss),
        of_means("brier", "Brier score", brier),
        of_means("ece", "Calibration error", ece),
        of_decisions("specificity", "Specificity", decisions.specificity),
        of_decisions("mcc", "MCC", decisions.mcc, points=False),
        of_decisions("kappa", "Cohen's kappa", decisions.kappa, points=False),
        Metric("lift", "Lift at 10%", True, lift, linear=_ranked(linear.lift)),
    ),
    "multiclass": _named(
        of_means("log_loss", "Log loss", log_loss),
        of_decisions("accuracy", "Accuracy", decisions.accuracy),
        of_decisions("balanced_accuracy", "Balanced accuracy", decisions.balanced_accuracy),
        of_decisions("f1", "Macro F1", decisions.macro_f1),
        Metric("roc_auc", "Macro AUC", True, roc_auc, points=True, linear=roc_auc_linear),
        of_means("brier", "Brier score", brier),
        of_means("ece", "Calibration error", ece),
        of_decisions("f1_weighted", "Weighted F1", decisions.weighted_f1),
        of_decisions("precision", "Macro precision", decisions.macro_precision),
        of_decisions("mcc", "MCC", decisions.mcc, points=False),
        of_decisions("kappa", "Cohen's kappa", decisions.kappa, points=False),
    ),
    "regression": _named(
        of_means("rmse", "RMSE", rmse),
        of_means("mae", "Mean absolute error", mae),
        Metric("medae", "Median absolute error", False, medae, linear=medae_linear),
        of_means("r2", "R²", r2, higher=True, points=True),
        of_means("explained_variance", "Explained variance", explained_variance, True, True),
        of_means("mape", "Mean percentage error", mape, narrow=True),
        of_means("rmsle", "RMS log error", rmsle, narrow=True),
        of_means("poisson", "Poisson deviance", poisson, narrow=True),
        of_means("pinball_10", "Quantile loss at 10%", pinball(0.1)),
        of_means("pinball_90", "Quantile loss at 90%", pinball(0.9)),
    ),
}  # fmt: skip

"""Split conformal prediction: intervals and sets that hold the truth as often as they say.

Angelopoulos and Bates, "A gentle introduction to conformal prediction" (2021). If the rows that
calibrate and those that come are exchangeable, the truth lies inside with a chance of at least
1 - alpha, and of at most 1 - alpha + 1 / (n + 1) where no two scores are equal; whatever the model
and the data are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.recipe import Task
from workbench.measures.sample import Floats, Sample

Method = Literal["absolute", "normalised", "lac", "aps"]
METHODS: tuple[str, ...] = get_args(Method)
OF_NUMBERS = ("absolute", "normalised")
BINS = 10
FEWEST = 20  # rows of a bin of the scale


def usual(task: Task) -> Method:
    """The method that is taken unless another is named."""
    return "absolute" if task == "regression" else "lac"


def rank(scores: Floats, alpha: float) -> float:
    """The ceil((n + 1)(1 - alpha))-th smallest score; infinite where there are too few."""
    place = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    if place > len(scores):
        return math.inf
    return float(np.partition(scores, place - 1)[place - 1])


def fewest(alpha: float) -> int:
    """The rows without which nothing can be promised."""
    return math.ceil(1 / alpha - 1e-9) - 1


@dataclass(frozen=True, eq=False)
class Scale:
    """How large errors are where a prediction lies: the mean in bins of predictions."""

    edges: Floats
    sizes: Floats

    @classmethod
    def of(cls, predicted: Floats, errors: Floats) -> Scale:
        bins = max(1, min(BINS, len(predicted) // FEWEST))
        edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1]))
        place = np.searchsorted(edges, predicted, side="right")
        count = np.bincount(place, minlength=len(edges) + 1)
        total = np.bincount(place, errors, minlength=len(edges) + 1)
        overall = max(float(errors.mean()), np.finfo(np.float64).tiny)
        sizes = np.where(count > 0, total / np.maximum(count, 1), overall)
        return cls(edges, np.maximum(sizes, 0.01 * overall))

    def at(self, predicted: Floats) -> Floats:
        found: Floats = self.sizes[np.searchsorted(self.edges, predicted, side="right")]
        return found


@dataclass(frozen=True, eq=False)
class Conformal:
    """A calibrated rule: intervals of numbers, or sets of classes.

    Parameters
    ----------
    method
        ``absolute``: as wide everywhere. ``normalised``: as wide as errors are where the prediction
        lies, learned from one half of the calibration rows. ``lac``: all classes that are likely
        enough (Sadinle et al. 2019), the smallest sets on average, which may be empty. ``aps``:
        classes from the likeliest down until enough is said (Romano et al. 2020, without its
        random part, so that sets are never empty and rather too large).
    quantile
        The score up to which a value or a class is inside.
    rows
        How many rows calibrated.
    """

    method: Method
    alpha: float
    quantile: float
    rows: int
    scale: Scale | None = None

    @classmethod
    def of(
        cls, sample: Sample, alpha: float, method: Method | None = None, seed: int = 0
    ) -> Conformal:
        """Calibrate on rows that the model was not fitted on.

        Raises
        ------
        UsageError
            Alpha is no share, or the method is for another task.
        """
        method = method or usual(sample.task)
        if not 0 < alpha < 1:
            raise UsageError(f"Alpha {alpha:g} is no share of misses.", "Say for instance 0.1.")
        if method not in METHODS:
            raise UsageError(f"{method!r} is no method.", f"Use one of: {', '.join(METHODS)}.")
        if (method in OF_NUMBERS) != (sample.task == "regression"):
            kind = "numbers" if method in OF_NUMBERS else "classes"
            raise UsageError(f"{method!r} is for {kind}.", f"Use {usual(sample.task)!r}.")
        if method == "normalised":
            return cls._normalised(sample, alpha, seed)
        scores = _scores(sample, method)
        return cls(method, alpha, rank(scores, alpha), len(scores))

    @classmethod
    def _normalised(cls, sample: Sample, alpha: float, seed: int) -> Conformal:
        order = np.random.default_rng(seed).permutation(len(sample))
        half = len(order) // 2
        errors = np.abs(sample.truth - sample.scores)
        if half < 1:
            raise UsageError("There are too few rows to learn how large errors are.")
        scale = Scale.of(sample.scores[order[:half]], errors[order[:half]])
        rest = order[half:]
        scores = errors[rest] / scale.at(sample.scores[rest])
        return cls("normalised", alpha, rank(scores, alpha), len(rest), scale)

    def intervals(self, predicted: Floats) -> tuple[Floats, Floats]:
        """The lower and upper ends around predictions (n,)."""
        sizes = np.ones(len(predicted)) if self.scale is None else self.scale.at(predicted)
        half = self.quantile * sizes
        return predicted - half, predicted + half

    def sets(self, probabilities: Floats) -> np.ndarray:
        """Which classes are inside, boolean of shape (n, classes)."""
        scores = 1 - probabilities if self.method == "lac" else _above(probabilities)
        # a probability comes back from a file or a graph with another last bit
        found: np.ndarray = scores <= self.quantile + 1e-12
        return found

    def holds(self, sample: Sample) -> tuple[np.ndarray, Floats]:
        """Whether each truth is inside, and how large the interval or the set is."""
        if sample.task == "regression":
            low, high = self.intervals(sample.scores)
            return (sample.truth >= low) & (sample.truth <= high), high - low
        sets = self.sets(sample.scores)
        inside = sets[np.arange(len(sample)), sample.truth.astype(np.int64)]
        return inside, sets.sum(axis=1).astype(np.float64)


def _scores(sample: Sample, method: Method) -> Floats:
    if method == "absolute":
        return np.abs(sample.truth - sample.scores)
    places = np.arange(len(sample)), sample.truth.astype(np.int64)
    found: Floats = 1 - sample.scores[places] if method == "lac" else _above(sample.scores)[places]
    return found


def _above(probabilities: Floats) -> Floats:
    """For each class what the likelier ones have together."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=1)
    before = np.cumsum(ordered, axis=1) - ordered
    found = np.empty_like(before)
    np.put_along_axis(found, order, np.maximum(before, 0.0), axis=1)
    return found

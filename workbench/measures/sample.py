"""A truth and the scores given to it, with what metrics need computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.errors import DataError
from workbench.core.recipe import Task

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows by falling score, and where each run of equal scores begins."""

    order: Codes
    starts: Codes

    def sums(self, weights: Floats) -> Floats:
        """Sums of ``weights`` (draws, rows) within each run of equal scores: (draws, runs)."""
        ordered = weights[:, self.order]
        if len(self.starts) == len(self.order):
            return ordered
        summed: Floats = np.add.reduceat(ordered, self.starts, axis=1)
        return summed

    @classmethod
    def of(cls, scores: Floats) -> Ranking:
        order = np.argsort(-scores)  # the order of equal scores counts for nothing
        ordered = scores[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        return cls(order, starts)


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of equal scores, highest first: their rows and how many of them are positive.

    ``positive`` is 1 for each positive row in the order of the ranking.
    """

    ranking: Ranking
    positive: Floats
    rows: Floats
    hits: Floats

    @classmethod
    def of(cls, ranking: Ranking, positive: Floats) -> Runs:
        ordered = positive[ranking.order]
        if len(ranking.starts) == len(ranking.order):
            return cls(ranking, ordered, np.ones(len(ordered)), ordered)
        rows = np.diff(ranking.starts, append=len(ordered)).astype(np.float64)
        return cls(ranking, ordered, rows, np.add.reduceat(ordered, ranking.starts))

    @cached_property
    def area(self) -> tuple[float, Floats] | None:
        """The area under the ROC curve, and what each row adds to it (DeLong et al. 1988).

        Rows are in the order of the ranking, and what they add sums up to zero. None where a class
        has no rows.
        """
        others = self.rows - self.hits
        yes, no = float(self.hits.sum()), float(others.sum())
        if not yes or not no:
            return None
        below = no - np.cumsum(others) + others / 2  # negatives under each run, ties by half
        above = np.cumsum(self.hits) - self.hits / 2
        found = float(self.hits @ below / (yes * no))
        rows = len(self.positive)
        won = self.spread((below / no - found) * (rows / yes))
        kept = self.spread((above / yes - found) * (rows / no))
        return found, np.where(self.positive > 0, won, kept)

    def spread(self, values: Floats) -> Floats:
        """A value of each run as one of each row, in the order of the ranking."""
        if len(values) == len(self.positive):
            return values
        return np.repeat(values, self.rows.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Sample:
    """What was true and what a model said, row by row.

    Parameters
    ----------
    task
        ``binary``, ``multiclass`` or ``regression``.
    truth
        Class numbers 0..k-1, or values.
    scores
        Probabilities of shape ``(n, k)``, or values of shape ``(n,)``.
    predicted
        Class numbers decided from the scores, or the values themselves.
    """

    task: Task
    truth: Floats
    scores: Floats
    predicted: Floats

    @classmethod
    def of(
        cls,
        task: Task,
        truth: ArrayLike,
        scores: ArrayLike,
        *,
        predicted: ArrayLike | None = None,
        threshold: float = 0.5,
    ) -> Sample:
        """A checked sample; binary ``scores`` may also be the positive probabilities ``(n,)``.

        Raises
        ------
        DataError
            No rows, lengths that differ, or a truth or score that is not a finite number.
        """
        found, given = np.asarray(truth, dtype=np.float64), np.asarray(scores, dtype=np.float64)
        if task == "binary" and given.ndim == 1:
            given = np.column_stack([1.0 - given, given])
        if task == "regression" and given.ndim == 2 and given.shape[1] == 1:
            given = given[:, 0]
        _check(found, given, task)
        if predicted is None:
            predicted = _decide(given, task, threshold)
        return cls(task, found, given, np.asarray(predicted, dtype=np.float64))

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def classes(self) -> int:
        return self.scores.shape[1] if self.scores.ndim == 2 else 0

    @cached_property
    def rankings(self) -> tuple[Ranking, ...]:
        """One ranking per class; for a binary task, the positive class only."""
        first = 1 if self.task == "binary" else 0
        return tuple(Ranking.of(self.scores[:, k]) for k in range(first, self.classes))

    @cached_property
    def runs(self) -> tuple[Runs, ...]:
        """The runs of equal scores of each ranking."""
        first = 1 if self.task == "binary" else 0
        return tuple(
            Runs.of(ranking, (self.truth == first + k).astype(np.float64))
            for k, ranking in enumerate(self.rankings)
        )

    @cached_property
    def given(self) -> Floats:
        """The probability that was given to each truth."""
        if self.task == "binary":
            return np.where(self.truth == 1, self.scores[:, 1], self.scores[:, 0])
        found: Floats = self.scores[np.arange(len(self)), self.truth.astype(np.int64)]
        return found

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Whether each row is decided rightly."""
        found: NDArray[np.bool_] = self.predicted == self.truth
        return found

    @cached_property
    def is_class(self) -> Floats:
        """One column per class, 1 where it is the truth."""
        hot: Floats = (self.truth[:, None] == np.arange(self.classes)).astype(np.float64)
        return hot

    @cached_property
    def says_class(self) -> Floats:
        """One column per class, 1 where it is the prediction."""
        hot: Floats = (self.predicted[:, None] == np.arange(self.classes)).astype(np.float64)
        return hot


def ratio(above: Floats, below: Floats) -> Floats:
    """``above / below``, NaN where there is nothing to divide by."""
    shares: Floats = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=shares, where=below != 0)
    return shares


def _decide(scores: Floats, task: Task, threshold: float) -> Floats:
    if task == "regression":
        return scores
    if task == "binary":
        return (scores[:, 1] >= threshold).astype(np.float64)
    likeliest: Floats = np.argmax(scores, axis=1).astype(np.float64)
    return likeliest


def _check(truth: Floats, scores: Floats, task: Task) -> None:
    if len(truth) == 0:
        raise DataError("There are no rows to measure.", "Choose a part that has rows.")
    if len(truth) != len(scores):
        raise DataError(f"{len(truth)} true values do not fit {len(scores)} predictions.")
    if scores.ndim != (1 if task == "regression" else 2):
        raise DataError(f"Scores of shape {scores.shape} do not fit a {task} task.")
    for what, values in (("true values", truth), ("predictions", scores)):
        if np.isfinite(values).all():
            continue
        bad = int((~np.isfinite(values)).reshape(len(values), -1).any(axis=1).sum())
        raise DataError(f"{bad} of the {what} are missing or infinite.", "Leave them out.")
    if task != "regression" and not _are_classes(truth, scores.shape[1]):
        raise DataError(f"A true class is none of the model's {scores.shape[1]} classes.")


def _are_classes(truth: Floats, classes: int) -> bool:
    inside = truth.min() >= 0 and truth.max() < classes
    return bool(inside and (truth == np.floor(truth)).all())

"""A truth and the scores given to it, with what metrics need computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.errors import DataError
from workbench.core.recipe import Task

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Each = Callable[[slice], Floats]  # a value of each row, told of a slice of the rows

PIECE = 1 << 16  # rows of very many that are looked at together: what is made of them stays near


def pieces(rows: int, size: int = PIECE) -> Iterator[slice]:
    """All rows, some at a time."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


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
        """The order of equal scores counts for nothing."""
        if len(scores) < PIECE:
            return cls._of(scores, np.argsort(-scores))
        order = _nearly_falling(scores)
        ordered = scores[order]
        if (ordered[1:] > ordered[:-1]).any():
            order = order[np.argsort(-ordered, kind="stable")]  # quick where little is left to do
        return cls._of(scores, order)

    @classmethod
    def _of(cls, scores: Floats, order: Codes) -> Ranking:
        ordered = scores[order]
        return cls(order, np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]))


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of equal scores, highest first: their rows and how many of them are positive.

    ``positive`` tells of each row whether it is, in the order of the ranking.
    """

    ranking: Ranking
    positive: NDArray[np.bool_]
    rows: Floats
    hits: Floats

    @classmethod
    def of(cls, ranking: Ranking, positive: NDArray[np.bool_]) -> Runs:
        ordered = positive[ranking.order]
        hits = ordered.astype(np.float64)
        if len(ranking.starts) == len(ordered):
            return cls(ranking, ordered, np.ones(len(ordered)), hits)
        rows = np.diff(ranking.starts, append=len(ordered)).astype(np.float64)
        return cls(ranking, ordered, rows, np.add.reduceat(hits, ranking.starts))

    @cached_property
    def reached(self) -> Floats:
        """Rows of each run and of those above it."""
        return np.append(self.ranking.starts[1:], len(self.positive)).astype(np.float64)

    @cached_property
    def gained(self) -> Floats:
        """Positive rows of each run and of those above it."""
        return np.cumsum(self.hits)

    def area(self) -> tuple[float, Each] | None:
        """The area under the ROC curve, and what each row adds to it (DeLong et al. 1988).

        Rows are in the order of the ranking, and what they add sums up to zero. None where a class
        has no rows.
        """
        rows, yes = len(self.positive), float(self.gained[-1])
        no = rows - yes
        if not yes or not no:
            return None
        below = self.gained - self.reached  # negatives under each run, ties by half
        below += no
        below += (self.rows - self.hits) / 2
        above = self.gained - self.hits / 2
        found = float(self.hits @ below / (yes * no))
        below *= rows / (yes * no)
        below -= found * rows / yes
        above *= rows / (yes * no)
        above -= found * rows / no
        return found, self.each(below, above)

    def each(self, positive: Floats, negative: Floats) -> Each:
        """The positive and the negative rows' value of each run, as one of each row.

        Rows are in the order of the ranking.
        """

        def of(rows: slice) -> Floats:
            run = rows if len(self.rows) == len(self.positive) else self.run[rows]
            return np.where(self.positive[rows], positive[run], negative[run])

        return of

    @cached_property
    def run(self) -> Codes:
        """The run of each row, in the order of the ranking."""
        run = np.zeros(len(self.positive), dtype=np.int64)
        run[self.ranking.starts[1:]] = 1
        return np.cumsum(run, out=run)


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

    def part(self, rows: slice) -> Sample:
        """Some of the rows."""
        return Sample(self.task, self.truth[rows], self.scores[rows], self.predicted[rows])

    def forget(self) -> None:
        """Give back the rankings and their runs, which of very many rows take much memory."""
        for name in ("rankings", "runs"):
            self.__dict__.pop(name, None)

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
            Runs.of(ranking, self.truth == first + k) for k, ranking in enumerate(self.rankings)
        )

    @cached_property
    def area(self) -> tuple[float, Floats] | None:
        """The area under the ROC curve, mean over classes, and what each row adds to it.

        None where no class has both rows of its own and others.
        """
        known = [(r.ranking.order, *told) for r in self.runs if (told := r.area()) is not None]
        if not known:
            return None
        total = np.zeros(len(self))
        own = np.empty(len(self))
        for order, _, influence in known:
            for rows in pieces(len(self)):
                own[order[rows]] = influence(rows)
            total += own
        if len(known) > 1:
            total /= len(known)
        return float(np.mean([value for _, value, _ in known])), total

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


def _nearly_falling(scores: Floats) -> Codes:
    """Rows by falling score but for the last of its digits: two passes of numpy's radix sort.

    Where nearly all scores share their first ten digits the order says nothing yet.
    """
    half = scores / 2  # the reach of finite scores may be infinite, that of their halves is not
    high = half.max()
    scale = (2**32 - 1) / max(high - half.min(), 1e-290)
    np.subtract(high, half, out=half)
    half *= scale
    places = half.astype(np.uint32)
    order = np.argsort(places.astype(np.uint16), kind="stable")  # the lower half, by wrapping
    places >>= 16
    upper = places.astype(np.uint16)[order]
    return order[np.argsort(upper, kind="stable")]


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

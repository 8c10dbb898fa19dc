"""What a person wants a model to say, and what may be changed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.core.errors import NotFound, UsageError
from workbench.core.signature import Signature
from workbench.encoding import decide, text
from workbench.explanation.explainer import Floats
from workbench.explanation.grid import ORDERED
from workbench.questions import positions

UP, DOWN = "up", "down"


@dataclass(frozen=True)
class Wish:
    """A class, or a range of values, that the model should come to.

    Parameters
    ----------
    code
        The class number, or None where the target is a number.
    low, high
        Ends of the range, both inside it; of a target that is a number.
    """

    signature: Signature
    code: int | None = None
    low: float = -np.inf
    high: float = np.inf

    @classmethod
    def of(cls, want: Any, scores: np.ndarray, signature: Signature) -> Wish:
        """From what a person wrote; None asks for the most probable other class.

        Raises
        ------
        UsageError
            A target that is a number needs ``(low, high)``; the row is there already.
        NotFound
            There is no such class.
        """
        if signature.task == "regression":
            wish = cls(signature, None, *_range(want, signature.target))
        elif want is None:
            others = scores[0].copy()
            others[decide(scores, signature)[0]] = -1.0
            wish = cls(signature, int(np.argmax(others)))
        else:
            if text(want) not in signature.classes:
                raise NotFound.among("class", text(want), signature.classes)
            wish = cls(signature, signature.classes.index(text(want)))
        if wish.granted(scores)[0]:
            raise UsageError(
                f"The model already says {wish.words} for this row.",
                "Ask for another outcome.",
            )
        return wish

    @property
    def words(self) -> str:
        """``>50K``, ``120 to 150``, ``at least 120``."""
        if self.code is not None:
            return self.signature.classes[self.code]
        if np.isinf(self.high):
            return f"at least {self.low:g}"
        return f"at most {self.high:g}" if np.isinf(self.low) else f"{self.low:g} to {self.high:g}"

    def granted(self, scores: np.ndarray) -> np.ndarray:
        """Whether the model says so, from :meth:`Predictor.scores`."""
        if self.code is None:
            return np.asarray((scores >= self.low) & (scores <= self.high))
        return np.asarray(decide(scores, self.signature) == self.code)

    def margin(self, scores: np.ndarray) -> Floats:
        """How near the wish is, more is nearer: about 0 where it is granted."""
        if self.code is None:
            return -np.maximum(np.maximum(self.low - scores, scores - self.high), 0.0)
        if self.signature.task == "binary":
            over = scores[:, 1] - self.signature.threshold
            return np.asarray(over if self.code == 1 else -over)
        others = np.delete(scores, self.code, axis=1).max(axis=1)
        return np.asarray(scores[:, self.code] - others)


@dataclass(frozen=True)
class Limits:
    """What may not change, and how far the rest may.

    Parameters
    ----------
    keep
        Columns that stay as they are.
    ranges
        ``(low, high)`` of numbers, either may be None; the allowed values of categories.
    directions
        ``up`` or ``down`` for numbers, dates and booleans.
    """

    keep: frozenset[str] = frozenset()
    ranges: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    directions: Mapping[str, str] = field(default_factory=dict)

    def check(self, signature: Signature) -> None:
        """Refuse names and directions that make no sense.

        Raises
        ------
        NotFound, UsageError
            A column is no input; a direction or range does not fit its column.
        """
        for column in [*self.keep, *self.ranges, *self.directions]:
            signature[column]
        for column, way in self.directions.items():
            if way not in (UP, DOWN):
                raise UsageError(f"{column!r} may go {UP!r} or {DOWN!r}, not {way!r}.")
            if signature[column].kind not in ORDERED:
                raise UsageError(
                    f"Values of {column!r} have no order, so none of them is up or down.",
                    "Name the values that it may take.",
                )
        for column, allowed in self.ranges.items():
            if signature[column].kind == "number" and len(allowed) != 2:
                raise UsageError(f"The range of {column!r} takes two numbers, low and high.")

    def allow(self, column: str, kind: str, before: Any, after: Any) -> np.ndarray:
        """Which values of a Series a row may take that has ``before`` (a Series of one) now."""
        allowed = np.full(len(after), column not in self.keep)
        if kind in ORDERED:
            now, then = positions(before, kind)[0], positions(after, kind)
            allowed &= np.isfinite(then)
            if column in self.directions:
                up = self.directions[column] == UP
                allowed &= np.isnan(now) | ((then >= now) if up else (then <= now))
        if column in self.ranges and kind == "number":
            low, high = self.ranges[column]
            allowed &= then >= (-np.inf if low is None else float(low))
            allowed &= then <= (np.inf if high is None else float(high))
        elif column in self.ranges:
            names = {text(v) for v in self.ranges[column]}
            allowed &= np.array([text(v) in names for v in after.tolist()], dtype=bool)
        return allowed


def _range(want: Any, target: str) -> tuple[float, float]:
    if not isinstance(want, (list, tuple)) or len(want) != 2 or want == (None, None):
        raise UsageError(
            f"{target!r} is a number: say between which values it should come.",
            "For example want=(100, 150); None leaves an end open.",
        )
    low = -np.inf if want[0] is None else float(want[0])
    high = np.inf if want[1] is None else float(want[1])
    if low > high:
        raise UsageError(f"The range from {low:g} to {high:g} is empty.")
    return low, high

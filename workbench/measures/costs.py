"""What wrong decisions cost, as a user says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.measures.linear import Linear
from workbench.measures.metrics import Metric, of_means
from workbench.measures.sample import Floats, Sample

SHORT = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}


@dataclass(frozen=True, eq=False)
class Costs:
    """A cost for each true class (down) and said class (across); what is left out costs nothing."""

    classes: tuple[str, ...]
    matrix: Floats

    @classmethod
    def of(cls, given: Any, classes: Sequence[str]) -> Costs:
        """From a matrix, from ``{"fn": 5, "fp": 1}``, or from ``{"ill:well": 5}`` (true:said).

        Raises
        ------
        UsageError
            A class that there is not, a cost that is no number, or costs that are all equal.
        """
        if len(classes) < 2:
            raise UsageError("Costs are for classes, and the target is a number.")
        if isinstance(given, Costs):
            return given
        if isinstance(given, Mapping):
            matrix = _named(given, classes)
        else:
            try:
                matrix = np.asarray(given, dtype=np.float64)
            except (TypeError, ValueError):
                matrix = np.empty(0)
        size = len(classes)
        if matrix.shape != (size, size) or not np.isfinite(matrix).all():
            raise UsageError(
                f"The costs are no table of {size} true by {size} said classes.",
                f"The classes are, in order: {', '.join(classes)}.",
            )
        if np.ptp(matrix) == 0:
            raise UsageError("All decisions cost the same.", "Say what wrong ones cost.")
        return cls(tuple(classes), matrix)

    @property
    def said(self) -> dict[str, float]:
        """The costs that are not zero, as ``true:said``."""
        return {
            f"{self.classes[i]}:{self.classes[j]}": float(self.matrix[i, j])
            for i, j in zip(*np.nonzero(self.matrix), strict=True)
        }

    def metric(self) -> Metric:
        """The mean cost of a row's decision."""

        def values(part: Sample) -> Floats:
            truth, said = part.truth.astype(np.int64), part.predicted.astype(np.int64)
            found: Floats = self.matrix[truth, said]
            return found

        return of_means(
            "expected_cost", "Expected cost", lambda sample: Linear.mean(sample, values)
        )


def _named(given: Mapping[str, Any], classes: Sequence[str]) -> Floats:
    matrix = np.zeros((len(classes), len(classes)))
    for name, cost in given.items():
        try:
            matrix[_place(str(name), classes)] = float(cost)
        except (TypeError, ValueError) as error:
            raise UsageError(f"{cost!r} is no cost.", "Give a number.") from error
    return matrix


def _place(name: str, classes: Sequence[str]) -> tuple[int, int]:
    if len(classes) == 2 and name.lower() in SHORT:
        return SHORT[name.lower()]
    for at, mark in enumerate(name):  # a class may hold a colon
        truth, said = name[:at], name[at + 1 :]
        if mark == ":" and truth in classes and said in classes:
            return list(classes).index(truth), list(classes).index(said)
    short = " or fn, fp" if len(classes) == 2 else ""
    raise UsageError(
        f"{name!r} names no decision.",
        f"Write TRUE:SAID{short}; the classes are {', '.join(classes)}.",
    )

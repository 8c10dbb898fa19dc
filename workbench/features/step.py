"""The seam of steps: what a way to make columns promises, and the ways that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, get_args

import numpy as np
import pandas as pd

from workbench.core.errors import UsageError
from workbench.core.feature import Feature
from workbench.core.registry import Registry

# "amount" is a number or a moment in days, "date" all parts of one, "any" a number or a text
Taken = Literal["number", "text", "date", "amount", "any"]
TAKEN: tuple[str, ...] = get_args(Taken)
WORDS = {
    "number": "a number",
    "text": "a category or a text",
    "date": "a date",
    "amount": "a number or a date",
    "any": "a number, a category or a text",
}


@dataclass(frozen=True)
class Option:
    """A parameter of a step.

    Parameters
    ----------
    says
        What it means, in a few words that a form can show.
    kind
        ``number`` (or nothing), ``whole``, ``choice`` or ``list`` (of texts).
    """

    name: str
    says: str
    kind: Literal["number", "whole", "choice", "list"]
    default: Any = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def read(self, value: Any, where: str) -> Any:
        """``value`` as the step takes it; text that somebody typed is fine.

        Raises
        ------
        UsageError
            It is of the wrong kind or out of range.
        """
        found = _READERS[self.kind](self, value, where)
        if isinstance(found, (int, float)):
            self._check_range(found, where)
        return found

    def wrong(self, value: Any, where: str, wanted: str) -> UsageError:
        return UsageError(f"{where}: {self.name} is {wanted}, not {value!r}.", f"{self.says}.")

    def _check_range(self, found: float, where: str) -> None:
        low, high = self.low, self.high
        if not np.isfinite(found):
            raise self.wrong(found, where, "a finite number")
        if (low is not None and found < low) or (high is not None and found > high):
            bounds = f"{low:g} to {high:g}" if high is not None else f"at least {low:g}"
            raise self.wrong(found, where, bounds)


def _number(option: Option, value: Any, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise option.wrong(value, where, "a number") from None


def _whole(option: Option, value: Any, where: str) -> int:
    try:
        if float(value).is_integer():
            return int(float(value))
    except (TypeError, ValueError, OverflowError):
        pass
    raise option.wrong(value, where, "a whole number")


def _choice(option: Option, value: Any, where: str) -> str:
    if value not in option.choices:
        raise option.wrong(value, where, f"one of {', '.join(option.choices)}")
    return str(value)


def _list(option: Option, value: Any, where: str) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Sequence) or not parts:
        raise option.wrong(value, where, "a list")
    return [str(part).strip() for part in parts]


_READERS = {"number": _number, "whole": _whole, "choice": _choice, "list": _list}


class Step(Protocol):
    """A way to make columns: a scikit-learn transformer that says how it may be used.

    ``fit`` and ``transform`` take a frame with one encoded column for each that is asked for (five
    for a date: :data:`workbench.encoding.DATE_PARTS`); columns of numbers are float32 with NaN
    where missing, those of text are strings with ``""``. ``fit_transform`` gives what the training
    rows may know of themselves: for a step that looks at the target or at other rows, less than
    ``transform`` would say.
    """

    title: ClassVar[str]
    takes: ClassVar[tuple[Taken, ...]]
    gives: ClassVar[Literal["float", "string", "same"]]
    keeps: ClassVar[bool]  # whether models go on seeing the columns that it is made from
    spare: ClassVar[int]  # how many of the last may be left out
    decides: ClassVar[int | None]  # how many of its columns decide a prediction; None: all
    exact: ClassVar[bool]  # whether it has an ONNX form
    runtime: ClassVar[str]  # what its ONNX form runs in: "any", or "onnxruntime" alone
    options: ClassVar[tuple[Option, ...]]

    def fit(self, X: pd.DataFrame, y: Any = None) -> Step: ...

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> np.ndarray: ...

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """The new columns, ``(n, k)`` float32 or strings."""

    def parts(self) -> Sequence[str]:
        """What sets the new columns apart, after fitting; ``[""]`` where there is one."""


_HERE = "workbench.features.steps"

steps: Registry[type[Step]] = Registry(
    "step",
    {
        "combine": f"{_HERE}.combine:Combine",
        "aggregate": f"{_HERE}.aggregate:Aggregate",
        "target_mean": f"{_HERE}.target_mean:TargetMean",
        "bins": f"{_HERE}.bins:Bins",
        "log": f"{_HERE}.log:Log",
        "clip": f"{_HERE}.clip:Clip",
        "missing": f"{_HERE}.missing:Missing",
        "number": f"{_HERE}.number:Number",
        "date": f"{_HERE}.date:Date",
        "length": f"{_HERE}.length:Length",
        "words": f"{_HERE}.words:Words",
        "hash": f"{_HERE}.hash:Hash",
    },
)


def made(feature: Feature) -> Any:
    """The unfitted step that a feature asks for, its parameters checked.

    Raises
    ------
    UsageError
        A parameter is unknown or wrong, or the number of columns does not suit the step.
    """
    kind = steps.get(feature.step)
    known = {option.name: option for option in kind.options}
    unknown = sorted(set(feature.params) - set(known))
    if unknown:
        hint = f"It has: {', '.join(known)}." if known else "It has none."
        raise UsageError(f"The step {feature.step!r} has no parameter {unknown[0]!r}.", hint)
    _check_count(feature, kind)
    given = {n: known[n].read(v, feature.called) for n, v in feature.params.items()}
    return kind(**{**{name: option.default for name, option in known.items()}, **given})


def required(kind: type[Step]) -> int:
    """How many columns a step needs at least."""
    return len(kind.takes) - kind.spare


def _check_count(feature: Feature, kind: type[Step]) -> None:
    least, most = required(kind), len(kind.takes)
    if not least <= len(feature.columns) <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        asked = ", ".join(WORDS[taken] for taken in kind.takes)
        raise UsageError(
            f"{feature.called} is made from {len(feature.columns)} columns;"
            f" {feature.step!r} takes {wanted}.",
            f"In this order: {asked}.",
        )

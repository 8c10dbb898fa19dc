"""How rows take turns in being held out, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from workbench.core.errors import UsageError
from workbench.core.wire import digest

Scheme = Literal["stratified", "random", "group", "content", "time"]
SCHEMES: tuple[str, ...] = get_args(Scheme)
MOST = 1000  # models of one validation


@dataclass(frozen=True)
class Folds:
    """Cross-validation: every row that is not for testing is held out once a repeat.

    ``stratified`` keeps the target's shares, ``random`` does not; ``group`` keeps all rows of one
    value of ``column`` together, ``content`` those that say the same; ``time`` holds out one
    stretch after another in order of ``column``, and only earlier rows train.

    Parameters
    ----------
    scheme
        None: what the run's split asks for.
    column
        Of ``group`` and ``time``; None: the split's own.
    """

    count: int = 5
    repeats: int = 1
    scheme: Scheme | None = None
    column: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scheme is not None and self.scheme not in SCHEMES:
            raise UsageError(
                f"{self.scheme!r} is no way to deal folds.", f"Use one of: {', '.join(SCHEMES)}."
            )
        if self.count < 2:
            raise UsageError(f"Cross-validation needs two folds or more, not {self.count}.")
        if self.repeats < 1 or self.count * self.repeats > MOST:
            raise UsageError(
                f"{self.count} folds {self.repeats} times are {self.count * self.repeats} models.",
                f"Between 2 and {MOST} are possible.",
            )
        if self.scheme == "time" and self.repeats > 1:
            raise UsageError(
                "Rows in order of time are dealt in one way only.", "Leave the repeats out."
            )

    @property
    def digest(self) -> str:
        return digest(self)

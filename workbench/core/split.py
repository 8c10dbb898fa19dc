"""Which rows train, validate and test, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from workbench.core.errors import UsageError
from workbench.core.wire import digest

Method = Literal["random", "stratified", "group", "time", "content", "given"]
METHODS: tuple[str, ...] = get_args(Method)

TRAIN, VALID, TEST = 0, 1, 2
PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Split:
    """How rows are dealt to train, validation and test.

    ``stratified`` keeps the target's shares and falls back to ``random`` for regression.
    ``group`` keeps all rows of one value of ``column`` together; ``time`` puts the latest rows of
    ``column`` into the test part; ``content`` keeps rows together that say the same in ``columns``
    (texts trimmed and in lower case, numbers to a millionth of their spread), and those of one
    value of ``column`` if it is given, and deals the classes evenly; ``given`` reads the part from
    ``column`` (``train`` / ``valid`` / ``test``; without ``valid`` rows, they are drawn from
    ``train``).
    """

    method: Method = "stratified"
    valid: float = 0.15
    test: float = 0.2
    seed: int = 0
    column: str | None = None
    columns: tuple[str, ...] = ()  # of a content split; empty: those that models learn from

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.method not in METHODS:
            raise UsageError(
                f"{self.method!r} is no way to split.", f"Use one of: {', '.join(METHODS)}."
            )
        if self.method in ("group", "time", "given") and not self.column:
            raise UsageError(f"A {self.method} split needs a column.", "Name it: column=...")
        if not (0 < self.valid < 1 and 0 < self.test < 1 and self.valid + self.test < 1):
            raise UsageError(
                f"Shares of {self.valid} (valid) and {self.test} (test) leave no training rows.",
                "Give two shares between 0 and 1 that add up to less than 1.",
            )
        if self.columns and self.method != "content":
            raise UsageError(f"A {self.method} split takes one column.", "Name it: column=...")

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that it is made from."""
        return (*self.columns, *([self.column] if self.column else []))

    @property
    def digest(self) -> str:
        return digest(self)

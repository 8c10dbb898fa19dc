"""A contract: what every version of a table promises, column by column, as data."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from workbench.core.errors import NotFound, UsageError
from workbench.core.report import renderers

TYPES = ("int64", "double", "bool", "string", "timestamp[us]")
NUMBERS = ("int64", "double")
FLAGS = ("required", "nullable", "unique")
SHOWN = 6  # allowed values that are listed in words
Bound = float | str | None  # ISO text for dates


@dataclass(frozen=True)
class Rule:
    """What one column promises; what is left out is not asked for.

    Parameters
    ----------
    type
        Arrow's name: int64, double, bool, string or timestamp[us].
    low, high
        The least and the greatest value, both allowed; ISO text for dates.
    allowed
        All values there may be.
    pattern
        A regular expression that a text must match from end to end.
    longest
        Characters of a text.
    """

    column: str
    type: str
    required: bool = True
    nullable: bool = True
    unique: bool = False
    low: Bound = None
    high: Bound = None
    allowed: tuple[Any, ...] = ()
    pattern: str = ""
    longest: int | None = None

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise self._wrong(f"{self.type!r} is no type", f"Use one of: {', '.join(TYPES)}.")
        if self.pattern or self.longest is not None:
            if self.type != "string":
                raise self._wrong("only texts have a pattern or a length", "Leave them out.")
            self._check_pattern()
        for bound in (self.low, self.high):
            self._check_bound(bound)
        if self.low is not None and self.high is not None and self.low > self.high:  # type: ignore[operator]
            raise self._wrong(f"low ({self.low}) is above high ({self.high})", "Swap them.")

    @property
    def promises(self) -> list[str]:
        """What it asks for, in words."""
        return [words for _, words in self.worded]

    @property
    def worded(self) -> list[tuple[str, str]]:
        """What it asks for: the name of each field that says something, and words for it."""
        said = [] if self.nullable else [("nullable", "never missing")]
        if self.unique:
            said.append(("unique", "each value once"))
        if self.low is not None:
            said.append(("low", f"at least {bare(self.low)}"))
        if self.high is not None:
            said.append(("high", f"at most {bare(self.high)}"))
        if self.allowed:
            more = len(self.allowed) - SHOWN
            shown = ", ".join(str(v) for v in self.allowed[:SHOWN])
            said.append(("allowed", f"one of {shown}" + (f" and {more} more" if more > 0 else "")))
        if self.pattern:
            said.append(("pattern", f"matches {self.pattern}"))
        if self.longest is not None:
            said.append(("longest", f"at most {self.longest} characters"))
        if not self.required:
            said.append(("required", "may be left out"))
        return said

    def value(self, name: str, text: str) -> Any:
        """What somebody typed for ``low``, ``allowed``, ...; nothing takes the rule away.

        Raises
        ------
        UsageError
            It is no number, or neither true nor false.
        """
        text = text.strip()
        if name in FLAGS:
            if text.lower() not in ("true", "false", "yes", "no"):
                raise self._wrong(f"{name} is true or false, not {text!r}", "Say true or false.")
            return text.lower() in ("true", "yes")
        if name == "allowed":
            return tuple(self._number(part.strip()) for part in text.split(",") if part.strip())
        if not text:
            return "" if name == "pattern" else None
        if name == "longest":
            return self._number(text, whole=True)
        return self._number(text) if name in ("low", "high") else text

    def _number(self, text: str, whole: bool = False) -> Any:
        if self.type not in NUMBERS and not whole:
            return text
        whole = whole or self.type == "int64"
        try:
            return int(text) if whole else float(text)
        except ValueError as error:
            kind = "whole number" if whole else "number"
            raise self._wrong(f"{text!r} is no {kind}", "Give one.") from error

    def _check_bound(self, bound: Bound) -> None:
        if bound is None:
            return
        if self.type == "timestamp[us]" and isinstance(bound, str):
            try:
                dt.datetime.fromisoformat(bound)
            except ValueError as error:
                raise self._wrong(f"{bound!r} is no date", "Write it as 2026-01-31.") from error
        elif self.type not in NUMBERS or isinstance(bound, bool | str):
            raise self._wrong(f"{bound!r} cannot bound a {self.type}", "Only numbers and dates.")

    def _check_pattern(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise self._wrong(f"{self.pattern!r} is no pattern: {error}", "Mend it.") from error

    def _wrong(self, what: str, hint: str) -> UsageError:
        return UsageError(f"The rule of column {self.column!r}: {what}.", hint)


def bare(bound: Bound) -> str:
    """A bound without an empty decimal: 6000, 0.5, 2026-01-31."""
    whole = isinstance(bound, float) and bound.is_integer()
    return str(int(bound)) if whole else str(bound)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Contract:
    """What a table promises.

    Parameters
    ----------
    strict
        Whether columns without a rule are refused.
    key
        Columns whose values together stand in one row only.
    """

    rules: tuple[Rule, ...]
    strict: bool = False
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [rule.column for rule in self.rules]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise UsageError(f"Column {twice[0]!r} has two rules.", "Keep one of them.")
        for name in self.key:
            if name not in names:
                raise NotFound.among("column", name, names)

    def __getitem__(self, column: str) -> Rule:
        for rule in self.rules:
            if rule.column == column:
                return rule
        raise NotFound.among("column", column, [r.column for r in self.rules])

    def __contains__(self, column: object) -> bool:
        return any(rule.column == column for rule in self.rules)

    def _repr_html_(self) -> str:
        return str(renderers.get("contract")(self))

    def __repr__(self) -> str:
        return f"<Contract of {len(self.rules)} columns: {', '.join(r.column for r in self.rules)}>"

    def edited(self, column: str, **change: Any) -> Contract:
        """A copy with another rule for one column: ``contract.edited("age", low=18)``.

        Raises
        ------
        NotFound
            The column has no rule.
        UsageError
            The rule makes no sense.
        """
        known = [f.name for f in fields(Rule) if f.name != "column"]
        for name in change:
            if name not in known:
                raise UsageError(f"A rule has no {name!r}.", f"It has: {', '.join(known)}.")
        change = {n: tuple(v) if isinstance(v, list) else v for n, v in change.items()}
        new = replace(self[column], **change)
        return replace(self, rules=tuple(new if r.column == column else r for r in self.rules))

    def without(self, columns: Iterable[str]) -> Contract:
        """A copy without the rules of some columns."""
        gone = set(columns)
        for name in gone:
            self[name]
        kept = tuple(r for r in self.rules if r.column not in gone)
        return replace(self, rules=kept, key=tuple(n for n in self.key if n not in gone))


@dataclass(frozen=True)
class Violation:
    """A cell that breaks a rule; ``row`` counts from 1, and is None for a whole column."""

    column: str
    rule: str
    row: int | None = None
    value: Any = None

    @property
    def sentence(self) -> str:
        """One line for people."""
        if self.row is None:
            return f"Column {self.column!r}: {self.rule}."
        return f"Row {self.row:,}, column {self.column!r}: {self.value!r} breaks {self.rule!r}."


@dataclass(frozen=True)
class Examination:
    """How a table kept its contract."""

    rows: int
    violations: tuple[Violation, ...] = ()  # the first of each rule
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (column, rule): cells
    failing: Any = None  # bool, shape (rows,): the rows with a bad cell; None when there are none

    @property
    def kept(self) -> bool:
        return not self.violations

    @property
    def failing_rows(self) -> int:
        return 0 if self.failing is None else int(self.failing.sum())

    @property
    def whole_columns(self) -> tuple[Violation, ...]:
        """What no row can be blamed for: a column that is missing, or one too many."""
        return tuple(v for v in self.violations if v.row is None)

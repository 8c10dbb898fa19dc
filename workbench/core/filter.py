"""Filters: which rows of a table are looked at, as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workbench.core.errors import NotFound, UsageError


@dataclass(frozen=True)
class Within:
    """Cells from ``low`` on and below ``high``; ISO text bounds dates.

    Parameters
    ----------
    closed
        Whether ``high`` itself belongs to it.
    length
        The number of characters of a text is meant, not the text.
    """

    low: float | str
    high: float | str
    closed: bool = False
    length: bool = False


@dataclass(frozen=True)
class Among:
    """Cells that print themselves as one of ``words``; with ``others``, as anything else.

    A word that ends in "…" stands for all that begin like it.
    """

    words: tuple[str, ...]
    others: bool = False


@dataclass(frozen=True)
class Missing:
    """Cells that are missing."""


Test: TypeAlias = Within | Among | Missing
# a row passes when, in each of the columns, it passes one of the tests
Filters: TypeAlias = Mapping[str, Sequence[Test]]

ORDERED = ("number", "datetime")
ENDS = {"number": (float("-inf"), float("inf")), "datetime": ("0001-01-01", "9999-12-31")}


def filters(given: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, list[Test]]:
    """Filters out of what people write: ``{"sex": "Female", "age": (20, 40)}``.

    Parameters
    ----------
    given
        For each column a value, a list of values, None for missing cells, or a list of tests. Of a
        number or date, two values are the ends of a range, which holds both; either may be None.
    kinds
        ``number``, ``datetime`` or anything else, for each column there is.

    Raises
    ------
    NotFound
        There is no such column.
    UsageError
        Nothing is given, or what is given fits no test.
    """
    if not given:
        raise UsageError("A filter names at least one column.", 'For example {"sex": "Female"}.')
    found = {}
    for name, wanted in given.items():
        if name not in kinds:
            raise NotFound.among("column", name, kinds)
        found[name] = _tests(name, wanted, kinds[name])
    return found


def _tests(name: str, wanted: Any, kind: str) -> list[Test]:
    if isinstance(wanted, Mapping):
        wanted = [wanted]
    several = isinstance(wanted, (list, tuple, set, frozenset))
    values = list(wanted) if several else [wanted]
    if values and all(isinstance(v, (Within, Among, Missing, Mapping)) for v in values):
        return [_plain_test(v) if isinstance(v, Mapping) else v for v in values]
    if kind in ORDERED and several and len(values) == 2:
        return [_range(name, values, kind)]
    if kind in ORDERED:
        return [Missing() if v is None else _range(name, [v, v], kind) for v in values]
    named = tuple(_word(v) for v in values if v is not None)
    missing = [Missing()] if None in values else []
    if not named and not missing:
        raise UsageError(f"No value of {name} is given.")
    return [*([Among(named)] if named else []), *missing]


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _range(name: str, values: Sequence[Any], kind: str) -> Within:
    low, high = (e if v is None else v for v, e in zip(values, ENDS[kind], strict=True))
    number = kind == "number"
    read: Callable[[Any], Any] = float if number else _moment
    try:
        first, last = read(low), read(high)
    except (TypeError, ValueError):
        wanted = "numbers" if number else "dates like 2024-05-31"
        raise UsageError(
            f"{name} takes {wanted}, not {str(values[0])[:40]!r} to {str(values[1])[:40]!r}."
        ) from None
    if not first <= last:
        raise UsageError(f"The range of {name} ends before it begins.", "Give the low end first.")
    return Within(first, last, closed=True)


def _moment(value: Any) -> str:
    return (value if isinstance(value, dt.date) else dt.datetime.fromisoformat(value)).isoformat()


def _plain_test(given: Mapping[str, Any]) -> Test:
    """A test that went through JSON."""
    if not given:
        return Missing()
    try:
        if "words" in given:
            return Among(tuple(given["words"]), bool(given.get("others", False)))
        return Within(**given)
    except TypeError:
        raise UsageError(f"{dict(given)!r} is no test of a column.") from None


def said(given: Filters) -> str:
    """A filter in words: ``sex is Female and age is 20 to 40``."""
    return " and ".join(
        f"{name} is {' or '.join(_said(test) for test in tests)}" for name, tests in given.items()
    )


def _said(test: Test) -> str:
    if isinstance(test, Missing):
        return "missing"
    if isinstance(test, Among):
        words = " or ".join(test.words[:4])
        more = f" or {len(test.words) - 4} more" if len(test.words) > 4 else ""
        return f"anything but {words}{more}" if test.others else f"{words}{more}"
    low, high = _end(test.low), _end(test.high)
    if test.low in (ENDS["number"][0], ENDS["datetime"][0]):
        return f"at most {high}" if test.closed else f"under {high}"
    if test.high in (ENDS["number"][1], ENDS["datetime"][1]):
        return f"at least {low}"
    if test.low == test.high:
        return low
    return f"{low} to {high}" if test.closed else f"{low} to under {high}"


def _end(value: float | str) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value).removesuffix("T00:00:00")

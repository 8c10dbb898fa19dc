"""Terms: what the data set's contract promises, asked of every row that is sent."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.contract import NUMBERS, Bound, Contract, Rule, Violation
from workbench.core.signature import Signature
from workbench.encoding import MISSING, TRUE, moment, text

Test = tuple[str, Callable[[Any], bool]]  # the rule in words, and whether a value breaks it


class Terms:
    """The rules of a contract for the columns that a model takes.

    What needs other rows (each value once) is left to the data set.
    """

    def __init__(self, contract: Contract | None, signature: Signature) -> None:
        rules = contract.rules if contract is not None else ()
        self._rules = [
            (r.column, _reader(r), _tests(r)) for r in rules if r.column in signature.names
        ]

    def broken(self, columns: Mapping[str, Sequence[Any]]) -> Iterator[Violation]:
        """The first cell of each rule that is broken; rows count from 0, as they were sent."""
        for column, read, tests in self._rules:
            values = [read(value) for value in columns[column]]
            for said, breaks in tests:
                row = next((i for i, value in enumerate(values) if breaks(value)), None)
                if row is not None:
                    yield Violation(column, said, row, columns[column][row])


def _reader(rule: Rule) -> Callable[[Any], Any]:
    """A value as its rule takes it; None where it is missing."""
    if rule.type in NUMBERS:
        return _number
    if rule.type == "string":
        return lambda value: text(value) or None
    return _moment if rule.type == "timestamp[us]" else _flag


def _number(value: Any) -> float | None:
    """NaN where it is no number: whole numbers may be categories, and these come as texts."""
    if value is None or value != value or value == MISSING:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _flag(value: Any) -> bool | None:
    """As the encoding takes them: true, "yes" and 1 are one."""
    word = text(value).strip().lower()
    return None if not word else word in TRUE


def _moment(value: Any) -> np.datetime64 | None:
    found = moment(value)
    return None if found is None or np.isnat(found) else found


def _tests(rule: Rule) -> list[Test]:
    said = dict(rule.worded)
    low, high = (_bound(rule, bound) for bound in (rule.low, rule.high))
    allowed = {MISSING if v is None else v for v in map(_reader(rule), rule.allowed)}
    pattern = re.compile(rule.pattern)
    found: dict[str, Callable[[Any], bool]] = {
        "nullable": lambda v: v is None,
        "whole": lambda v: v is not None and not v.is_integer(),
        "number": lambda v: v is not None and math.isnan(v),
        "low": lambda v: v is not None and v < low,
        "high": lambda v: v is not None and v > high,
        "allowed": lambda v: v is not None and v not in allowed,
        "pattern": lambda v: v is not None and not pattern.fullmatch(v),
        "longest": lambda v: v is not None and len(v) > (rule.longest or 0),
    }
    if rule.type in NUMBERS:
        said |= {"whole": "a whole number"} if rule.type == "int64" else {"number": "a number"}
    return [(words, found[name]) for name, words in said.items() if name in found]


def _bound(rule: Rule, bound: Bound) -> Any:
    return _moment(bound) if rule.type == "timestamp[us]" and bound is not None else bound

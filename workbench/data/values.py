"""Python values as columns: what one kind of value has in common, whoever made it.

Sources that hand out values one by one (JSON, workbooks, databases) may change their mind from
row to row. The kinds that a column has are collected until its last row; then it gets one type.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

EXACT = 2**53  # a larger integer may have no counterpart as a double
LONG = 2**63
TYPES: dict[frozenset[str], pa.DataType] = {
    frozenset(): pa.null(),
    frozenset({"bool"}): pa.bool_(),
    frozenset({"int"}): pa.int64(),
    frozenset({"long"}): pa.int64(),
    frozenset({"int", "long"}): pa.int64(),
    frozenset({"float"}): pa.float64(),
    frozenset({"int", "float"}): pa.float64(),
    frozenset({"datetime"}): pa.timestamp("us"),
    frozenset({"aware"}): pa.timestamp("us", "UTC"),
    frozenset({"date"}): pa.date32(),
    frozenset({"timedelta"}): pa.duration("us"),
    frozenset({"bytes"}): pa.binary(),
}


@dataclass(frozen=True)
class Values:
    """Some values of a column: an array, and the kinds of what is in it."""

    array: pa.Array
    kinds: frozenset[str]
    nested: bool = False  # lists among them were written as JSON

    def cast(self, kinds: frozenset[str]) -> pa.Array:
        """The values in the type of a column with these kinds."""
        wanted = type_of(kinds)
        if self.array.type == wanted:
            return self.array
        if pa.types.is_string(wanted):
            return _text(self.array.to_pylist())
        return self.array.cast(wanted)


def type_of(kinds: frozenset[str]) -> pa.DataType:
    """The type that holds all kinds; text where there is no other."""
    return TYPES.get(kinds, pa.string())


def values(given: Sequence[Any]) -> Values:
    """Python values as an array; those of several kinds as text, each as it prints."""
    plain = [_plain(value) for value in given]
    nested = any(isinstance(value, list | dict | tuple) for value in given)
    kinds = frozenset(_kind(value) for value in plain if value is not None)
    wanted = type_of(kinds)
    several = len(kinds) > 1 and kinds != {"int", "long"}
    if several or pa.types.is_string(wanted):
        return Values(_text(plain), kinds, nested)
    try:
        return Values(pa.array(plain, wanted), kinds, nested)
    except (pa.ArrowException, OverflowError, ValueError):  # a year that Arrow does not have
        return Values(_text(plain), kinds | {"str"}, nested)


def flat(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """A nested mapping as one of dotted names: ``{"a": {"b": 1}}`` is ``{"a.b": 1}``.

    Raises
    ------
    ValueError
        Two values get the same name.
    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{before}{key}"
        inner = flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
        if twice := found.keys() & inner.keys():
            raise ValueError(min(twice))
        found |= inner
    return found


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, dt.datetime | dt.date | dt.timedelta | bytes):
        return value
    return str(value)


def _number(value: Decimal) -> int | float:
    """123 as an integer, with all its digits; 1.50 as a double."""
    exponent = value.as_tuple().exponent
    return int(value) if isinstance(exponent, int) and 0 <= exponent < 40 else float(value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if abs(value) <= EXACT else "long" if -LONG <= value < LONG else "huge"
    if isinstance(value, dt.datetime):
        return "datetime" if value.tzinfo is None else "aware"
    known = (str, float, dt.date, dt.timedelta, bytes)
    return next(kind.__name__ for kind in known if isinstance(value, kind))


def _text(given: Sequence[Any]) -> pa.Array:
    words = [None if value is None else _printed(value) for value in given]
    try:
        return pa.array(words, pa.string())
    except UnicodeEncodeError:  # halves of characters, which JSON can spell
        safe = [w and w.encode("utf-8", "backslashreplace").decode() for w in words]
        return pa.array(safe, pa.string())


def _printed(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    return value if isinstance(value, str) else str(value)

"""From a user's columns to the arrays that a model eats, and from its output back to labels.

This is the one step that fitting, scoring, export and serving share, so it needs nothing but numpy.
Numbers, booleans and parts of dates become float32 once, before any model is fitted (a float64
value that is rounded only later meets tree thresholds from the other side); categories become
strings with ``""`` as the missing marker, which ONNX can carry and NaN cannot.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from workbench.core.errors import InvalidValue
from workbench.core.signature import Field, Signature

DATE_PARTS = ("day", "year", "month", "weekday", "hour")
EPOCH = np.datetime64("2000-01-01T00:00:00", "us")
MISSING = ""
TEXTS = ("category", "text")
_PLAIN = {float, int, bool, type(None)}
TRUE = {"true", "yes", "y", "t", "1"}
FALSE = {"false", "no", "n", "f", "0"}


@dataclass(frozen=True)
class Input:
    """One array that the model takes: a column, or one part of a date."""

    name: str  # safe in an ONNX graph and unique, whatever the column is called
    column: str
    kind: Literal["float", "string"]
    part: str = ""


def inputs(signature: Signature) -> tuple[Input, ...]:
    """The arrays that a model of this signature takes, in order."""
    found: list[Input] = []
    for number, item in enumerate(signature.inputs):
        # the number keeps names apart; no input may be called like an ONNX value ("cat")
        stem = f"c{number}_{re.sub(r'[^A-Za-z0-9]+', '_', item.name).strip('_')[:40]}"
        if item.kind == "datetime":
            found += [Input(f"{stem}_{part}", item.name, "float", part) for part in DATE_PARTS]
        else:
            kind: Literal["float", "string"] = "string" if item.kind in TEXTS else "float"
            found.append(Input(stem, item.name, kind))
    return tuple(found)


def encode(
    columns: Mapping[str, Sequence[Any] | np.ndarray],
    signature: Signature,
    arrays: Sequence[Input] | None = None,
) -> dict[str, np.ndarray]:
    """The arrays of :func:`inputs`, each of shape ``(n,)``: float32, or object holding strings.

    Parameters
    ----------
    columns
        Column name to values. ``None``, NaN and NaT are missing; columns that the signature does
        not name are left aside.
    arrays
        What :func:`inputs` gave for this signature, where many calls are to come: naming the
        arrays takes as long as filling them with one row.

    Raises
    ------
    InvalidValue
        A column is missing, or a value does not fit its column; it names column, row and value.
    """
    encoded: dict[str, np.ndarray] = {}
    arrays = arrays or inputs(signature)
    position = 0
    ready = _plain_numbers(columns, signature)
    for item in signature.inputs:
        if item.name not in columns:
            raise InvalidValue(
                f"Column {item.name!r} is missing.",
                "Send null where the value is unknown.",
                column=item.name,
            )
        parts = ready.get(item.name) or _ENCODERS[item.kind](columns[item.name], item)
        for part in parts:
            encoded[arrays[position].name] = part
            position += 1
    return encoded


def decide(scores: np.ndarray, signature: Signature) -> np.ndarray:
    """Class numbers, shape ``(n,)`` int64, from probabilities of shape ``(n, classes)``.

    Ties and thresholds are settled here, by our own code, for every form of a model.
    """
    if signature.task == "binary":
        return (scores[:, 1] >= signature.threshold).astype(np.int64)
    if signature.costs:
        expected = np.asarray(scores, np.float64) @ np.asarray(signature.costs, np.float64)
        cheapest: np.ndarray = np.argmin(expected, axis=1)
        return cheapest
    codes: np.ndarray = np.argmax(scores, axis=1)
    return codes


def labels(codes: np.ndarray, signature: Signature) -> list[Any]:
    """Class numbers as the target's own values, in the type that the target had."""
    names = [typed_label(name, signature.target_dtype) for name in signature.classes]
    return [names[code] for code in codes]


def typed_label(name: str, dtype: str) -> Any:
    """A class name as int, float, bool or str, as Arrow's ``dtype`` says."""
    if dtype.startswith(("int", "uint")):
        return int(name)
    if dtype in ("float", "double", "halffloat"):
        return float(name)
    if dtype == "bool":
        return name == "true"
    return name


def text(value: Any) -> str:
    """A category as text: whole floats lose their ``.0``, booleans are lower case."""
    if value is None or value is np.ma.masked:
        return MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return MISSING
        whole = number.is_integer() and abs(number) < 2**53
        return str(int(number)) if whole else repr(number)
    if _is_missing(value):
        return MISSING
    return str(value)


def _plain_numbers(
    columns: Mapping[str, Sequence[Any] | np.ndarray], signature: Signature
) -> dict[str, list[np.ndarray]]:
    """The number columns that came as lists, all at once; nothing where a value is no plain number.

    For a single row this is many times quicker than column by column, and gives the same arrays.
    """
    names = [f.name for f in signature.inputs if f.kind == "number"]
    lists = [columns.get(name) for name in names]
    if len(names) < 2 or any(type(values) is not list for values in lists):
        return {}
    kinds = {type(value) for values in lists for value in cast("list[Any]", values)}
    if not kinds <= _PLAIN:
        return {}
    try:
        with np.errstate(over="ignore"):
            narrow = np.array(lists, dtype=np.float64).astype(np.float32)  # None becomes NaN
    except (ValueError, OverflowError):  # columns of different length, or a huge integer
        return {}
    if np.isinf(narrow).any():
        return {}  # the slow way names the column and the row
    return {name: [values] for name, values in zip(names, narrow, strict=True)}


def _numbers(values: Sequence[Any] | np.ndarray, item: Field) -> list[np.ndarray]:
    array = _array(values)
    if array.dtype.kind in "biuf":
        numbers = array.astype(np.float64)
    else:
        numbers = np.array(
            [_number(v, item, row) for row, v in enumerate(values)], dtype=np.float64
        )
    with np.errstate(over="ignore"):
        narrow = numbers.astype(np.float32)
    infinite = np.isinf(narrow)
    if infinite.any():
        row = int(np.argmax(infinite))
        raise InvalidValue(
            f"Column {item.name!r}, row {row}: {float(numbers[row])!r} is too large for a number.",
            "Send null where the value is unknown.",
            column=item.name,
            row=row,
        )
    return [narrow]


def _number(value: Any, item: Field, row: int) -> float:
    if _is_missing(value):
        return math.nan
    if isinstance(value, (int, float, np.integer, np.floating, np.bool_)):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    if hasattr(value, "as_tuple"):  # decimal.Decimal
        return float(value)
    raise _misfit(value, item, row, "a number")


def _booleans(values: Sequence[Any] | np.ndarray, item: Field) -> list[np.ndarray]:
    array = _array(values)
    if array.dtype.kind == "b":
        return [array.astype(np.float32)]
    return [np.array([_boolean(v, item, row) for row, v in enumerate(values)], dtype=np.float32)]


def _boolean(value: Any, item: Field, row: int) -> float:
    if _is_missing(value):
        return math.nan
    if isinstance(value, str):
        word = value.strip().lower()
        if word in TRUE or word in FALSE:
            return float(word in TRUE)
    elif value in (0, 1):
        return float(value)
    raise _misfit(value, item, row, "true or false")


def _categories(values: Sequence[Any] | np.ndarray, item: Field) -> list[np.ndarray]:
    out = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        if type(value) is str:  # nearly all of them: an explainer asks for millions
            out[row] = value
            continue
        if isinstance(value, (list, dict)):
            raise _misfit(value, item, row, "a single value")
        out[row] = text(value)
    return [out]


def _dates(values: Sequence[Any] | np.ndarray, item: Field) -> list[np.ndarray]:
    array = _array(values)
    if array.dtype.kind == "M":
        moments = array.astype("datetime64[us]")
    else:
        moments = np.array(
            [_moment(v, item, row) for row, v in enumerate(values)], dtype="datetime64[us]"
        )
    missing = np.isnat(moments)
    days = moments.astype("datetime64[D]")
    months = moments.astype("datetime64[M]").astype(np.int64)
    parts = {
        "day": (moments - EPOCH) / np.timedelta64(1, "D"),
        "year": months // 12 + 1970,
        "month": months % 12 + 1,
        "weekday": (days.astype(np.int64) + 3) % 7,  # 1970-01-01 was a Thursday; Monday is 0
        "hour": (moments - days) / np.timedelta64(1, "h") // 1,
    }
    return [np.where(missing, np.nan, parts[part]).astype(np.float32) for part in DATE_PARTS]


def _moment(value: Any, item: Field, row: int) -> np.datetime64:
    found = moment(value)
    if found is None:
        raise _misfit(value, item, row, "a date such as 2025-01-31 or 2025-01-31T12:00:00")
    return found


def moment(value: Any) -> np.datetime64 | None:
    """A date in microseconds, UTC; NaT where it is missing, None where it is no date."""
    if _is_missing(value):
        return np.datetime64("NaT", "us")
    try:
        if isinstance(value, str):
            value = dt.datetime.fromisoformat(value.strip())
        if isinstance(value, dt.datetime) and value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        if isinstance(value, (dt.date, np.datetime64)):
            found: np.datetime64 = np.array([value], "datetime64[us]")[0]
            return found
    except (ValueError, OverflowError):
        pass
    return None


_ENCODERS: dict[str, Callable[[Any, Field], list[np.ndarray]]] = {
    "number": _numbers,
    "boolean": _booleans,
    "category": _categories,
    "text": _categories,
    "datetime": _dates,
}


def _array(values: Sequence[Any] | np.ndarray) -> np.ndarray:
    """The values as an array; one of objects where they are not of one plain kind."""
    if isinstance(values, np.ndarray):
        return values
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different length among them
        array = np.empty((0, 0))
    return array if array.ndim == 1 else np.empty(len(values), dtype=object)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN, NaT
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"  # pandas.NA says neither yes nor no


def _misfit(value: Any, item: Field, row: int, wanted: str) -> InvalidValue:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return InvalidValue(
        f"Column {item.name!r}, row {row}: expected {wanted}, got {shown}.",
        "Send null where the value is unknown.",
        column=item.name,
        row=row,
    )

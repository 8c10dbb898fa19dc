"""Requests: from the bytes of a body to columns of plain values, or to what is wrong with them.

The strict way is the quick one: msgspec reads the expected shape and nothing else. Only a body
that it refuses is read a second time, to name the column and the row.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from workbench.core.errors import InvalidValue
from workbench.core.signature import Signature
from workbench.serving.runtime.problem import HttpError

Cell = None | bool | int | float | str
Columns = dict[str, list[Cell]]

LARGE = 1 << 20  # bytes; from here on a body's values are counted before they are built
SPARE = 16  # columns that the model does not know and that a row may carry all the same
SHOWN = 60  # characters of a caller's name or value that are repeated to him
HINT = "Send null where the value is unknown."
SHAPE = 'Send {"rows": [{column: value, ...}, ...]} or {"columns": {column: [value, ...], ...}}.'
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """What ``POST /predict`` takes: one of the two."""

    rows: list[dict[str, Cell]] | None = None
    columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Rows to be answered: each input column's values, and the names that are not inputs."""

    columns: Columns
    count: int
    unknown: tuple[str, ...] = ()


class Reader:
    """Reads bodies for a model of this signature; at most ``most`` rows each."""

    def __init__(self, signature: Signature, most: int) -> None:
        self.names = signature.names
        self.most = most
        self._known = frozenset(self.names)
        self._decode = msgspec.json.Decoder(Body).decode

    def read(self, body: bytes) -> Question:
        """The question in a body.

        Raises
        ------
        HttpError
            400: not JSON; 413: too many rows; 422: not of the shape that is asked for.
        InvalidValue
            A cell that is no single value, or a column that a row lacks.
        """
        if len(body) > LARGE:
            self._count(body)
        try:
            found = self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            explain(body, error)
        self._unrepeated(body, found)
        if found.rows is not None and found.columns is None:
            return self._of_rows(found.rows)
        if found.columns is not None and found.rows is None:
            return self._of_columns(found.columns)
        raise HttpError(422, 'The body has neither or both of "rows" and "columns".', SHAPE)

    def _of_rows(self, rows: list[dict[str, Cell]]) -> Question:
        self._bounded(len(rows))
        try:
            columns = {name: [row[name] for row in rows] for name in self.names}
        except KeyError as error:
            name = error.args[0]
            number = next(i for i, row in enumerate(rows) if name not in row)
            raise InvalidValue(
                f"Column {name!r} is missing in row {number}.", HINT, column=name, row=number
            ) from None
        width = len(self.names)
        if any(len(row) != width for row in rows):
            return Question(columns, len(rows), self._unknown(n for row in rows for n in row))
        return Question(columns, len(rows))

    def _of_columns(self, columns: Columns) -> Question:
        for name in self.names:
            if name not in columns:
                raise InvalidValue(f"Column {name!r} is missing.", HINT, column=name)
        count = len(columns[self.names[0]])
        for name in self.names:
            if len(columns[name]) != count:
                raise InvalidValue(
                    f"Column {name!r} has {len(columns[name])} values,"
                    f" column {self.names[0]!r} has {count}.",
                    "Give all columns the same length.",
                    column=name,
                )
        self._bounded(count)
        return Question({n: columns[n] for n in self.names}, count, self._unknown(columns))

    def _unknown(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for n in names if n not in self._known))

    def _bounded(self, count: int) -> None:
        if count == 0:
            raise HttpError(422, "There is no row in the request.", SHAPE)
        if count > self.most:
            raise HttpError(
                413,
                f"{count} rows are too many for one request; at most {self.most} are answered.",
                "Send them in several requests.",
            )

    def _count(self, body: bytes) -> None:
        """Refuse a body of millions of tiny values before they take a hundred bytes each."""
        bare = _STRING.sub(b"", body)
        openers = bare.count(b"{") + bare.count(b"[")
        if openers > self.most + len(self.names) + SPARE:
            raise HttpError(413, f"More than {self.most} rows are too many for one request.")
        if bare.count(b",") > self.most * (len(self.names) + SPARE):
            raise HttpError(413, "The request holds too many values.")

    def _unrepeated(self, body: bytes, found: Body) -> None:
        """Refuse repeated keys: which of the two values was meant, nobody can know.

        Each key has one colon. As many colons as keys that were kept: none was repeated.
        """
        kept: int = (found.rows is not None) + (found.columns is not None)
        kept += sum(map(len, found.rows)) if found.rows is not None else 0
        kept += len(found.columns) if found.columns is not None else 0
        if body.count(b":") != kept and _STRING.sub(b"", body).count(b":") != kept:
            _parse(body)


def explain(body: bytes, error: Exception) -> NoReturn:
    """Say what is wrong with a body that msgspec refused.

    Raises
    ------
    HttpError
        400 where it is not JSON, 422 where it is of another shape.
    InvalidValue
        A cell that is no single finite value.
    """
    if isinstance(error, RecursionError):
        raise HttpError(400, "The body is nested too deeply.", SHAPE)
    data = _parse(body)
    if not isinstance(data, dict):
        raise HttpError(422, f"Expected a JSON object, got {_kind(data)}.", SHAPE)
    for name in data:
        if name not in ("rows", "columns"):
            raise HttpError(422, f"The body has an unknown member {shown(name)}.", SHAPE)
    _explain_rows(data.get("rows"))
    _explain_columns(data.get("columns"))
    if isinstance(error, msgspec.ValidationError):
        raise HttpError(422, "The body is not of the shape that is asked for.", SHAPE)
    raise HttpError(400, "The body is not valid JSON.", SHAPE)


def shown(value: Any) -> str:
    """A caller's value, short enough and plain enough to be repeated to him."""
    text = ascii(value) if isinstance(value, str) and not _encodable(value) else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _explain_rows(rows: Any) -> None:
    if rows is None:
        return
    if not isinstance(rows, list):
        raise HttpError(422, f'"rows" must be a list, got {_kind(rows)}.', SHAPE)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise HttpError(
                422, f"Row {number} must be an object, got {_kind(row)}.", SHAPE, row=number
            )
        for name, cell in row.items():
            _explain_cell(name, number, cell)


def _explain_columns(columns: Any) -> None:
    if columns is None:
        return
    if not isinstance(columns, dict):
        raise HttpError(422, f'"columns" must be an object, got {_kind(columns)}.', SHAPE)
    for name, values in columns.items():
        if not isinstance(values, list):
            raise HttpError(
                422, f"Column {shown(name)} must be a list, got {_kind(values)}.", SHAPE
            )
        for number, cell in enumerate(values):
            _explain_cell(name, number, cell)


def _explain_cell(name: str, row: int, cell: Any) -> None:
    if not _encodable(name):
        raise HttpError(400, f"A name in row {row} is not valid Unicode: {shown(name)}.")
    if isinstance(cell, str) and not _encodable(cell):
        raise HttpError(
            400, f"Column {shown(name)}, row {row}: not valid Unicode.", column=name, row=row
        )
    if isinstance(cell, (list, dict)):
        what = f"expected a single value, got {_kind(cell)}"
    elif isinstance(cell, float) and not math.isfinite(cell):
        what = "expected a finite number, got one that is not"
    else:
        return
    raise InvalidValue(f"Column {shown(name)}, row {row}: {what}.", HINT, column=name, row=row)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise HttpError(400, f"The body is not valid UTF-8 (byte {error.start}).") from None
    except RecursionError:
        raise HttpError(400, "The body is nested too deeply.", SHAPE) from None
    except json.JSONDecodeError as error:
        raise HttpError(
            400, f"The body is not valid JSON: {error.msg} (character {error.pos}).", SHAPE
        ) from None


def _unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        name = next(n for n, _ in pairs if n in seen or seen.add(n))  # type: ignore[func-returns-value]
        raise HttpError(400, f"The name {shown(name)} is repeated in one object.")
    return found


def _integer(digits: str) -> float:
    # no number of ours has so many digits, and reading them takes quadratic time
    return int(digits) if len(digits) < 400 else math.inf


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return name
    return "something else"


_KINDS: tuple[tuple[Any, str], ...] = (
    (dict, "an object"),
    (list, "a list"),
    (str, "a text"),
    (bool, "true or false"),
    ((int, float), "a number"),
)

"""Frozen dataclasses to JSON and back, and the digest of what was written.

JSON here is strict: no NaN, no infinity (they become ``null``), keys sorted for digests.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union

T = TypeVar("T")
Reader = Callable[[Any], Any]


_PLAIN = (str, int, bool)
# made once: json makes an encoder at each call that asks for anything but its defaults
_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def plain(value: Any) -> Any:
    """``value`` as JSON-ready dicts, lists, strings and numbers."""
    if value is None or type(value) in _PLAIN:  # most of a large report: worth not asking on
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numpy scalars and arrays, without importing numpy
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Strict JSON text of ``value``."""
    if indent is None:
        return _encoded(plain(value))
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of ``value``."""
    text = json.dumps(
        plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def load(kind: type[T], data: Mapping[str, Any]) -> T:
    """A frozen dataclass of ``kind`` from plain data; unknown keys are left aside.

    Unknown keys come from newer writers: reading what we know beats refusing the file.
    """
    read = _fields(kind)  # type: ignore[arg-type]
    return kind(**{k: read[k](v) for k, v in data.items() if k in read})


@functools.cache
def _fields(kind: type) -> Mapping[str, Reader]:
    """How each field of a class is read: evaluating its hints takes longer than all the rest."""
    hints = typing.get_type_hints(kind)
    return {f.name: _reader(hints[f.name]) for f in dataclasses.fields(kind)}


def _reader(hint: Any) -> Reader:
    """A function from plain values to those of a hint; None stays None."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [a for a in arguments if a is not type(None)]
        return _reader(inner[0]) if len(inner) == 1 else _same
    if dataclasses.is_dataclass(hint):
        return lambda value: load(hint, value) if isinstance(value, Mapping) else value  # type: ignore[arg-type]
    if origin is tuple:
        item = _reader(arguments[0]) if arguments and arguments[-1] is Ellipsis else _same
        return lambda value: None if value is None else tuple(map(item, value))
    if hint is dt.datetime:
        return lambda value: dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    if hint is float:
        return lambda value: float(value) if isinstance(value, int) else value
    if origin is not None and len(arguments) == 2:
        each = _reader(arguments[1])
        return lambda value: (
            {k: each(v) for k, v in value.items()} if isinstance(value, Mapping) else value
        )
    return _same


def _same(value: Any) -> Any:
    return value

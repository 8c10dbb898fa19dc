"""Columns as they come, settled to five types: int64, double, bool, timestamp[us], string."""

from __future__ import annotations

import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.report import Finding
from workbench.core.wire import plain
from workbench.data.cells import Typed
from workbench.data.dates import STAMP
from workbench.data.reader import note

Settle = Callable[[str, pa.ChunkedArray], Typed]


def settled(name: str, values: pa.ChunkedArray) -> Typed:
    """``values`` in one of the five types; what has no counterpart becomes text, with a note."""
    if kinds.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    elif isinstance(values.type, pa.BaseExtensionType):
        values = pa.chunked_array([c.storage for c in values.chunks], values.type.storage_type)
        return settled(name, values)
    for fits, settle in _RULES:
        if fits(values.type):
            return settle(name, values)
    return _printed(name, values)


def _same(name: str, values: pa.ChunkedArray) -> Typed:
    return Typed(values)


def _null(name: str, values: pa.ChunkedArray) -> Typed:
    return Typed(values.cast(pa.float64()))


def _integers(name: str, values: pa.ChunkedArray) -> Typed:
    try:
        return Typed(values.cast(pa.int64()))
    except pa.ArrowInvalid:  # above 2**63: codes, which as doubles would run together
        return Typed(values.cast(pa.string()))


def _floats(name: str, values: pa.ChunkedArray) -> Typed:
    return Typed(values.cast(pa.float64(), safe=False))


def _moments(name: str, values: pa.ChunkedArray) -> Typed:
    notes: tuple[Finding, ...] = ()
    if getattr(values.type, "tz", None):
        sentence = f"Column {name!r}: times with a zone were converted to UTC."
        notes = (note("time-zone", sentence, name),)
    return Typed(
        values.cast(pa.timestamp("us", getattr(values.type, "tz", None)), safe=False).cast(STAMP),
        notes,
    )


def _spans(name: str, values: pa.ChunkedArray) -> Typed:
    seconds = pc.divide(
        values.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e6
    )
    return Typed(seconds, (note("durations", f"Column {name!r}: durations became seconds.", name),))


def _texts(name: str, values: pa.ChunkedArray) -> Typed:
    return Typed(values.cast(pa.string()))


def _printed(name: str, values: pa.ChunkedArray) -> Typed:
    told = note("printed", f"Column {name!r} ({values.type}) was kept as text.", name)
    words = [None if v is None else _shown(v) for v in values.to_pylist()]
    return Typed(pa.chunked_array([pa.array(words, pa.string())]), (told,))


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    if isinstance(value, (list, dict)):
        return json.dumps(plain(value), ensure_ascii=False)
    return str(value)


_RULES: tuple[tuple[Callable[[pa.DataType], bool], Settle], ...] = (
    (kinds.is_null, _null),
    (kinds.is_boolean, _same),
    (kinds.is_integer, _integers),
    (kinds.is_floating, _floats),
    (kinds.is_decimal, _floats),
    (kinds.is_timestamp, _moments),
    (kinds.is_date, _moments),
    (kinds.is_duration, _spans),
    (kinds.is_string, _same),
    (kinds.is_large_string, _texts),
    (kinds.is_string_view, _texts),
)

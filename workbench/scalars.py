"""Single values and short lists for Arrow's functions, made from their bytes, and read as such.

``pa.scalar``, ``pa.array`` and ``to_numpy`` ask pandas about whatever they are given, and load it
for that: half a second that an import of a file would spend on nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds


@lru_cache(64)
def texts(words: tuple[str, ...]) -> pa.StringArray:
    """Some texts, as an array."""
    raw = [word.encode("utf-8", "surrogatepass") for word in words]
    ends = struct.pack(f"={len(raw) + 1}i", 0, *accumulate(map(len, raw)))
    return pa.StringArray.from_buffers(len(raw), pa.py_buffer(ends), pa.py_buffer(b"".join(raw)))


def text(word: str) -> pa.StringScalar:
    """A text."""
    return texts((word,))[0]


def whole(numbers: Sequence[int], kind: pa.DataType) -> pa.Array:
    """Whole numbers of 32 or 64 bits, as an array."""
    code = "i" if kind.bit_width == 32 else "q"
    raw = struct.pack(f"={len(numbers)}{code}", *numbers)
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(raw)])


def flags(given: np.ndarray) -> pa.BooleanArray:
    """Truths, bool, shape (rows,), as an array."""
    packed = np.packbits(given, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(given), [None, pa.py_buffer(packed)])


def nothing(kind: pa.DataType) -> pa.Scalar:
    """A missing value."""
    return pa.nulls(1, kind)[0]


@lru_cache(64)
def zero(kind: pa.DataType) -> pa.Scalar:
    """0, false, or an empty text."""
    if kinds.is_string(kind):
        return text("")
    return pa.Array.from_buffers(kind, 1, [None, pa.py_buffer(bytes(8))])[0]


def raw(cells: pa.Array) -> memoryview:
    """The values of an array of numbers or times, as they lie in memory; nothing is copied.

    What stands in the place of missing ones is anybody's guess.
    """
    data, width = cells.buffers()[1], cells.type.bit_width // 8
    if data is None:
        return memoryview(b"")
    return memoryview(data)[cells.offset * width : (cells.offset + len(cells)) * width]

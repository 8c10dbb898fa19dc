"""The digest of cells: equal for equal content, whatever their chunks and buffers look like."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench import scalars


class ColumnDigest:
    """SHA-256 over the cells of one column, which come in parts of any length.

    Which cells are missing, how long texts are, and the values are hashed apart, so that the cuts
    between the parts leave no trace. The values under a null do not count.
    """

    def __init__(self) -> None:
        self._valid, self._lengths, self._values = (hashlib.sha256() for _ in range(3))

    def add(self, values: pa.ChunkedArray) -> None:
        """The next cells."""
        for chunk in values.chunks:
            self._add(chunk)

    def _add(self, cells: pa.Array) -> None:
        if cells.null_count:
            self._valid.update(scalars.raw(pc.is_valid(cells).cast(pa.uint8())))
            cells = cells.fill_null(scalars.zero(cells.type))
        else:
            self._valid.update(b"\1" * len(cells))
        if kinds.is_string(cells.type):
            self._lengths.update(scalars.raw(pc.binary_length(cells)))
            self._values.update(_bytes(cells))
            return
        self._values.update(
            scalars.raw(cells.cast(pa.uint8()) if kinds.is_boolean(cells.type) else cells)
        )

    def hexdigest(self) -> str:
        """The digest of all cells so far."""
        parts = (self._valid, self._lengths, self._values)
        return hashlib.sha256(b"".join(part.digest() for part in parts)).hexdigest()


class Digests:
    """The digests of all columns of a table that comes in parts, in threads of their own."""

    def __init__(self, names: Iterable[str]) -> None:
        self._columns = {name: ColumnDigest() for name in names}
        self._pool = ThreadPoolExecutor(os.cpu_count(), "digests")
        self._last: list[Future[None]] = []

    def add(self, part: pa.Table) -> None:
        """The next rows; returns before they are counted in, as long as those before are."""
        self._wait()
        digests = self._columns.values()
        self._last = [
            self._pool.submit(digest.add, values)
            for digest, values in zip(digests, part.columns, strict=True)
        ]

    def found(self) -> dict[str, str]:
        """The digest of the cells of each column, by its name; names and types do not count."""
        self._wait()
        return {name: digest.hexdigest() for name, digest in self._columns.items()}

    def _wait(self) -> None:
        for future in self._last:
            future.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _bytes(chunk: pa.StringArray) -> memoryview:
    """The text of an array without its offsets; an array may be a window on larger buffers."""
    _, offsets, data = chunk.buffers()
    if data is None or len(chunk) == 0:
        return memoryview(b"")
    places = pa.Array.from_buffers(pa.int32(), len(chunk) + 1, [None, offsets], offset=chunk.offset)
    return memoryview(data)[places[0].as_py() : places[-1].as_py()]

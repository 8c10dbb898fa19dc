"""The digest of a table: equal for equal content, whatever its chunks and buffers look like."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.tables import Tabular, batches

ROWS = 2**18  # rows hashed at a time: strings fit into 32-bit offsets, threads get enough to do


class ColumnDigest:
    """SHA-256 over the cells of one column, which come in parts of any length.

    Which cells are missing, how long texts are, and the values are hashed apart, so that the cuts
    between the parts leave no trace. The values under a null do not count.
    """

    def __init__(self) -> None:
        self._valid, self._lengths, self._values = (hashlib.sha256() for _ in range(3))

    def add(self, values: pa.ChunkedArray) -> None:
        """The next cells."""
        self._valid.update(pc.is_valid(values).cast(pa.uint8()).to_numpy())
        if kinds.is_string(values.type):
            filled = values.fill_null("")
            self._lengths.update(pc.binary_length(filled).to_numpy())
            for chunk in filled.chunks:
                self._values.update(_bytes(chunk))
            return
        if kinds.is_boolean(values.type):
            values = values.cast(pa.uint8())
        elif kinds.is_temporal(values.type):
            values = values.cast(pa.int64())
        self._values.update(values.fill_null(0).to_numpy())

    def hexdigest(self) -> str:
        """The digest of all cells so far."""
        parts = (self._valid, self._lengths, self._values)
        return hashlib.sha256(b"".join(part.digest() for part in parts)).hexdigest()


def column_digests(table: Tabular) -> dict[str, str]:
    """The digest of the cells of each column, by its name; names and types do not count."""
    digests = [ColumnDigest() for _ in range(table.num_columns)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in batches(table, ROWS):
            for _ in pool.map(ColumnDigest.add, digests, part.columns):
                pass
    return dict(zip(table.column_names, (d.hexdigest() for d in digests), strict=True))


def table_digest(table: Tabular, columns: dict[str, str] | None = None) -> str:
    """SHA-256 (hex) over names, types and cells; the order of rows and columns counts.

    Parameters
    ----------
    columns
        What :func:`column_digests` gave, when it is known already.
    """
    columns = columns or column_digests(table)
    digest = hashlib.sha256(f"workbench-table-2 {table.num_rows}\n".encode())
    for field in table.schema:
        name = field.name.encode("utf-8", "surrogatepass")
        digest.update(f"{len(name)} ".encode() + name)
        digest.update(f"\n{field.type} {columns[field.name]}\n".encode())
    return digest.hexdigest()


def _bytes(chunk: pa.StringArray) -> memoryview:
    """The text of an array without its offsets; an array may be a window on larger buffers."""
    _, offsets, data = chunk.buffers()
    if data is None or len(chunk) == 0:
        return memoryview(b"")
    places = pa.Array.from_buffers(pa.int32(), len(chunk) + 1, [None, offsets], offset=chunk.offset)
    return memoryview(data)[places[0].as_py() : places[-1].as_py()]

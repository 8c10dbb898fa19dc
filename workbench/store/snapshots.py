"""Snapshots: immutable tables by content, each piece of a table on the disk but once.

::

    data/<digest>/manifest.json    what it holds: rows, columns with their digests
    data/<digest>/table.parquet    the table, written once ...
    data/<digest>/pieces.json      ... or, packed, the digests of the file's pieces, in order
    data/pieces/<digest>           a column's cells in one row group, as they stand in the file
    cache/tables/<digest>.parquet  a packed table put together again, while it is used

The newest version of a data set stays whole. An older one that shares pieces with it is packed:
a corrected column or appended rows then cost what is new. Git keeps its history so.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

from workbench.core.errors import StoreError
from workbench.core.files import replacing, replacing_folder, write_bytes, write_text
from workbench.core.wire import dumps
from workbench.store.digest import column_digests, table_digest
from workbench.tables import ParquetTable, Tabular, batches, write_parquet

TABLE, MANIFEST, PIECES = "table.parquet", "manifest.json", "pieces.json"
FORMAT = 2
OURS = re.compile(r"[0-9a-f]{64}|\..*")  # tables and half-written ones; other folders stay
SMALLEST = 64 * 2**10  # bytes of a piece: smaller neighbours stay together
WORTH = 0.1  # share of a table's bytes that another must hold too before it is packed


class Snapshots:
    """The tables of a workspace by digest; who writes holds the store's lock."""

    def __init__(self, root: Path) -> None:
        self.folder = Path(root) / "data"
        self._pool = self.folder / "pieces"
        self._cache = Path(root) / "cache" / "tables"

    def put(self, table: Tabular, ours: bool = False) -> str:
        """Keep a table; returns its digest.

        Parameters
        ----------
        ours
            The table is a file that :func:`workbench.tables.write_parquet` made for this: it is
            moved, not copied.
        """
        known = table.digests if ours and isinstance(table, ParquetTable) else None
        columns = known or column_digests(table)
        digest = table_digest(table, columns)
        if digest in self:
            return digest
        with replacing_folder(self.folder / digest) as folder:
            if ours and isinstance(table, ParquetTable):
                shutil.move(table.path, folder / TABLE)
            else:
                write_parquet(folder / TABLE, batches(table))
            held = [
                {"name": field.name, "type": str(field.type), "digest": columns[field.name]}
                for field in table.schema
            ]
            manifest = {"format": FORMAT, "rows": table.num_rows, "columns": held}
            text = dumps({"digest": digest, **manifest}, indent=1)
            (folder / MANIFEST).write_text(text, encoding="utf-8")
        return digest

    def __contains__(self, digest: str) -> bool:
        return (self.folder / digest / MANIFEST).is_file()

    def path(self, digest: str) -> Path:
        """The table as one Parquet file; a packed one is put together first.

        Raises
        ------
        FileNotFoundError
            It is missing.
        StoreError
            A piece of it is missing or was changed.
        """
        whole = self.folder / digest / TABLE
        if whole.is_file():
            return whole.absolute()
        return self._unpacked(digest).absolute()

    def table(self, digest: str) -> ParquetTable:
        """The table, open: it stays readable when it is packed or removed meanwhile.

        Raises
        ------
        FileNotFoundError, StoreError
            As :meth:`path`.
        OSError, pyarrow.ArrowException
            It is damaged.
        """
        try:
            return ParquetTable(self.path(digest))
        except FileNotFoundError:  # packed between the two
            return ParquetTable(self.path(digest))

    def columns(self, digest: str) -> Mapping[str, str]:
        """The digest of each column's cells."""
        manifest = json.loads((self.folder / digest / MANIFEST).read_text(encoding="utf-8"))
        return {column["name"]: column["digest"] for column in manifest["columns"]}

    # packing -------------------------------------------------------------------------------

    def pack(self, digest: str, newer: str) -> int:
        """Cut a table into pieces when ``newer`` holds many of them; returns the bytes saved."""
        path = self.folder / digest / TABLE
        if digest == newer or not path.is_file() or path.stat().st_size < SMALLEST:
            return 0
        known = {name for name, _ in self._pieces_of(newer)}
        layout = [(_named(piece), len(piece)) for piece in _pieces(path)]
        before = sum(length for _, length in layout)
        if sum(length for name, length in layout if name in known) < WORTH * before:
            return 0
        grown = sum(self._keep(piece) for piece in _pieces(path))
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest()
        write_text(path.with_name(PIECES), dumps({"sha256": whole, "pieces": layout}))
        path.unlink()
        return before - grown

    def sweep(self, named: Iterable[str]) -> int:
        """Remove what killed writers left, and tables and pieces without a name; bytes freed."""
        kept = {*named}
        freed = 0
        for path in self.folder.iterdir():
            if path.is_dir() and OURS.fullmatch(path.name) and path.name not in kept:
                freed += _size(path)
                shutil.rmtree(path, ignore_errors=True)
        wanted = {name for digest in kept for name, _ in self._layout(digest)}
        for piece in self._pool.iterdir() if self._pool.is_dir() else ():
            if piece.name not in wanted:
                freed += piece.stat().st_size
                piece.unlink(missing_ok=True)
        return freed

    def forget_unpacked(self) -> int:
        """Remove the packed tables that were put together; returns the bytes freed."""
        freed = _size(self._cache)
        shutil.rmtree(self._cache, ignore_errors=True)
        return freed

    def _keep(self, piece: bytes) -> int:
        path = self._pool / _named(piece)
        if path.is_file():
            return 0
        write_bytes(path, piece)
        return len(piece)

    def _pieces_of(self, digest: str) -> list[tuple[str, int]]:
        path = self.folder / digest / TABLE
        if path.is_file():
            return [(_named(piece), len(piece)) for piece in _pieces(path)]
        return self._layout(digest)

    def _layout(self, digest: str) -> list[tuple[str, int]]:
        path = self.folder / digest / PIECES
        if not path.is_file():
            return []
        found = json.loads(path.read_text(encoding="utf-8"))["pieces"]
        return [(name, length) for name, length in found]

    def _unpacked(self, digest: str) -> Path:
        path = self._cache / f"{digest}.parquet"
        if path.is_file():
            return path
        wanted = json.loads((self.folder / digest / PIECES).read_text(encoding="utf-8"))
        whole = hashlib.sha256()
        with replacing(path) as temporary, temporary.open("wb") as file:
            for name, _ in wanted["pieces"]:
                try:
                    content = (self._pool / name).read_bytes()
                except FileNotFoundError as error:
                    raise _broken(digest, "missing") from error
                whole.update(content)
                file.write(content)
            if whole.hexdigest() != wanted["sha256"]:
                raise _broken(digest, "changed")
        return path


def _broken(digest: str, what: str) -> StoreError:
    return StoreError(f"A piece of the table {digest[:12]} is {what}.", "Import it again.")


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that together are the file: a cut between any two columns' cells."""
    with path.open("rb") as file:
        at = 0
        for cut in _cuts(path):
            yield file.read(cut - at)
            at = cut
        yield file.read()


def _cuts(path: Path) -> Iterator[int]:
    metadata = pq.read_metadata(path)
    at = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        begins = [_begin(group.column(place)) for place in range(group.num_columns)]
        last = group.column(group.num_columns - 1)
        end = begins[-1] + last.total_compressed_size
        for cut in (*begins, end):
            if cut - at >= SMALLEST or cut == end:  # what changed in one group stays in it
                yield cut
                at = cut


def _begin(column: pq.ColumnChunkMetaData) -> int:
    first = column.dictionary_page_offset or column.data_page_offset
    return int(min(first, column.data_page_offset))


def _named(piece: bytes) -> str:
    return hashlib.sha256(piece).hexdigest()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

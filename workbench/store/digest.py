"""The digest of a table: equal for equal content, whatever its chunks and buffers look like."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from workbench.digests import Digests
from workbench.tables import Tabular, batches

ROWS = 2**18  # rows hashed at a time: strings fit into 32-bit offsets, threads get enough to do


def column_digests(table: Tabular) -> dict[str, str]:
    """The digest of the cells of each column, by its name; names and types do not count."""
    with Digests(table.column_names) as digests:
        for part in batches(table, ROWS):
            digests.add(part)
        return digests.found()


def table_digest(table: Tabular, columns: Mapping[str, str] | None = None) -> str:
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

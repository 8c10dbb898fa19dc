"""Parquet files, and folders of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.data.names import unique
from workbench.data.reader import Parts, Reading, check_options, note
from workbench.tables import GROUP

ENDINGS = (".parquet", ".pq")
MAGIC = b"PAR1"
MOST = 32 * 2**30  # bytes after unpacking; a small file can claim terabytes


class ParquetReader:
    """Reads what begins like Parquet or is called so, and folders of such files."""

    def accepts(self, source: Any) -> bool:
        if not isinstance(source, Path):
            return False
        if source.is_dir():
            return True
        with source.open("rb") as file:
            begins = file.read(4) == MAGIC
        return begins or source.suffix.lower() in ENDINGS

    def read(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, (), "Parquet")
        if source.is_dir():
            return _folder(source)
        _check_ends(source)
        with _told(source), pq.ParquetFile(source, memory_map=True) as file:
            _check_size(source, file.metadata)
            names, notes = unique(file.schema_arrow.names)
        return Reading(Parts(names, lambda: _tables(source, names)), notes)


PARQUET = ParquetReader()


def _tables(source: Path, names: list[str]) -> Iterator[pa.Table]:
    with ExitStack() as stack:
        with _told(source):
            file = stack.enter_context(pq.ParquetFile(source, memory_map=True))
            batches = file.iter_batches(GROUP)
        while True:
            with _told(source):
                batch = next(batches, None)
            if batch is None:
                return
            yield pa.Table.from_batches([batch]).rename_columns(names)


def _folder(source: Path) -> Reading:
    """All Parquet files below a folder; ``year=2025`` in their paths becomes a column."""
    files = _files(source)
    for path in files:
        _check_ends(path)
    parted = _parted(source, files)
    with _told(source):
        first = _dataset(source, files, parted)
        whole = _dataset(source, files, parted, _common(source, first, parted))
    names, notes = unique(whole.schema.names)
    if parted:
        shown = ", ".join(repr(name) for name in parted)
        notes = (note("partitions", f"The folders became columns: {shown}."), *notes)
    return Reading(Parts(names, lambda: _rows(source, whole, names)), notes)


def _dataset(
    source: Path, files: list[Path], parted: list[str], schema: pa.Schema | None = None
) -> Any:
    # as text, because Arrow would read the folder 007 as the number 7
    columns = pa.schema([(name, pa.string()) for name in parted])
    import pyarrow.dataset as ds  # loads pandas too

    return ds.dataset(
        [str(path) for path in files],
        schema,
        format="parquet",
        partitioning=ds.partitioning(columns, flavor="hive") if parted else None,
        partition_base_dir=str(source),
    )


def _files(source: Path) -> list[Path]:
    """The files of a folder; what begins with a dot or an underscore is no data."""
    found = [p for p in sorted(source.rglob("*")) if p.suffix.lower() in ENDINGS and p.is_file()]
    return [
        path
        for path in found
        if not any(part.startswith((".", "_")) for part in path.relative_to(source).parts)
    ]


def _parted(source: Path, files: list[Path]) -> list[str]:
    """The columns that are named by the folders."""
    parts = [part for path in files for part in path.relative_to(source).parent.parts]
    return list(dict.fromkeys(part.partition("=")[0] for part in parts if "=" in part))


def _common(source: Path, whole: Any, parted: list[str]) -> pa.Schema:
    """The columns of all files; types that differ are widened where nothing is lost."""
    schemas = [fragment.physical_schema.remove_metadata() for fragment in whole.get_fragments()]
    if twice := set(parted) & {name for schema in schemas for name in schema.names}:
        raise DataError(
            f"In {source.name}, {min(twice)!r} is a folder and a column of a file too.",
            "Rename one of them.",
        )
    strange = next((s for s in schemas if not set(s.names) & set(schemas[0].names)), None)
    if strange is not None:
        raise DataError(
            f"The files in {source.name} are not parts of one table: one has the column"
            f" {schemas[0].names[0]!r}, another {strange.names[0]!r}, and none is in both.",
            "Give one of the files, or a folder with the parts of one table.",
        )
    columns = pa.schema([(name, pa.string()) for name in parted])
    try:
        return pa.unify_schemas([*schemas, columns], promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            f"The files in {source.name} do not agree on the type of a column.",
            "Import them one by one, or write them again with one schema.",
        ) from error


def _rows(source: Path, whole: Any, names: list[str]) -> Iterator[pa.Table]:
    batches = whole.to_batches(batch_size=GROUP, batch_readahead=2, fragment_readahead=1)
    while True:
        with _told(source):
            batch = next(batches, None)
        if batch is None:
            return
        yield pa.Table.from_batches([batch]).rename_columns(names)


@contextmanager
def _told(source: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
        raise _broken(source, "its content is damaged") from error


def _check_ends(source: Path) -> None:
    with source.open("rb") as file:
        begin = file.read(4)
        size = source.stat().st_size
        file.seek(max(0, size - 4))
        end = file.read(4)
    if begin != MAGIC:
        raise DataError(
            f"{source.name} is called Parquet but holds something else.",
            "Give a file that was written as Parquet, or its true kind as the ending.",
        )
    if end != MAGIC or size < 12:
        raise _broken(source, "it is cut off")


def _check_size(source: Path, metadata: pq.FileMetaData) -> None:
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if size > MOST:
        raise DataError(
            f"{source.name} unpacks to {size / 2**30:,.0f} GB; {MOST / 2**30:.0f} GB is the most.",
            "Import a part of its rows or columns.",
        )


def _broken(source: Path, why: str) -> DataError:
    return DataError(
        f"{source.name} cannot be read as Parquet: {why}.", "Copy or write the file again."
    )

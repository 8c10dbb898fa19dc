"""Arrow and Feather files, the format with a footer and that of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.data.names import unique
from workbench.data.reader import Parts, Reading, check_options

MAGIC = b"ARROW1"
OLD = b"FEA1"
ENDINGS = (".arrow", ".feather", ".ipc", ".arrows")


class ArrowReader:
    """Reads what begins like an Arrow file or is called so."""

    def accepts(self, source: Any) -> bool:
        if not isinstance(source, Path) or not source.is_file():
            return False
        return source.suffix.lower() in ENDINGS or _begin(source) == MAGIC

    def read(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, (), "Arrow")
        if _begin(source).startswith(OLD):
            raise DataError(
                f"{source.name} is a Feather file of the first version.",
                "Write it again: pandas and pyarrow write the second version since 2020.",
            )
        with ExitStack() as stack:
            schema = _opened(source, stack).schema
        names, notes = unique(schema.names)
        return Reading(Parts(names, lambda: _tables(source, names)), notes)


ARROW = ArrowReader()


def _begin(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(len(MAGIC))


def _tables(source: Path, names: list[str]) -> Iterator[pa.Table]:
    with ExitStack() as stack:
        reader = _opened(source, stack)
        batches = iter(reader) if isinstance(reader, pa.RecordBatchReader) else _each(reader)
        while True:
            try:
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)  # a changed offset would read beyond the file
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _broken(source, "its content is damaged or cut off") from error
            yield pa.Table.from_batches([batch]).rename_columns(names)


def _each(reader: Any) -> Iterator[pa.RecordBatch]:
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _opened(source: Path, stack: ExitStack) -> Any:
    """A reader of the file, whichever of the two formats it has."""
    file = stack.enter_context(pa.memory_map(str(source)))
    opened = pa.ipc.open_file if _begin(source) == MAGIC else pa.ipc.open_stream
    try:
        return stack.enter_context(opened(file))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _broken(source, "it is cut off, or something else") from error


def _broken(source: Path, why: str) -> DataError:
    return DataError(
        f"{source.name} cannot be read as Arrow: {why}.", "Copy or write the file again."
    )

"""Read: any source becomes one table of five types, with notes of what had to be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.report import Finding
from workbench.core.settings import FILE as WORKSPACE
from workbench.data import address
from workbench.data.ahead import ahead
from workbench.data.reader import ASKED_HERE, Anew, Reader, readers
from workbench.data.typed import SHAPING, Shaping, TypedParts, Widened
from workbench.tables import Tabular, write_parquet

FEW = 20_000  # files of a folder that are looked at, lest somebody names the whole disk
FOREIGN = {
    ".xml": "XML",
    ".html": "HTML",
}


@dataclass(frozen=True)
class Imported:
    """A typed table, where it came from, and what had to be done to read it."""

    table: Tabular
    source: str
    title: str
    notes: tuple[Finding, ...] = ()


def read(
    source: Any,
    *,
    reader: str | Reader | None = None,
    name: str | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    into: Path | None = None,
) -> Imported:
    """The table in ``source``, its columns int64, double, bool, timestamp[us] or string.

    Parameters
    ----------
    source
        A path, the URL of a database, or a pandas, Polars, pyarrow, DuckDB or structured NumPy
        table, or a list of dicts.
    reader
        A name among :data:`~workbench.data.reader.readers`, or a reader; found when left out.
    name
        Title of the table.
    options
        Those of the reader, and ``missing`` (cells that mean "no value"), ``text`` (columns kept
        as text, or True for all of them, untouched), ``day_first``, ``decimal``, ``thousands``,
        ``dates`` (see :class:`~workbench.data.cells.Notation`).
    into
        A Parquet file to write the table to, a part at a time: it need not fit into memory, and
        the table of what comes back is a :class:`~workbench.tables.ParquetTable`. Without it the
        table is a ``pyarrow.Table``.

    Raises
    ------
    DataError
        The source holds no usable table.
    UsageError
        There is no such source, or an option is wrong.
    """
    wanted, shaping = split_options(options)
    chosen, place = found(source, reader)
    told: tuple[Finding, ...] = ()
    while True:
        try:
            table, notes = _once(chosen, place, wanted, shaping, into, progress)
            break
        except Anew as anew:
            wanted, told = {**wanted, **anew.options}, (*told, anew.note)
    return Imported(table, source_of(place), name or _title(place), (*told, *notes))


def _once(
    chosen: Reader,
    place: Any,
    wanted: Mapping[str, Any],
    shaping: Shaping,
    into: Path | None,
    progress: Progress,
) -> tuple[Tabular, tuple[Finding, ...]]:
    before = _state(place)
    try:
        reading = chosen.read(place, wanted, within(progress, 0, 0.1))
        typed = TypedParts(reading.parts, shaping)
        table = _made(typed, into, shown_as(place), within(progress, 0.1, 1))
        _check_same(place, before)
    except BaseException:
        if into is not None:
            into.unlink(missing_ok=True)
        raise
    return table, (*reading.notes, *typed.notes())


def split_options(options: Mapping[str, Any] | None) -> tuple[dict[str, Any], Shaping]:
    """The options of the reader, and those for every kind of source."""
    wanted = {k: v for k, v in (options or {}).items() if v is not None}
    return wanted, Shaping.of({k: wanted.pop(k) for k in SHAPING if k in wanted})


def found(source: Any, reader: str | Reader | None = None) -> tuple[Reader, Any]:
    """The reader of a source, and the source as it takes it: a ``Path`` that exists, say."""
    chosen = readers.get(reader) if isinstance(reader, str) else reader
    if chosen is not None and chosen.accepts(source):
        return chosen, source
    place = source
    if isinstance(source, str | Path) and not address.is_database(source):
        place = located(source)
    return chosen or _reader(place), place


def shown_as(place: Any) -> str:
    """What errors call a source."""
    if isinstance(place, Path):
        return place.name
    return address.masked(place) if isinstance(place, str) else "The table"


def source_of(place: Any) -> str:
    """What the record of an import calls a source; passwords are left out."""
    if isinstance(place, str):
        return address.masked(place)
    return str(place) if isinstance(place, Path) else "frame"


def _title(place: Any) -> str:
    if isinstance(place, Path):
        return place.stem
    return address.title(place) if address.is_database(place) else "frame"


def _check_same(place: Any, before: tuple[int, int] | None) -> None:
    if _state(place) != before:
        raise DataError(
            f"{shown_as(place)} changed while it was read.",
            "Read it again when nobody writes to it.",
        )


def _state(place: Any) -> tuple[int, int] | None:
    """What differs when somebody has written to a file."""
    if not isinstance(place, Path) or not place.is_file():
        return None
    status = place.stat()
    return status.st_size, status.st_mtime_ns


def _made(typed: TypedParts, into: Path | None, shown: str, progress: Progress) -> Tabular:
    if not typed.parts.names:
        raise DataError(f"{shown} has no columns.", "Give a table with columns and rows.")
    try:
        table = _gathered(_counted(typed, typed.first(), within(progress, 0, 0.8)), into)
    except Widened:
        table = _gathered(_counted(typed, typed.again(), within(progress, 0.8, 1)), into)
    if table is None or table.num_rows == 0:
        raise DataError(f"{shown} has no rows.", "Give a table with rows.")
    if table.num_rows == 1:
        raise DataError(f"{shown} has one row only.", "Nothing can be learned from a single row.")
    return table


def _gathered(tables: Iterator[pa.Table], into: Path | None) -> Tabular | None:
    first = next(tables, None)
    if first is None:
        return None

    def whole() -> Iterator[pa.Table]:
        yield first
        yield from tables

    if into is not None:
        return write_parquet(into, whole(), digest=True)
    return pa.concat_tables(whole()).combine_chunks()


def _counted(
    typed: TypedParts, tables: Iterator[pa.Table], progress: Progress
) -> Iterator[pa.Table]:
    """Typed tables, made ahead; says how far they are."""
    rows = 0
    for table in ahead(tables):
        rows += table.num_rows
        progress(typed.parts.done(), f"{rows:,} rows")
        yield table


def located(source: str | Path) -> Path:
    """The file at ``source``, or the folder when there is Parquet in it.

    Raises
    ------
    NotFound
        There is none; near names are offered.
    DataError
        It is a folder or something else that is no file.
    """
    text = str(source)
    if "://" in text:
        raise UsageError(
            f"{address.masked(text)!r} is an address on the network.",
            "Download the file and give its path.",
        )
    if not text.strip() or "\0" in text:
        raise UsageError("No file is named.", "Give the path of a CSV or Parquet file.")
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            if path.stat().st_size == 0:
                raise DataError(f"{path.name} is empty.", "Give a file with a header and rows.")
            return path.absolute()
        if path.exists():
            raise DataError(f"{path} is no plain file.", "Give a CSV or Parquet file.")
        raise NotFound(f"There is no file {path}.", _near(path))
    except PermissionError as error:
        raise DataError(f"{text} may not be read.", "Check who owns the folder.") from error
    except (OSError, RuntimeError) as error:  # a name too long for the system, an unknown ~user
        raise NotFound(f"There is no file {text[:80]!r}.", "Check the path.") from error


def _folder(path: Path) -> Path:
    if (path / WORKSPACE).is_file():
        raise DataError(f"{path} is the folder of a workspace, not a table.", _inside(path))
    if any(p.suffix.lower() == ".parquet" for p in islice(path.rglob("*"), FEW)):
        return path.absolute()
    raise DataError(f"{path} is a folder, not a file.", _inside(path))


def _near(path: Path) -> str:
    parent = path.parent
    if not parent.is_dir():
        return f"There is no folder {parent} either."
    files = sorted(p.name for p in parent.iterdir() if not p.name.startswith("."))
    near = get_close_matches(path.name, files, n=3, cutoff=0.5)
    return f"Near it: {', '.join(near)}." if near else "Check the path, or give a catalogue name."


def _inside(path: Path) -> str:
    kinds = (".csv", ".tsv", ".parquet", ".txt", ".data", ".gz")
    files = sorted(p.name for p in path.iterdir() if p.suffix.lower() in kinds)[:4]
    return f"Give one of its files: {', '.join(files)}." if files else "Give a file."


def _reader(place: Any) -> Reader:
    for name in readers.names():
        accepts = ASKED_HERE.get(name)
        if accepts(place) if accepts else readers.get(name).accepts(place):
            return readers.get(name)
    if isinstance(place, Path):
        what = FOREIGN.get(place.suffix.lower())
        if what is not None:
            raise DataError(f"{place.name} is {what}.", "Save the table as CSV or Parquet.")
        return readers.get("csv")  # it says best what else the file is
    raise UsageError(
        f"An object of type {type(place).__name__} cannot be imported.",
        "Give a path, the URL of a database, a DataFrame of pandas or Polars, a table of pyarrow, "
        "or a list of dicts.",
    )

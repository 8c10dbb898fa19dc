"""The seam of sources: what a reader promises, and the readers that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.registry import Registry
from workbench.core.report import Finding
from workbench.data.address import is_database


def _half() -> float:
    return 0.5


@dataclass(frozen=True)
class Parts:
    """A table that comes a part at a time, because it may be larger than memory.

    Parameters
    ----------
    names
        The columns, all different.
    tables
        Opens the source and gives its rows from the first on; it may be called again. All tables
        of all calls have the same columns and types.
    notes
        What had to be done to read it; asked after the last table.
    done
        How much of the source has been read, 0 to 1; asked between two tables.
    """

    names: Sequence[str]
    tables: Callable[[], Iterator[pa.Table]]
    notes: Callable[[], tuple[Finding, ...]] = tuple
    done: Callable[[], float] = _half


@dataclass(frozen=True)
class Reading:
    """What a reader found: a table as the source has it, and what had to be done to read it."""

    table: pa.Table | Parts
    notes: tuple[Finding, ...] = ()

    @property
    def parts(self) -> Parts:
        """The table a part at a time; one that is in memory is one part."""
        table = self.table
        if isinstance(table, Parts):
            return table
        return Parts(table.column_names, lambda: iter([table]))


class Anew(Exception):
    """Raised between two tables: those that came are void, read the source with more options."""

    def __init__(self, options: Mapping[str, Any], told: Finding) -> None:
        super().__init__(told.sentence)
        self.options = options
        self.note = told


HEAD = 10_000  # rows that a preview looks at


class Reader(Protocol):
    """Turns one kind of source into a table.

    One whose ``read`` takes long before the first row comes may have ``head`` too: like ``read``,
    but ``HEAD`` rows and one more are enough. One that finds out how its sources are written may
    have ``describe(source, options)``: what it found, by the names of its options; one whose
    sources hold several tables ``offers(source)``: what such an option could be.
    """

    def accepts(self, source: Any) -> bool:
        """Whether the source is of this kind; a ``Path`` is a file or folder that exists."""
        ...

    def read(self, source: Any, options: Mapping[str, Any], progress: Progress) -> Reading:
        """The table in ``source``; text stays text, its types are found later."""
        ...


readers: Registry[Reader] = Registry(
    "reader",
    {
        "frame": "workbench.data.readers.frame:FRAME",
        "sql": "workbench.data.readers.sql:SQL",
        "parquet": "workbench.data.readers.parquet:PARQUET",
        "arrow": "workbench.data.readers.arrow:ARROW",
        "json": "workbench.data.readers.json:JSON",
        "excel": "workbench.data.readers.excel:EXCEL",
        "csv": "workbench.data.readers.csv:CSV",
        "bundled": "workbench.data.readers.bundled:BUNDLED",
    },
)

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def _never(source: Any) -> bool:
    return False


def _is_workbook(source: Any) -> bool:
    return isinstance(source, Path) and source.suffix.lower() in WORKBOOKS


# what these take is known here, because to open them and ask would load their libraries
ASKED_HERE: Mapping[str, Callable[[Any], bool]] = {
    "bundled": _never,  # by its name only
    "sql": is_database,
    "excel": _is_workbook,
}


def note(code: str, sentence: str, subject: str = "", **evidence: Any) -> Finding:
    """A note of the import: information, not a fault."""
    return Finding(code, "info", sentence, evidence, subject)


def check_options(options: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    """Refuse reading options that nobody would look at.

    Raises
    ------
    UsageError
        An option is unknown; the known ones are named.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"{what} has no reading option {unknown[0]!r}.",
            f"Known: {', '.join(known)}." if known else "It takes none.",
        )

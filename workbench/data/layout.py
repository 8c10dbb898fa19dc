"""How a CSV file is written: found from its head, or said by the reading options."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, UsageError
from workbench.core.report import Finding
from workbench.data import sniff, text
from workbench.data.names import unique
from workbench.data.reader import check_options, note
from workbench.data.text import Odd, Text

OPTIONS = ("delimiter", "encoding", "header", "names", "quote", "skip", "bad_rows")


@dataclass(frozen=True)
class CsvOptions:
    """How a file is to be read; what is left out is found.

    Parameters
    ----------
    header
        Whether the first row names the columns.
    names
        Names of the columns; with ``header=True`` they take the place of those in the file.
    quote
        The character around cells that hold a delimiter; "" when quotes are plain characters.
    skip
        Lines before the table.
    bad_rows
        ``"error"``, or ``"skip"`` to leave out rows with another number of cells.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    names: tuple[str, ...] = ()
    quote: str = '"'
    skip: int = 0
    bad_rows: str = "error"

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise UsageError(
                    f"The reading option {name} cannot be {getattr(self, name)!r}.",
                    "Look at its type: delimiter=';', header=False, names=['a', 'b'], skip=2.",
                )
        if self.delimiter is not None and len(self.delimiter.encode()) != 1:
            raise UsageError(
                f"{self.delimiter!r} cannot be a delimiter.", "Give one character, such as ';'."
            )
        if len(self.quote.encode()) > 1 or self.bad_rows not in ("error", "skip") or self.skip < 0:
            raise UsageError(
                "The reading options cannot be used.",
                "quote is one character or '', bad_rows is 'error' or 'skip', skip a number.",
            )


_KINDS: Mapping[str, Any] = {
    "delimiter": str | None, "encoding": str | None, "header": bool | None, "names": tuple,
    "quote": str, "skip": int, "bad_rows": str,
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written, found from its head or said by the options."""

    text: Text
    options: CsvOptions  # with the delimiter
    before: int  # lines before the table
    names: tuple[str, ...]
    header: bool  # whether the first row is passed over
    notes: tuple[Finding, ...] = ()
    sample: str = ""

    @property
    def path(self) -> Path:
        """The file."""
        return self.text.path

    def open(self, text: Text | None = None) -> Content:
        """The table's text from its first line."""
        return Content(text or self.text, self.before)


def look(path: Path, options: Mapping[str, Any]) -> Layout:
    """The layout of a file; only its head is read.

    Raises
    ------
    DataError
        It is no text, has no rows, or seems to have no header.
    UsageError
        An option is wrong.
    """
    check_options(options, OPTIONS, "CSV")
    wanted = _options(options)
    found = text.find(path, wanted.encoding)
    try:
        return _layout(found, wanted)
    except Odd as odd:
        return _layout(text.instead(found, odd), wanted)


def _layout(found: Text, wanted: CsvOptions) -> Layout:
    path, notes = found.path, encoding_notes(found)
    head = _head(found, wanted.skip)
    lines, mark = (0, None) if wanted.skip else sniff.before(sniff.sample(head), wanted.quote)
    if lines:
        head = _head(found, lines)
        shown = "1 line" if lines == 1 else f"{lines} lines"
        notes += (note("lines-before", f"{shown} before the table were left out."),)
    sample = sniff.sample(head)
    if wanted.delimiter is None:
        wanted = replace(wanted, delimiter=mark or sniff.delimiter_of(sample, wanted.quote))
    names, header, renamed = _names(path, sample, len(head) <= sniff.SAMPLE, wanted)
    before = wanted.skip + lines
    return Layout(found, wanted, before, tuple(names), header, notes + renamed, sample)


def encoding_notes(found: Text) -> tuple[Finding, ...]:
    """That the encoding was guessed, if it was."""
    if not found.guessed:
        return ()
    return (note("encoding", f"{found.path.name} was read as {found.encoding}."),)


def _head(found: Text, lines: int) -> bytes:
    """Enough of the text to look at, and one byte more when there is more."""
    with Content(found, lines) as content:
        head = content.read(sniff.SAMPLE + 1)
        while len(head) <= sniff.size_of(head) and (more := content.read(sniff.SAMPLE)):
            head += more
    return head


class Content(io.RawIOBase):
    """The text of a table as UTF-8, without the lines before it."""

    def __init__(self, text: Text, lines: int) -> None:
        super().__init__()
        self.utf8 = text.open()
        self._begin = self._after(lines)

    def read(self, size: int = -1) -> bytes:
        """The next bytes; fewer than ``size`` only at the end."""
        found, self._begin = self._begin[:size], self._begin[size:]
        parts = [found]
        missing = size - len(found)
        while missing > 0 and (part := self.utf8.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts) if len(parts) > 1 else found

    def read1(self, size: int = -1) -> bytes:
        """As buffered files read."""
        return self.read(2**16 if size < 0 else size)

    def readable(self) -> bool:
        """As files say."""
        return True

    def close(self) -> None:
        """Give the file back."""
        self.utf8.close()
        super().close()

    def _after(self, lines: int) -> bytes:
        """Pass over lines; what was read of the next one."""
        held = b""
        while lines and (block := self.utf8.read(sniff.SAMPLE)):
            held += block
            if held.endswith(b"\r"):  # its line feed may be in the next block
                held += self.utf8.read(1)
            ends = list(itertools.islice(re.finditer(rb"\r\n|\n|\r", held), lines))
            lines -= len(ends)
            held = held[ends[-1].end() :] if ends else held
        return b"" if lines else held


def _options(given: Mapping[str, Any]) -> CsvOptions:
    names = given.get("names", ())
    return CsvOptions(**{**given, "names": tuple(names) if isinstance(names, list) else names})


def _names(
    source: Path, sample: str, whole: bool, wanted: CsvOptions
) -> tuple[list[str], bool, tuple[Finding, ...]]:
    """Column names, whether the first row is to be passed over, and what was changed."""
    lines = sniff.rows(sample, wanted.delimiter or ",", wanted.quote)
    if not lines:
        raise DataError(f"{source.name} is empty.", "Give a file with a header and rows.")
    header = wanted.header
    if wanted.names:
        if len(wanted.names) != len(lines[0]):
            raise UsageError(
                f"{len(wanted.names)} names were given for {len(lines[0])} columns.",
                "Name every column, in order.",
            )
        header = lines[0] == list(wanted.names) if header is None else header
        return (*_flag(unique(wanted.names), header),)
    if header is not False and not wanted.names and len(lines) == 1 and whole:
        raise DataError(f"{source.name} has a header and no rows.", "Give a file with rows.")
    if header is None and not sniff.has_header(lines):
        shown = ", ".join(cell.strip()[:24] for cell in lines[0][:4])
        more = ", ..." if len(lines[0]) > 4 else ""
        raise DataError(
            f"{source.name} seems to have no header: its first row holds values ({shown}{more}).",
            "Give names=[...], or header=False to number the columns; header=True if it is one.",
        )
    if header is False:
        return [f"column {n}" for n in range(1, len(lines[0]) + 1)], False, ()
    return (*_flag(unique(lines[0]), True),)


def _flag(
    named: tuple[list[str], tuple[Finding, ...]], header: bool
) -> tuple[list[str], bool, tuple[Finding, ...]]:
    return named[0], header, named[1]

"""CSV and its kin: any delimiter, any encoding, with or without a header."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pc

from workbench.core.errors import DataError, UsageError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data import sniff, text
from workbench.data.ahead import ahead
from workbench.data.names import unique
from workbench.data.reader import Anew, Parts, Reading, check_options, note
from workbench.data.text import Odd, Text

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".gz", ".zip", "")
OPTIONS = ("delimiter", "encoding", "header", "names", "quote", "skip", "bad_rows")
BLOCK = 2 * 2**20
SMALL_BLOCK = 2**20
LARGEST_BLOCK = 2**28
LARGEST_COUNTED = 2**25  # bytes of a block when only bad rows are counted


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


class CsvReader:
    """Reads every cell as text; :mod:`workbench.data.cells` finds the types.

    Parameters
    ----------
    block
        Bytes of text that are parsed at a time; a longer row makes it grow.
    """

    def __init__(self, block: int = BLOCK) -> None:
        self.block = block

    def accepts(self, source: Any) -> bool:
        return isinstance(source, Path) and source.suffix.lower() in ENDINGS

    def read(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        layout = look(source, options)
        rows = _Table(layout, self.block)
        return Reading(
            Parts(layout.names, lambda: ahead(rows.tables()), rows.notes, rows.done), layout.notes
        )

    def head(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        """The same, for who wants the first rows only: small blocks, nothing read ahead."""
        layout = look(source, options)
        rows = _Table(layout, SMALL_BLOCK)
        return Reading(Parts(layout.names, rows.tables, rows.notes, rows.done), layout.notes)

    def describe(self, source: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """How the file is written, by the names of the reading options."""
        layout = look(source, options)
        found = layout.text.encoding
        return {
            "encoding": found,
            "delimiter": layout.options.delimiter,
            "quote": layout.options.quote,
            "header": layout.header,
            "skip": layout.before,
        }


CSV = CsvReader()


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
    path, notes = found.path, _encoding_notes(found)
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


def _encoding_notes(found: Text) -> tuple[Finding, ...]:
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


@dataclass
class _Rows:
    """Counts the rows that do not fit, as pyarrow meets them."""

    skip: bool
    found: list[Any] = field(default_factory=list)
    count: int = 0

    def __call__(self, row: Any) -> str:
        self.count += 1
        self.found = (self.found or [row])[:1]
        return "skip" if self.skip else "error"


class _Longer(Exception):
    """A row is longer than a block."""


class _Table:
    """The rows of a file, block by block."""

    def __init__(self, layout: Layout, block: int) -> None:
        self._layout = layout
        self._block = block
        self._rows = _Rows(False)
        self._content: Content | None = None

    def done(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._content.utf8.done if self._content else 0.0

    def notes(self) -> tuple[Finding, ...]:
        """The rows that were left out."""
        count = self._rows.count
        if not count:
            return ()
        left = "1 row was" if count == 1 else f"{count:,} rows were"
        sentence = f"{left} left out: another number of cells than in the first one."
        return (Finding("rows-skipped", "warning", sentence, {"rows": count}),)

    def tables(self) -> Iterator[pa.Table]:
        """The rows from the first on.

        Raises
        ------
        Anew
            The text is in another encoding than its head.
        DataError
            The text is not what its head promised.
        """
        given = 0  # rows that need not be given again
        while True:
            try:
                for table in self._pass(given):
                    given += table.num_rows
                    yield table
            except _Longer:
                self._block = min(self._block * 8, LARGEST_BLOCK)
            else:
                return

    def _pass(self, past: int) -> Iterator[pa.Table]:
        self._rows = _Rows(self._layout.options.bad_rows == "skip")
        last: pa.Table | None = None
        with self._layout.open() as self._content:
            for table in self._parsed(self._content):
                last = table if table.num_rows else last
                left = table.slice(min(past, table.num_rows))
                past -= table.num_rows - left.num_rows
                if left.num_rows:
                    yield left
            if last is not None:
                self._check_quotes(last)

    def _parsed(self, content: Content) -> Iterator[pa.Table]:
        try:
            yield from _tables(content, self._layout, self._rows, self._block)
        except (pa.ArrowException, OSError, Odd, DataError) as error:
            raise self._explained(error, content) from error

    def _explained(self, error: Exception, content: Content) -> Exception:
        error = content.utf8.failure or error  # Arrow may have wrapped it
        if isinstance(error, Odd):
            found = text.instead(self._layout.text, error)
            told = _encoding_notes(found)[0]
            return Anew({"encoding": found.encoding}, told)
        if isinstance(error, DataError):
            return error
        if self._rows.count and not self._rows.skip:
            return _ragged(self._layout)
        if "straddling" in str(error):
            return _Longer() if self._block < LARGEST_BLOCK else self._endless()
        return DataError(
            f"{self._layout.path.name} cannot be read as CSV.",
            "Say how it is written: delimiter=';', quote='', encoding='cp1252'.",
        )

    def _endless(self) -> DataError:
        if self._unclosed():
            return _unclosed(self._layout.path)
        return DataError(
            f"{self._layout.path.name} has a row of more than {LARGEST_BLOCK / 2**20:,.0f} MB.",
            "Read quotes as plain characters if they are: quote=''.",
        )

    def _check_quotes(self, table: pa.Table) -> None:
        """Refuse a file whose last cell swallowed lines, because a quote was never closed."""
        last = [column[-1].as_py() for column in table.columns]
        if any("\n" in cell or "\r" in cell for cell in last) and self._unclosed():
            raise _unclosed(self._layout.path)

    def _unclosed(self) -> bool:
        """Whether the number of quotes is odd; seldom asked, so the file is read again for it."""
        quote, count = self._layout.options.quote.encode(), 0
        with self._layout.open() as content:
            while quote and (block := content.read(BLOCK)):
                count += block.count(quote)
        return count % 2 == 1


def _unclosed(path: Path) -> DataError:
    return DataError(
        f"{path.name}: a quote is opened and never closed.",
        "Mend the file, or read quotes as plain characters: quote=''.",
    )


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


def _tables(content: Content, layout: Layout, rows: _Rows, block: int) -> Iterator[pa.Table]:
    """The rows as text."""
    places = [str(n) for n in range(len(layout.names))]  # pyarrow takes types by name
    wanted = layout.options
    reader = pc.open_csv(
        content,
        read_options=pc.ReadOptions(
            column_names=places, skip_rows_after_names=int(layout.header), block_size=block
        ),
        parse_options=pc.ParseOptions(
            delimiter=wanted.delimiter,
            quote_char=wanted.quote or False,
            newlines_in_values=bool(wanted.quote),
            invalid_row_handler=rows,
        ),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            strings_can_be_null=False,
        ),
    )
    for batch in reader:
        yield pa.Table.from_batches([batch]).rename_columns(list(layout.names))


def _ragged(layout: Layout) -> DataError:
    """The error for the first row of another width; all are read again to count them."""
    rows = _Rows(skip=True)
    with layout.open() as content:
        for _ in _tables(content, layout, rows, LARGEST_COUNTED):
            pass
    bad = rows.found[0]
    row, line = _place(layout, bad.expected_columns)
    return DataError(
        f"{layout.path.name}: {row} has {bad.actual_columns} cells, {bad.expected_columns} were "
        f"expected ({line}{rows.count:,} such {'row' if rows.count == 1 else 'rows'}).",
        "Mend the file, leave such rows out with bad_rows='skip', or give the right delimiter "
        "or quote.",
    )


def _place(layout: Layout, width: int) -> tuple[str, str]:
    """Which row and line has another number of cells; Arrow counts neither."""
    with layout.open() as content, contextlib.suppress(csv.Error):
        lines = io.TextIOWrapper(cast(IO[bytes], content), encoding="utf-8", newline="")
        parsed = sniff.parser(lines, layout.options.delimiter or ",", layout.options.quote)
        count = 0
        for row in parsed:
            count += bool(row)
            if row and len(row) != width:
                return f"row {count}", f"line {layout.before + parsed.line_num}; "
    return "a row", ""

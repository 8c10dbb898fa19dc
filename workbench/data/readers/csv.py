"""CSV and its kin: any delimiter, any encoding, with or without a header."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.csv as pc

from workbench.core.errors import DataError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data import sniff, text
from workbench.data.ahead import ahead
from workbench.data.layout import Content, Layout, encoding_notes, look
from workbench.data.reader import Anew, Parts, Reading
from workbench.data.text import Odd

ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".gz", ".zip", "")
BLOCK = 2 * 2**20
SMALL_BLOCK = 2**20
LARGEST_BLOCK = 2**28
LARGEST_COUNTED = 2**25  # bytes of a block when only bad rows are counted


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
            told = encoding_notes(found)[0]
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
            check_utf8=not layout.text.checked,
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

"""Workbooks: Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods); one sheet is a table."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.progress import Progress
from workbench.core.report import Finding
from workbench.data import sniff
from workbench.data.names import unique
from workbench.data.reader import WORKBOOKS, Reading, check_options, note
from workbench.data.spool import Spool
from workbench.data.values import EXACT

OPTIONS = ("sheet", "header", "names", "skip")
MOST = 2 * 2**30  # bytes of a workbook after unpacking


class ExcelReader:
    """Reads the values of one sheet; formulas count as what they last gave."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, Path) and source.suffix.lower() in WORKBOOKS

    def read(self, source: Path, options: Mapping[str, Any], progress: Progress) -> Reading:
        check_options(options, OPTIONS, "A workbook")
        with _opened(source) as book:
            rows, notes = _rows(source, book, options.get("sheet"))
        progress(0.5, "reading the sheet")
        table = _whole(rows[_skip(options.get("skip", 0)) :])
        if not table:
            raise DataError(f"{source.name}: the sheet is empty.", "Name another one: sheet='...'.")
        names, body, renamed = _named(source, table, options)
        spool = Spool()
        spool.add({name: _column([row[i] for row in body]) for i, name in enumerate(names)})
        return Reading(spool.parts(), (*notes, *renamed))

    def describe(self, source: Path, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which sheet is read, and how; its cells are not converted for that."""
        with _opened(source) as book:
            names, wanted = list(book.sheet_names), options.get("sheet")
            sheet = _filled(book, names) if wanted is None else _sheet(wanted, names)
        header = options.get("header")
        named = options.get("names") is not None
        found = bool(header) if named or header is not None else True
        return {"sheet": sheet, "header": found, "skip": options.get("skip", 0)}

    def offers(self, source: Path) -> Mapping[str, Sequence[str]]:
        """The sheets."""
        return {"sheet": sheets(source)}


EXCEL = ExcelReader()


def sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets, in order.

    Raises
    ------
    DataError
        It is no workbook, is damaged, or has a password.
    """
    with _opened(path) as book:
        return list(book.sheet_names)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    _check_size(path)
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield book
    except PasswordError as error:
        raise _locked(path) from error
    except (CalamineError, OSError, ValueError) as error:
        if _is_encrypted(path):
            raise _locked(path) from error
        raise _broken(path) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a fault of the library's, met in bad files
            raise _broken(path) from error
        raise


def _broken(path: Path) -> DataError:
    return DataError(
        f"{path.name} cannot be read as a workbook: it is damaged, or something else.",
        "Open it and save it again, or save the sheet as CSV.",
    )


def _locked(path: Path) -> DataError:
    return DataError(f"{path.name} is protected by a password.", "Save a copy without a password.")


def _is_encrypted(path: Path) -> bool:
    """Whether the new kind of workbook is wrapped in the old kind of file: it is encrypted then."""
    with path.open("rb") as file:
        head = file.read(2**20)
    return head.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in head


def _check_size(path: Path) -> None:
    """Refuse a small file that would unpack to a huge one."""
    with contextlib.suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > MOST:
            raise DataError(
                f"{path.name} unpacks to {size / 2**30:,.1f} GB, which is too much.",
                "Save the sheet as CSV.",
            )


def _rows(path: Path, book: Any, wanted: Any) -> tuple[list[list[Any]], tuple[Finding, ...]]:
    """The rows of the sheet that is wanted, or of the first that is not empty."""
    names = list(book.sheet_names)
    if not names:
        raise DataError(f"{path.name} has no sheets.", "Save the table in a sheet.")
    if wanted is not None:
        return book.get_sheet_by_name(_sheet(wanted, names)).to_python(), ()
    for name in names:
        if rows := book.get_sheet_by_name(name).to_python():
            return rows, _others(name, names)
    raise DataError(f"{path.name} is empty.", "Give a workbook with a header and rows.")


def _filled(book: Any, names: Sequence[str]) -> str:
    """The first sheet that is not empty."""
    return next((name for name in names if book.get_sheet_by_name(name).height), names[0])


def _sheet(wanted: Any, names: Sequence[str]) -> str:
    """A sheet by name, or by number from 1 on."""
    if isinstance(wanted, str) and wanted in names:
        return wanted
    number = int(wanted) if isinstance(wanted, str) and wanted.isdigit() else wanted
    if isinstance(number, str):
        raise NotFound.among("sheet", number, names)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(names):
        raise UsageError(
            f"There is no sheet {wanted!r}.", f"Give a name or a number from 1 to {len(names)}."
        )
    return names[number - 1]


def _others(name: str, names: Sequence[str]) -> tuple[Finding, ...]:
    if len(names) == 1:
        return ()
    rest = [other for other in names if other != name]
    shown = ", ".join(repr(other) for other in rest[:6])
    more = f" and {len(rest) - 6} more" if len(rest) > 6 else ""
    sentence = f"Sheet {name!r} was read; the workbook also has {shown}{more}."
    return (note("sheet", sentence, sheets=names),)


def _skip(rows: Any) -> int:
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0:
        raise UsageError(f"skip cannot be {rows!r}.", "Give the number of rows before the table.")
    return rows


def _whole(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows of one width, without empty ones and without empty columns at the end."""
    filled = [[None if cell == "" else cell for cell in row] for row in rows]
    filled = [row for row in filled if any(cell is not None for cell in row)]
    width = max(
        (n for row in filled for n, cell in enumerate(row, 1) if cell is not None), default=0
    )
    return [[*row[:width], *[None] * (width - len(row))] for row in filled]


def _named(
    path: Path, rows: list[list[Any]], options: Mapping[str, Any]
) -> tuple[list[str], list[list[Any]], tuple[Finding, ...]]:
    """Names of the columns, and the rows below them."""
    header, names = options.get("header"), options.get("names")
    if names is not None and len(names) != len(rows[0]):
        raise UsageError(
            f"{len(names)} names were given for {len(rows[0])} columns.",
            "Name every column, in order.",
        )
    first = [_shown(cell) for cell in rows[0]]
    if names is not None or header is False:
        numbered = [f"column {n}" for n in range(1, len(first) + 1)]
        return (*_split(list(names or numbered), rows[1:] if header else rows),)
    if len(rows) == 1:
        raise DataError(f"{path.name} has a header and no rows.", "Give a sheet with rows.")
    looked = [[_shown(cell) for cell in row] for row in rows[: sniff.ROWS]]
    if header is None and not sniff.has_header(looked):
        raise DataError(
            f"{path.name} seems to have no header: its first row holds values "
            f"({', '.join(cell[:24] for cell in first[:4])}).",
            "Give names=[...], or header=False to number the columns; header=True if it is one; "
            "skip=1 if the table begins further down.",
        )
    return (*_split(first, rows[1:]),)


def _split(
    names: list[str], rows: list[list[Any]]
) -> tuple[list[str], list[list[Any]], tuple[Finding, ...]]:
    found, notes = unique(names)
    return found, rows, notes


def _shown(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _column(cells: list[Any]) -> list[Any]:
    """Numbers without a fraction as integers: a workbook knows only one kind of number."""
    numbers = [cell for cell in cells if isinstance(cell, float)]
    whole = all(cell.is_integer() and abs(cell) <= EXACT for cell in numbers)
    if not numbers or not whole:
        return cells
    return [int(cell) if isinstance(cell, float) else cell for cell in cells]

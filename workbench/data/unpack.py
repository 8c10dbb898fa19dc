"""The bytes of a file as they were before it was packed: plain, gzip, or one file in a zip.

A packed file of a few kilobytes can claim terabytes, so what comes out is counted.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from workbench.core.errors import DataError

MOST = 8 * 2**30  # bytes after unpacking that every file may have
RATIO = 100  # a larger one may have so many times its packed size; text seldom shrinks more
TEXTS = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat")


class Unpacked:
    """A file to read from its beginning to its end, once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0
        self.done = 0.0  # how much of the file has been read, 0 to 1
        with _told(path):
            self._file = path.open("rb")
            self._size = path.stat().st_size
            begin = self._file.read(4)
            self._file.seek(0)
        self._content = self._opened(begin)

    def read(self, size: int) -> bytes:
        """The next bytes; fewer than ``size`` only at the end.

        Raises
        ------
        DataError
            The packed file is damaged, or becomes too large.
        """
        with _told(self.path):
            found = self._content.read(size)
            self.done = self._file.tell() / max(self._size, 1)
        self._count += len(found)
        if self._content is not self._file:
            _check_size(self.path, self._count, self._size)
        return found

    def close(self) -> None:
        """Give the file back."""
        self._content.close()
        self._file.close()

    def _opened(self, begin: bytes) -> IO[bytes]:
        try:
            if begin.startswith(b"\x1f\x8b"):
                return cast(IO[bytes], gzip.open(self._file))
            if begin.startswith(b"PK\x03\x04"):
                return _member(self.path, self._file)
        except BaseException:
            self._file.close()
            raise
        return self._file


def _member(path: Path, file: IO[bytes]) -> IO[bytes]:
    """The one text in a zip archive."""
    with _told(path):
        archive = zipfile.ZipFile(file)
        entries = [e for e in archive.infolist() if not e.is_dir() and _counts(e.filename)]
        texts = [e for e in entries if Path(e.filename).suffix.lower() in TEXTS]
        if len(entries) != 1 or len(texts) != 1:
            raise DataError(*_contents(path, [e.filename for e in entries]))
        entry = texts[0]
        _check_size(path, entry.file_size, entry.compress_size)
        return archive.open(entry)


def _check_size(path: Path, size: int, packed: int) -> None:
    most = max(MOST, RATIO * packed)
    if size > most:
        raise DataError(
            f"{path.name} unpacks to more than {most / 2**30:,.3g} GB.",
            "Unpack it yourself if you trust it, and give the file.",
        )


def _counts(name: str) -> bool:
    """Whether a file of an archive is more than what a Mac leaves behind."""
    return not name.startswith("__MACOSX/") and Path(name).name != ".DS_Store"


def _contents(path: Path, names: list[str]) -> tuple[str, str]:
    if any(name.startswith("xl/") for name in names):
        return (
            f"{path.name} is a zip archive or an Excel workbook, not text.",
            "Give an Excel workbook the ending .xlsx.",
        )
    shown = ", ".join(repr(name[:60]) for name in names[:4]) or "nothing"
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return (
        f"{path.name} is a zip archive that holds {shown}{more}.",
        "Unpack it and give one file; an archive is read when all it holds is one CSV.",
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn the errors of files and of three libraries into sentences."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise DataError(
            f"{path.name} cannot be unpacked: it is cut off or damaged.", "Copy the file again."
        ) from error
    except zipfile.BadZipFile as error:
        raise DataError(
            f"{path.name} begins as a zip archive or an Excel workbook, and is damaged.",
            "Copy the file again, or save the sheet as CSV.",
        ) from error
    except (NotImplementedError, RuntimeError) as error:  # encrypted, or packed in a rare way
        raise DataError(
            f"{path.name} is a zip archive with a password or a rare way of packing.",
            "Unpack it and give the CSV file.",
        ) from error
    except PermissionError as error:
        raise DataError(f"{path.name} may not be read.", "Check who owns the file.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read.", "Copy the file again.") from error

"""The bytes of a text file: refuse what is no text, find the encoding, hand out UTF-8."""

from __future__ import annotations

import codecs
import contextlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
from charset_normalizer import from_bytes

from workbench.core.errors import DataError, UsageError
from workbench.data.unpack import Unpacked

BLOCK = 4 * 2**20
LOOK = 32 * 2**10  # bytes around the first odd one that the encoding is guessed from
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with that one's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Give it the ending .xls."),
    (b"%PDF", "a PDF document", "Give a CSV or Parquet file."),
    (
        b"SQLite format 3",
        "a SQLite database",
        "Give it as sqlite:///, its path, and the option table.",
    ),
    (b"\x89HDF", "an HDF5 file", "Read it yourself and import the frame."),
    (b"\x89PNG", "a picture", "Give a CSV or Parquet file."),
    (b"ARROW1", "an Arrow file", "Read it with reader='arrow'."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first."),
    (b"PAR1", "a Parquet file", "Read it with reader='parquet'."),
)
# what text files of the world are mostly written in; a free choice among 99 guesses wildly
LIKELY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "koi8_r",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]


class Odd(Exception):
    """A byte that UTF-8 does not have, in a text that was taken for UTF-8 until there."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


@dataclass(frozen=True)
class Text:
    """A file of text: its encoding, and whether that was a guess from its bytes."""

    path: Path
    encoding: str
    guessed: bool = False
    named: bool = False  # by the user

    @property
    def checked(self) -> bool:
        """Whether all bytes that :meth:`open` hands out are known to be UTF-8."""
        return self.encoding in ("utf-8", "utf-8-sig")

    def open(self) -> Utf8:
        """The text from its beginning, as UTF-8 bytes without a mark."""
        return Utf8(self)


def find(path: Path, encoding: str | None = None) -> Text:
    """What kind of text ``path`` holds, from its first bytes.

    Raises
    ------
    DataError
        It is empty or binary.
    UsageError
        There is no such encoding.
    """
    head, whole = _head(path)
    mark = next((name for begin, name in MARKS if head.startswith(begin)), None)
    if encoding:
        return Text(path, _known(encoding, mark), named=True)
    _check_foreign(path, head)
    if mark:
        return Text(path, mark)
    if wide := _without_mark(head, whole):
        return Text(path, wide, guessed=True)
    return _guessed(path, head, whole)


def instead(text: Text, odd: Odd) -> Text:
    """The encoding that fits the odd byte of a text that is not UTF-8.

    Raises
    ------
    DataError
        There is none, or the byte shows that the file is no text.
    """
    raw = Unpacked(text.path)
    try:
        at = max(0, odd.position - LOOK // 2)
        while at >= BLOCK:
            at -= len(raw.read(BLOCK))
        look = raw.read(at + LOOK)[at:]
    finally:
        raw.close()
    return Text(text.path, _likely(text.path, look[: odd.position + LOOK // 2]), guessed=True)


def _head(path: Path) -> tuple[bytes, bool]:
    """The first bytes, and whether these are all."""
    raw = Unpacked(path)
    try:
        head = block = raw.read(BLOCK)
        whole = len(block) < BLOCK
        while not block.strip():
            if not block:
                raise DataError(f"{path.name} is empty.", "Give a file with a header and rows.")
            block = raw.read(BLOCK)
        return head, whole
    finally:
        raw.close()


class Utf8:
    """A text as a stream of UTF-8; every byte of it is checked on its way."""

    closed = False

    def __init__(self, text: Text) -> None:
        self.text = text
        self.failure: Exception | None = None
        self._raw = Unpacked(text.path)
        self._plain = text.checked
        self._decoder = codecs.getincrementaldecoder(text.encoding)()
        self._fed = 0  # bytes of the file so far
        self._pending = b""  # the first bytes of a character
        self._ready = memoryview(b"")
        self._ended = False
        self._begun = False

    @property
    def done(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._raw.done

    def read(self, size: int) -> bytes:
        """The next bytes, ``size`` of them at most; none at the end.

        Raises
        ------
        Odd
            The text was taken for UTF-8 and is none.
        DataError
            It is not in the encoding that was named, or is no text.
        """
        try:
            while not self._ready and not self._ended:
                block = self._next(max(size, 16))
                if 0 < len(block) <= size:
                    return block  # without one more copy
                self._ready = memoryview(block)
        except Exception as error:
            self.failure = error  # who reads through Arrow may see another one
            raise
        found, self._ready = self._ready[:size], self._ready[size:]
        return bytes(found)

    def readable(self) -> bool:
        """As files say."""
        return True

    def close(self) -> None:
        """Give the file back."""
        self.closed = True
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self, size: int) -> bytes:
        block = self._raw.read(size)
        self._ended = not block
        self._fed += len(block)
        found = self._checked(block) if self._plain else self._decoded(block)
        if b"\0" in found:
            raise _binary(self.text.path)
        if found and not self._begun:
            self._begun = True
            found = found.removeprefix(codecs.BOM_UTF8) if self._marked() else found
        return found

    def _marked(self) -> bool:
        return self.text.encoding != "utf-8"

    def _checked(self, block: bytes) -> bytes:
        if not self._pending and block.isascii():
            return block
        if b"\0" in block:
            raise _binary(self.text.path)
        block = self._pending + block
        end = _last_start(block)
        if not self._ended and _is_utf8(block[:end]):
            self._pending = block[end:]
            return block[:end]
        return self._looked_at(block)

    def _looked_at(self, block: bytes) -> bytes:
        """What is whole of a block that is odd, or whose end is."""
        try:
            block.decode()
            self._pending = b""
        except UnicodeDecodeError as error:
            cut = error.end == len(block) and error.reason == "unexpected end of data"
            if not cut or self._ended:
                raise self._odd(error, len(block)) from error
            block, self._pending = block[: error.start], block[error.start :]
        return block

    def _odd(self, error: UnicodeDecodeError, size: int) -> Exception:
        if self.text.named or self.text.encoding != "utf-8":
            return self._wrong(error, size)
        return Odd(self._fed - size + error.start)

    def _decoded(self, block: bytes) -> bytes:
        try:
            return self._decoder.decode(block, final=self._ended).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise self._wrong(error, len(error.object)) from error

    def _wrong(self, error: UnicodeDecodeError, size: int) -> DataError:
        shown = error.object[error.start : error.start + 1].hex()
        encoding = "utf-8" if self._plain else self.text.encoding
        return DataError(
            f"{self.text.path.name} is not {encoding}: byte 0x{shown} at position "
            f"{self._fed - size + error.start:,}.",
            "Leave the encoding out to have it found, or give the right one: encoding='cp1252'.",
        )


def _last_start(block: bytes) -> int:
    """Where the last character begins when it is cut off, else the end."""
    for back in range(1, min(4, len(block) + 1)):
        byte = block[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(block) - back if needed > back else len(block)
        if byte < 0x80:
            break
    return len(block)


def _is_utf8(block: bytes) -> bool:
    """Arrow checks several times as fast as Python decodes."""
    ends = pa.py_buffer(struct.pack("=2i", 0, len(block)))
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(block)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _check_foreign(path: Path, content: bytes) -> None:
    for begin, what, hint in FOREIGN:
        if content.startswith(begin):
            raise DataError(f"{path.name} is {what}, not text.", hint)
    if content[:1] == b"\x80" and content[1:2] in b"\x02\x03\x04\x05":
        raise DataError(
            f"{path.name} is a Python pickle, not text.",
            "Pickles can run code and are never opened; give a CSV or Parquet file.",
        )


def _known(encoding: str, mark: str | None) -> str:
    try:
        name = codecs.lookup(encoding).name
        with contextlib.suppress(UnicodeDecodeError):
            b"a".decode(encoding)  # refuses codecs that make no text, such as "zip"
        codecs.getincrementaldecoder(encoding)
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"There is no encoding called {encoding!r}.", "Try utf-8, utf-16, cp1252 or latin-1."
        ) from error
    return "utf-8-sig" if name == "utf-8" and mark == "utf-8-sig" else name


def _guessed(path: Path, head: bytes, whole: bool) -> Text:
    if b"\0" in head:
        raise _binary(path)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if whole or error.end < len(head):
            look = head[max(0, error.start - LOOK // 2) : error.start + LOOK // 2]
            return Text(path, _likely(path, look), guessed=True)
    if _strange(head[:LOOK]):
        raise _binary(path)
    return Text(path, "utf-8")


def _without_mark(head: bytes, whole: bool) -> str:
    """UTF-16 that lacks its mark: Western text has a zero in every second byte."""
    look = head[: LOOK & ~1]
    if len(look) < 4 or (whole and len(head) % 2):
        return ""
    half = len(look) // 2
    if look[1::2].count(0) > 0.7 * half and look[0::2].count(0) == 0:
        return "utf-16-le"
    if look[0::2].count(0) > 0.7 * half and look[1::2].count(0) == 0:
        return "utf-16-be"
    return ""


def _likely(path: Path, look: bytes) -> str:
    """The encoding of the bytes around the first odd one."""
    if _strange(look):
        raise _binary(path)
    guesses = from_bytes(look, cp_isolation=LIKELY, preemptive_behaviour=False)
    best = guesses.best()
    if best is None:
        raise DataError(
            f"The encoding of {path.name} cannot be found.", "Name it: encoding='cp1252'."
        )
    # a few umlauts fit several code pages equally well; the commonest is the better bet
    equal = {name for g in guesses if g.chaos <= best.chaos for name in g.could_be_from_charset}
    return "cp1252" if "cp1252" in equal else str(best.encoding)


def _strange(look: bytes) -> bool:
    """Control characters that no text has."""
    odd = sum(look.count(bytes((code,))) for code in range(32) if code not in (9, 10, 12, 13, 26))
    return odd > max(4, 0.01 * len(look))


def _binary(path: Path) -> DataError:
    return DataError(f"{path.name} is binary, not text.", "Give a CSV or Parquet file.")

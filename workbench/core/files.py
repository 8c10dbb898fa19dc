"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench.core.errors import StoreError, UsageError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path`` to write to; it takes the place of ``path`` on success.

    The file is flushed to the disk before the rename and the folder after it. On any error
    nothing is left behind. A full disk becomes one sentence.
    """
    _ready(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with explained(path):
            yield temporary
            _sync(temporary)
            os.replace(temporary, path)
            _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _ready(folder: Path) -> None:
    """Make a folder with all above it; what is new outlives a power cut."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in made:
        _sync(place.parent)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Like :func:`replacing`, for a folder: all of its files appear at once.

    An existing folder at ``path`` is replaced.
    """
    _ready(path.parent)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    old = temporary.with_name(temporary.name + ".old")
    try:
        with explained(path):
            yield temporary
            for file in (temporary, *temporary.rglob("*")):
                _sync(file)
            if path.exists():
                os.replace(path, old)
            os.replace(temporary, path)
            _sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text through :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes through :func:`replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def inside(root: Path, name: str) -> Path:
    """``root / name``, refused when it would leave ``root``.

    Raises
    ------
    UsageError
        The name is absolute, climbs out, or follows a link out.
    """
    path = (root / name).resolve()
    if "\0" in name or not path.is_relative_to(root.resolve()):
        raise UsageError(f"{name!r} lies outside {root}.", "Give a path inside that folder.")
    return path


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write ``path`` into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(
                f"The disk is full: {path} was not written.",
                "Free some space and try again; nothing was half-written.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StoreError(
                f"{path} cannot be written: {error.strerror}.", "Check who owns the folder."
            ) from error
        raise


def identity(path: Path) -> tuple[int, int, int]:
    """Changes when a file was written or made anew; the number of its inode alone is used again.

    Raises
    ------
    FileNotFoundError
        It is not there.
    """
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` against other processes; it ends with the process.

    Raises
    ------
    BlockingIOError
        Another process holds it, and ``wait`` is False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError as error:
                raise BlockingIOError(str(error)) from error
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield

"""Files on this machine: what a half-typed path could mean, below the home and this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

MOST = 300  # entries of a listing
LOOKED = 20_000  # entries of a folder that are looked at
ENDINGS = (
    ".csv", ".tsv", ".tab", ".txt", ".data", ".dat", ".gz", ".zip", ".parquet", ".json", ".jsonl",
    ".ndjson", ".arrow", ".arrows", ".feather", ".ipc", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A folder, or a file that may hold a table."""

    name: str
    path: str
    folder: bool
    size: int = 0
    changed: float = 0.0


@dataclass(frozen=True)
class Listing:
    """What lies where a path points to.

    Parameters
    ----------
    folder
        The folder that is listed.
    above
        The folder above it, when that may be listed too; else empty.
    said
        Why there is nothing to list, or what stands in for what was typed.
    table
        Whether the path itself can be previewed: a file, or a folder of Parquet files.
    """

    folder: str
    above: str
    entries: tuple[Entry, ...] = ()
    said: str = ""
    table: bool = False


def roots() -> tuple[Path, ...]:
    """What may be listed: the home, and the folder that the app was started in."""
    return tuple(dict.fromkeys(path.resolve() for path in (Path.home(), Path.cwd())))


def listing(text: str) -> Listing:
    """The folder that a path is in; of a half-typed name the entries that begin with it."""
    try:
        path = _spelled(text)
        if path.is_file():
            return Listing(str(path.parent), "", table=True)
        if path.is_dir():
            return _whole(path)
        return _near(path)
    except (OSError, ValueError, RuntimeError):  # not to be read, no name at all, an unknown ~user
        return Listing("", "", said="This path cannot be read.")


def _spelled(text: str) -> Path:
    return Path(os.path.normpath(Path.cwd() / Path(text.strip() or ".").expanduser()))


def _open(path: Path) -> bool:
    """Whether a folder may be listed."""
    found = path.resolve()
    return any(found.is_relative_to(root) for root in roots())


def _above(path: Path) -> str:
    return str(path.parent) if path.parent != path and _open(path.parent) else ""


def _whole(path: Path) -> Listing:
    if not _open(path):
        sentence = "Folders are listed below your home and the folder of the app only; type the "
        return Listing(str(path), "", said=sentence + "whole path of the file.")
    found = tuple(_entries(path))
    parquet = any(e.name.lower().endswith(".parquet") or "=" in e.name for e in found)
    said = "" if found else "There is no table in this folder."
    return Listing(str(path), _above(path), found, said, table=parquet)


def _near(path: Path) -> Listing:
    """Entries of the folder that begin with what was typed, else those that are spelled alike."""
    parent = path.parent
    if not parent.is_dir():
        return Listing("", "", said=f"There is no folder {parent}.")
    if not _open(parent):
        return _whole(parent)
    found = list(_entries(parent))
    typed = path.name.lower()
    begin = tuple(e for e in found if e.name.lower().startswith(typed))
    if begin:
        return Listing(str(parent), _above(parent), begin)
    names = get_close_matches(path.name, [e.name for e in found], n=5, cutoff=0.5)
    alike = tuple(e for name in names for e in found if e.name == name)
    said = f"There is no {path.name!r} here."
    return Listing(str(parent), _above(parent), alike, said + (" Near it:" if alike else ""))


def _entries(folder: Path) -> Iterator[Entry]:
    """Folders first, then files that may hold a table; hidden ones are left out."""
    with os.scandir(folder) as entries:
        found = [e for e in islice(entries, LOOKED) if not e.name.startswith(".")]
    folders = sorted((e for e in found if e.is_dir()), key=_order)
    files = sorted((e for e in found if e.is_file() and holds_table(e.name)), key=_order)
    yield from (Entry(e.name, e.path, folder=True) for e in folders[:MOST])
    for entry in files[:MOST]:
        status = entry.stat()
        yield Entry(entry.name, entry.path, False, status.st_size, status.st_mtime)


def _order(entry: os.DirEntry[str]) -> tuple[str, str]:
    return entry.name.casefold(), entry.name


def holds_table(name: str) -> bool:
    """Whether a file's name promises a table."""
    return name.lower().endswith(ENDINGS) or "." not in name


def kinds() -> Sequence[str]:
    """The endings that files with tables have."""
    return ENDINGS

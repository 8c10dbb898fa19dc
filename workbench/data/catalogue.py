"""The catalogue: public data sets by name, each declared in one TOML file.

The files live in ``datasets/`` of the repository and in ``workbench/data/catalogue/`` of the
installed package. A file of a data set is looked for in the local folder first, then downloaded;
either way its SHA-256 must be right.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache as once
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.core.errors import DataError, NotFound
from workbench.core.files import inside
from workbench.core.progress import Progress, silent, within
from workbench.core.registry import Registry
from workbench.core.report import Finding
from workbench.core.split import Split
from workbench.core.wire import load
from workbench.data.read import Imported, read

HERE = Path(__file__).resolve()
FOLDERS = (HERE.with_name("catalogue"), HERE.parents[2] / "datasets")

fetchers: Registry[Any] = Registry("fetcher", {"pooch": "workbench.data.download:download"})


@dataclass(frozen=True)
class File:
    """One file of a data set; ``add`` holds columns that its rows get."""

    path: str  # below the cache folder: "adult/adult.data"
    url: str
    sha256: str
    bytes: int = 0
    add: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A public data set as its TOML file declares it."""

    name: str
    title: str
    description: str = ""
    target: str | None = None
    sensitive: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    homepage: str = ""
    bundled: bool = False  # scikit-learn carries it: no files, no network
    files: tuple[File, ...] = ()
    read: Mapping[str, Any] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    semantics: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column: old -> new
    split: Split | None = None


@dataclass(frozen=True)
class Fetched:
    """A data set of the catalogue as a table, and what the catalogue knows about it."""

    imported: Imported
    hints: Mapping[str, Any]  # target, sensitive, roles, semantics, split


@once
def entries() -> dict[str, Entry]:
    """All data sets of the catalogue by name."""
    folder = next((f for f in FOLDERS if f.is_dir()), None)
    if folder is None:
        return {}
    found = [_entry(path) for path in sorted(folder.glob("*.toml"))]
    return {entry.name: entry for entry in found}


def _entry(path: Path) -> Entry:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return load(Entry, {"name": path.stem, **data})


def fetch(name: str, cache: str = "", progress: Progress = silent) -> Fetched:
    """The data set called ``name``.

    Parameters
    ----------
    cache
        A folder to look into before anything is downloaded; "" stands for the user's cache.

    Raises
    ------
    NotFound
        The catalogue has no such name.
    DataError
        It cannot be downloaded, or a file is not the one that the catalogue knows.
    """
    if name not in entries():
        raise NotFound.among("data set of the catalogue", name, entries())
    entry = entries()[name]
    if entry.bundled:
        imported = read(name, reader="bundled", name=entry.title, progress=progress)
        return Fetched(_described(entry, imported, "scikit-learn"), _hints(entry))
    parts = [
        _part(
            entry, file, cache, within(progress, i / len(entry.files), (i + 1) / len(entry.files))
        )
        for i, file in enumerate(entry.files)
    ]
    table = pa.concat_tables([p.table for p in parts], promote_options="permissive")
    notes: tuple[Finding, ...] = ()
    for part in parts:
        notes += tuple(n for n in part.notes if n not in notes)
    whole = Imported(table, "", entry.title, notes)
    return Fetched(_described(entry, whole, entry.files[0].url), _hints(entry))


def locate(file: File, cache: str = "", progress: Progress = silent) -> Path:
    """The checked local copy of a file, downloaded when there is none."""
    folder = Path(cache).expanduser() if cache else user_cache()
    path = inside(folder, file.path)
    if not path.is_file():
        if not os.access(_standing(path), os.W_OK):
            path = inside(user_cache(), file.path)
        if not path.is_file():
            fetchers.get("pooch")(file.url, path, file.sha256, progress)
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != file.sha256:
        raise DataError(
            f"{path} is not the file that the catalogue knows: its SHA-256 differs.",
            "Delete it to have it downloaded again.",
        )
    return path


def at_hand(name: str, cache: str = "") -> bool:
    """Whether a data set of the catalogue can be read without a network."""
    entry = entries().get(name)
    folders = (Path(cache).expanduser(), user_cache()) if cache else (user_cache(),)
    return entry is not None and all(
        any((folder / file.path).is_file() for folder in folders) for file in entry.files
    )


def user_cache() -> Path:
    """Where downloads are kept when no folder is named."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "ml-workbench" / "datasets"


def _standing(path: Path) -> Path:
    """The nearest folder above ``path`` that exists."""
    return next(parent for parent in path.parents if parent.is_dir())


def _part(entry: Entry, file: File, cache: str, progress: Progress) -> Imported:
    path = locate(file, cache, within(progress, 0, 0.5))
    part = read(path, options=entry.read, name=entry.title, progress=within(progress, 0.5, 1))
    table = part.table
    for name, value in file.add.items():
        table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return Imported(table, part.source, part.title, part.notes)


def _described(entry: Entry, imported: Imported, source: str) -> Imported:
    table = imported.table
    for name, labels in entry.labels.items():
        column = table.column(name).cast(pa.string())
        words = [labels.get(v, v) if v is not None else None for v in column.to_pylist()]
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.chunked_array([pa.array(words, pa.string())]))
    return Imported(table, source, entry.title, imported.notes)


def _hints(entry: Entry) -> dict[str, Any]:
    return {
        "target": entry.target,
        "sensitive": entry.sensitive,
        "roles": dict(entry.roles),
        "semantics": dict(entry.semantics),
        "split": entry.split,
    }

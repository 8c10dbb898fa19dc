"""A bundle: a folder that can be carried away, with a manifest that says what is in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.core.errors import DataError, UsageError
from workbench.core.gate import Verdict
from workbench.core.signature import Signature
from workbench.core.wire import load

FORMAT = 1
MANIFEST = "bundle.json"


@dataclass(frozen=True)
class BundleManifest:
    """``bundle.json``: identity, signature, provenance, and the SHA-256 of every other file."""

    name: str
    run_id: str
    family: str
    dataset: str
    dataset_digest: str
    recipe_digest: str
    signature: Signature
    metrics: Mapping[str, float]
    parity: Mapping[str, Any]
    verdict: Verdict
    files: Mapping[str, str]  # relative path -> SHA-256
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    model: str = "model.onnx"
    git_commit: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT


def verify(folder: Path) -> BundleManifest:
    """The manifest of a bundle whose every file is what its manifest says.

    Raises
    ------
    DataError
        The folder is no bundle, or a file was changed, added, removed or is a link; it is named.
    """
    manifest = read_manifest(folder)
    present = set()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise _refused(folder, f"{name!r} is a link or no plain file")
        if path.is_file() and name != MANIFEST:
            present.add(name)
            if path.stat().st_nlink > 1:
                raise _refused(folder, f"{name!r} is a link")
    for name in sorted(present - set(manifest.files)):
        raise _refused(folder, f"{name!r} is not in its manifest")
    for name, expected in manifest.files.items():
        if name not in present:
            raise _refused(folder, f"{name!r} is missing")
        if sha256(folder / name) != expected:
            raise _refused(folder, f"{name!r} was changed after it was written")
    return manifest


def read_manifest(folder: Path) -> BundleManifest:
    """``bundle.json`` of a folder, its file names checked, its files not yet.

    Raises
    ------
    DataError
        It is missing, broken, of a newer format, or names a file outside the folder.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise DataError(f"{folder} is no bundle: it has no {MANIFEST}.", "Give the bundle's folder.")
    try:
        manifest = load(BundleManifest, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, AttributeError) as error:
        raise _refused(folder, f"{MANIFEST} cannot be read") from error
    if manifest.format > FORMAT:
        raise DataError(
            f"{folder} was written by a newer version (format {manifest.format}).",
            "Update ml-workbench.",
        )
    for name in (*manifest.files, manifest.model):
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
            raise _refused(folder, f"its manifest names {name!r}, which lies outside")
    if manifest.model not in manifest.files:
        raise _refused(folder, f"its manifest has no hash of {manifest.model!r}")
    return manifest


def sha256(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refused(folder: Path, why: str) -> DataError:
    return DataError(f"Bundle {folder} is refused: {why}.", "Export it again from its run.")


def verify(folder: Path | str) -> BundleManifest:
    """The manifest of a bundle whose every file is what the manifest says.

    Raises
    ------
    UsageError
        There is no bundle in the folder.
    DataError
        A file was changed, is missing, is not named in the manifest, is a link, or lies outside;
        the sentence names it.
    """
    root = Path(folder)
    manifest = _manifest(root)
    found = set(_files(root))
    for name, digest in manifest.files.items():
        if not _safe(name):
            raise _refused(root, f"names {name!r}, which lies outside of it")
        if name not in found:
            raise _refused(root, f"lacks {name!r}")
        if sha256(root / name) != digest:
            raise _refused(root, f"holds a changed {name!r}")
    extra = sorted(found - set(manifest.files) - {MANIFEST})
    if extra:
        raise _refused(root, f"holds {extra[0]!r}, which its manifest does not name")
    if manifest.model not in manifest.files:
        raise _refused(root, f"names no hash for its model {manifest.model!r}")
    return manifest


def sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(root: Path) -> BundleManifest:
    path = root / MANIFEST
    if not root.is_dir() or not os.path.lexists(path):
        raise UsageError(f"{root} is no bundle: it has no {MANIFEST}.", "Export a run to make one.")
    if path.is_symlink() or not path.is_file():
        raise _refused(root, f"holds {MANIFEST!r} as a link or a folder, not as a file")
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT:
            raise _refused(root, f"has format {data['format']!r}; this version reads {FORMAT}")
        manifest = load(BundleManifest, data)
        if not all(isinstance(v, str) for v in (manifest.model, *manifest.files.values())):
            raise TypeError("files")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _refused(root, f"has a damaged {MANIFEST!r}") from error
    return manifest


def _files(root: Path) -> Iterator[str]:
    """The regular files below ``root``; anything else there is refused, links first of all."""
    for parent, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(parent, name)
            shown = path.relative_to(root).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise _refused(root, f"holds {shown!r}, which is a link")
            if stat.S_ISREG(mode):
                yield shown
            elif not stat.S_ISDIR(mode):
                raise _refused(root, f"holds {shown!r}, which is no regular file")


def _safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and bool(name)


def _refused(root: Path, what: str) -> DataError:
    return DataError(
        f"The bundle {root} {what}.", "It was not loaded. Export it again, or fetch it anew."
    )

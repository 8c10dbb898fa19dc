"""A bundle: a folder that can be carried away, with a manifest that says what is in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from workbench.core.contract import Contract
from workbench.core.errors import DataError
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
    contract: Contract | None = None  # what the data set promised, for the columns that go in
    broken: Literal["refuse", "note"] = "refuse"  # what an endpoint does with rows that break it
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
        raise DataError(
            f"{folder} is no bundle: it has no {MANIFEST}.", "Give the bundle's folder."
        )
    try:
        manifest = load(BundleManifest, json.loads(path.read_text(encoding="utf-8")))
        if not all(isinstance(v, str) for v in (manifest.model, *manifest.files.values())):
            raise TypeError("A hash or the model's name is no text.")  # noqa: TRY301 - explained below
        newer = manifest.format > FORMAT
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _refused(folder, f"{MANIFEST} cannot be read") from error
    if newer:
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

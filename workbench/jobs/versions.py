"""Packages in other versions than the installed ones, in a folder for one process to look into."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from packaging.version import InvalidVersion, Version

from workbench.core.errors import StoreError
from workbench.core.files import replacing_folder
from workbench.core.progress import Progress, silent

VERSIONS = "versions"  # the folder of the cache that such folders lie in
LOOK = 1.0  # seconds between two looks at whether somebody cancelled


def beside(root: Path, wanted: Mapping[str, str], progress: Progress = silent) -> Path:
    """The folder with these versions alone; pip fills it the first time.

    Parameters
    ----------
    root
        Under which such folders are kept.
    wanted
        Names and versions; of ``2.13.0+cpu`` the release counts, since an index knows no other.

    Raises
    ------
    StoreError
        pip is missing, or found no such version.
    """
    pins = sorted(f"{name}=={_release(version)}" for name, version in wanted.items())
    told = "\n".join([platform.python_version(), *pins])
    place = root / hashlib.sha256(told.encode()).hexdigest()[:16]
    if place.is_dir():
        place.touch()  # it is as old as its last use
        return place
    with replacing_folder(place) as made:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        only = ["--no-deps", "--only-binary=:all:", "--target", str(made)]
        if find_spec("pip") is None:
            raise StoreError(
                "Other versions cannot be installed: there is no pip in this environment.",
                f"Bring it: {sys.executable} -m ensurepip",
            )
        _wait([*pip, *only, *pins], pins, progress)
    return place


def _release(version: str) -> str:
    """The public part of a version; what a store says of it may be anything."""
    try:
        return Version(version).public
    except InvalidVersion as error:
        raise StoreError(
            f"{version[:80]!r} is no version of a package.", "Reproduce the run as things are now."
        ) from error


def _wait(words: list[str], pins: list[str], progress: Progress) -> None:
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while True:
            progress(0.0, f"installing {', '.join(pins)}")
            try:
                said = process.communicate(timeout=LOOK)[1]
                break
            except subprocess.TimeoutExpired:
                continue
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        errors = [line for line in said.splitlines() if line.startswith("ERROR")] or [said.strip()]
        raise StoreError(
            f"The versions of that time cannot be installed: {errors[-1].removeprefix('ERROR: ')}",
            "Is there a connection to a package index, and does it hold them for this Python?",
        )

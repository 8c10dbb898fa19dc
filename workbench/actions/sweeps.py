"""What is kept of sweeps: what was asked, the attempts, and the report; read by one door."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.core.errors import NotFound, StoreError
from workbench.core.report import Report
from workbench.core.wire import plain
from workbench.tuning.studies import RESTORE, read

ASKED = "sweep.json"
JOURNAL = "attempts.journal"
REPORT = "report.json"


def folder_of(context: Context, sweep: str) -> Path:
    """The folder of a sweep by its id or the beginning of it.

    Raises
    ------
    NotFound
        There is none, or several begin so.
    """
    known = sorted(p.parent.name for p in context.root.glob(f"sweeps/*/{ASKED}"))
    meant = [name for name in known if name.startswith(sweep)] if len(sweep) > 3 else []
    if len(meant) != 1:
        raise NotFound.among("sweep", sweep, known)
    return context.root / "sweeps" / meant[0]


def sweeps(context: Context) -> tuple[list[str], dict[str, str]]:
    """Ids of the sweeps, the newest first, and of those with a damaged file what is wrong."""
    found = context.root.glob(f"sweeps/*/{ASKED}")
    names, damaged = [], {}
    for path in sorted(found, key=lambda p: -p.stat().st_mtime):
        try:
            asked(path.parent)
            if (report := path.with_name(REPORT)).is_file():
                _read(report, _anew(path.parent))
            names.append(path.parent.name)
        except StoreError as error:
            damaged[path.parent.name] = str(error)
    return names, damaged


def asked(folder: Path) -> dict[str, Any]:
    """What a sweep was asked for.

    Raises
    ------
    StoreError
        The file is damaged.
    """
    return _read(folder / ASKED, RESTORE, "dataset", "ground")


def dataset_of(context: Context, sweep: str) -> str:
    """The data set that a sweep is about."""
    return str(asked(folder_of(context, sweep))["dataset"])


def kept(context: Context, sweep: str) -> Report | None:
    """The report of a sweep that is over, or None.

    Raises
    ------
    StoreError
        The file is damaged.
    """
    folder = folder_of(context, sweep)
    path = folder / REPORT
    if not path.is_file():
        return None
    try:
        return Report.from_dict(_read(path, _anew(folder)))
    except (LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is damaged: it is no report.", _anew(folder)) from error


def attempts(context: Context, sweep: str) -> list[dict[str, Any]]:
    """The attempts of a sweep so far as plain data; another process may be making them.

    Raises
    ------
    StoreError
        The journal is damaged, or holds less than the report tells of.
    """
    folder = folder_of(context, sweep)
    path = folder / JOURNAL
    found = [dict(plain(a)) for a in read(path)] if path.is_file() else []
    told = 0
    with contextlib.suppress(StoreError):  # a damaged report says nothing against the journal
        report = kept(context, sweep)
        told = 0 if report is None else int(report.facts["attempts"])
    if len(found) < told:
        raise StoreError(
            f"{path} holds {len(found)} attempts, and the report of the sweep tells of {told}.",
            RESTORE,
        )
    return found


def _anew(folder: Path) -> str:
    return f"Go on with the sweep, which writes it anew: workbench tune --resume {folder.name}"


def _read(path: Path, hint: str, *needed: str) -> dict[str, Any]:
    """The JSON object in a file of a sweep."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # no UTF-8, no JSON
        raise StoreError(f"{path} is damaged: {error}.", hint) from error
    if not isinstance(found, dict) or any(name not in found for name in needed):
        raise StoreError(f"{path} is damaged: it is not what a sweep keeps.", hint)
    return found

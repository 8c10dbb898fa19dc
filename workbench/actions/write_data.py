"""Data that leaves: a table as a file of a standard format, and its card."""

from __future__ import annotations

from pathlib import Path

from workbench.actions.context import Context
from workbench.actions.profile import of as profile_of
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.data import catalogue
from workbench.data.card import card
from workbench.data.write import write


def run(
    context: Context,
    progress: Progress = silent,
    *,
    dataset: str,
    to: str,
    raw: bool = False,
    replace: bool = False,
) -> dict[str, object]:
    """Write a data set to ``to``; the ending says how.

    Returns
    -------
    dict
        ``to``, ``rows``, and ``guarded``: how many texts got an apostrophe, because a spreadsheet
        would have run them as formulas.

    Raises
    ------
    UsageError
        The file exists, or its ending is unknown.
    """
    record = context.datasets.get(dataset)
    path = Path(to).expanduser().absolute()
    if path.is_dir():
        raise UsageError(f"{to} is a folder.", "Give a file, such as data.csv.")
    if path.exists() and not replace:
        raise UsageError(f"{to} exists.", "Choose another file, or have it replaced.")
    guarded = write(context.datasets.table(record), path, raw=raw, progress=progress)
    return {"to": str(path), "rows": record.rows, "guarded": guarded}


def card_of(context: Context, record: DatasetRecord, progress: Progress = silent) -> str:
    """The data card of a data set, in Markdown."""
    profile = profile_of(context, record, within(progress, 0, 0.9))
    entry = next((e for e in catalogue.entries().values() if e.title == record.title), None)
    if entry is None:
        return card(record, profile)
    return card(record, profile, licence=entry.licence, citation=entry.citation)

"""A preview: how a source would be read, told before it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core.report import Finding


@dataclass(frozen=True)
class Seen:
    """One column as its first rows show it.

    Parameters
    ----------
    type
        ``int64``, ``double``, ``bool``, ``timestamp[us]`` or ``string``.
    how
        What was found of how its cells are written: "decimal comma", "day first".
    role
        What it is for, where the catalogue or an earlier version says so.
    """

    name: str
    type: str
    how: str = ""
    missing: int = 0
    role: str = ""


@dataclass(frozen=True)
class Preview:
    """What an import would give.

    Parameters
    ----------
    found
        How the source is written: ``reader``, and for text ``encoding``, ``delimiter``, ``quote``,
        ``header``, ``skip``, ``decimal``. Each can be said otherwise by the reading option of
        that name.
    offers
        What else an option could be: the sheets of a workbook, the tables of a database.
    rows
        The first rows, each cell as it stands in the source; None where the source has none.
    looked
        How many rows were looked at.
    whole
        Whether these were all; if not, later rows may still change a type.
    """

    source: str
    found: Mapping[str, Any]
    columns: tuple[Seen, ...]
    rows: tuple[tuple[str | None, ...], ...]
    looked: int
    whole: bool
    notes: tuple[Finding, ...] = field(default=())
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """How much was looked at, in words."""
        if self.whole:
            return f"All {self.looked:,} rows were looked at."
        return f"The first {self.looked:,} rows were looked at; later ones may change a type."

"""Previews: how a source would be read, shown before it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core import preview as core
from workbench.core.report import Finding
from workbench.objects.shown import Shown
from workbench.views import previews

if TYPE_CHECKING:
    from workbench.objects.datasets import Dataset
    from workbench.workspace import Workspace


class Preview(Shown):
    """How a source would be read, its columns, and its first rows.

    ::

        seen = ws.preview("loans.csv", delimiter=";")
        seen.import_data(target="defaulted")
    """

    def __init__(
        self, workspace: Workspace, source: Any, options: Mapping[str, Any], record: core.Preview
    ) -> None:
        self.workspace = workspace
        self.record = record
        self._source = source  # as it was given: a database's password is not for showing
        self._options = dict(options)

    @property
    def found(self) -> Mapping[str, Any]:
        """How the source is written; each is a reading option and can be said otherwise."""
        return self.record.found

    @property
    def offers(self) -> Mapping[str, tuple[str, ...]]:
        """What else an option could be: sheets, tables."""
        return self.record.offers

    @property
    def columns(self) -> tuple[core.Seen, ...]:
        return self.record.columns

    @property
    def rows(self) -> tuple[tuple[str | None, ...], ...]:
        """The first rows as they stand in the source."""
        return self.record.rows

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self.record.notes

    def import_data(self, **more: Any) -> Dataset:
        """Import the source as it was previewed; ``more`` as ``Workspace.import_data`` takes it."""
        return self.workspace.import_data(self._source, **{**self._options, **more})

    def _html(self) -> str:
        return previews.fragment(self.record)

    def __repr__(self) -> str:
        return previews.lines(self.record)

"""The data set that the Data page shows: what is said of it, and how it is edited and filtered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import param

from workbench.app import remedies
from workbench.core.report import Finding, Report
from workbench.objects import Dataset
from workbench.views import words
from workbench.views.columns import Histograms
from workbench.workspace import Workspace

LINES = 12  # rows of data on a page of the table
LARGE = 300_000  # rows from which a sample is shown until the whole table is counted
SAMPLE = 50_000


@dataclass(frozen=True)
class Portrait:
    """A data set with everything that the page says of it."""

    dataset: Dataset
    profile: Report
    splits: dict[str, int]
    histograms: Histograms

    @property
    def sampled(self) -> bool:
        """Whether it stands for the table until the whole is counted."""
        return "of_rows" in self.profile.facts

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        record = self.dataset.record
        target = record.schema.target
        sensitive = [c.name for c in record.schema.having("sensitive")]
        parts = " · ".join(f"{name} {words.count(n)}" for name, n in self.splits.items())
        return [
            ("Rows", words.count(record.rows), parts),
            ("Columns", str(len(record.schema.columns)), self._kinds()),
            ("Target", target.name if target else "none yet", self._task(target)),
            ("Sensitive", ", ".join(sensitive) or "none", "audited on the Fairness page"),
        ]

    def _task(self, target: Any) -> str:
        if target is None:
            return "choose a column and make it the target"
        kind = target.semantic.replace("_", " ")
        return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"

    def _kinds(self) -> str:
        kinds = [c.semantic for c in self.dataset.schema.columns]
        found = {k: kinds.count(k) for k in dict.fromkeys(kinds)}
        return " · ".join(f"{n} {k.replace('_', ' ')}" for k, n in found.items())


@dataclass(frozen=True)
class Left:
    """What a choice of bars leaves: rows in each bar, and the filters of the table."""

    counts: Mapping[str, Sequence[int]]
    filters: Mapping[str, Sequence[Any]]


class DataModel(param.Parameterized):
    """The chosen data set, its chosen column, and where its table stands."""

    ref = param.String("")
    column = param.String("")
    order = param.String("")
    descending = param.Boolean(False)
    page = param.Integer(0)
    where = param.Dict({}, doc="filters of the rows")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def choices(self) -> dict[str, str]:
        """The data sets, newest first; blocks."""
        return {
            f"{d.ref} · {words.plural(d.rows, 'row')}": d.ref
            for d in self.workspace.datasets.list()
        }

    def first(self) -> Portrait:
        """The chosen data set; of a large one that nobody has looked at yet, a sample; blocks."""
        dataset = self.workspace.datasets[self.ref]
        if dataset.rows < LARGE or dataset.profiled:
            return self.portrait()
        return self._portrait(dataset, dataset.profile(rows=SAMPLE), {})

    def portrait(self) -> Portrait:
        """The chosen data set; blocks while it is profiled for the first time."""
        dataset = self.workspace.datasets[self.ref]
        splits = dataset.splits() if dataset.schema.target is not None else {}
        return self._portrait(dataset, dataset.profile(), splits)

    def _portrait(self, dataset: Dataset, profile: Report, splits: dict[str, int]) -> Portrait:
        return Portrait(dataset, profile, splits, Histograms(profile))

    def left(self, chosen: Mapping[str, Sequence[int]]) -> Left:
        """What a choice of bars leaves of all columns; blocks."""
        facets = self.workspace.datasets[self.ref].facets()
        return Left(facets.counts(chosen), facets.filters(chosen))

    def lines(self) -> tuple[Sequence[str], Sequence[Sequence[Any]], int]:
        """Column names, the rows of this page of the table, and how many there are; blocks."""
        return self.workspace.datasets[self.ref].page(
            self.page * LINES,
            LINES,
            order_by=self.order or None,
            descending=self.descending,
            where=self.where,
        )

    def edit(self, *, role: str | None = None, semantic: str | None = None) -> Dataset:
        """Change what the chosen column is for; blocks."""
        return self.workspace.datasets[self.ref].edit(
            roles={self.column: role} if role else None,
            semantics={self.column: semantic} if semantic else None,
        )

    def mend(self, finding: Finding) -> remedies.Mended:
        """Carry out a remedy; blocks."""
        dataset = self.workspace.datasets[self.ref]
        before = dataset.edits()
        dataset.mend(finding)
        label = finding.remedy.label if finding.remedy else ""
        return remedies.Mended(dataset.ref, label, before)

    def restore(self, mended: remedies.Mended) -> Dataset:
        """Put back the edits that there were before a remedy; blocks."""
        return self.workspace.datasets[mended.ref].restore(mended.before)

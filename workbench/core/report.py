"""Reports: what an analysis hands back, one shape for every kind.

A report holds sentences and numbers; :mod:`workbench.views` draws it. Rooms never draw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import NotFound, UsageError
from workbench.core.registry import Registry
from workbench.core.wire import load, plain

Severity = Literal["info", "warning", "error"]

renderers: Registry[Any] = Registry(
    "renderer",
    {
        "html": "workbench.views.html:fragment",
        "table": "workbench.views.shelves:report_table",
        "finding": "workbench.views.shelves:finding",
        "verdict": "workbench.views.shelves:verdict",
        "contract": "workbench.views.shelves:contract",
        "frame": "workbench.views.frame:frame",
        "files": "workbench.views.files:write",
    },
)


@dataclass(frozen=True)
class Remedy:
    """What would mend a finding: a label for a button, and the change as plain data.

    ``change`` holds what ``Dataset.edit`` takes: ``{"roles": {"ssn": "ignore"}}``,
    ``{"split": {"method": "group", "column": "patient"}}``, ``{"features": [{"step": "clip",
    "columns": ["age"], "params": {"low": 0, "high": 120}}]}``.
    """

    label: str
    change: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing: a stable code, how bad it is, one sentence, and the evidence."""

    code: str  # "target-leakage"
    severity: Severity
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""  # a column, a group, a row
    remedy: Remedy | None = None

    @property
    def address(self) -> str:
        """What a remedy is asked for by: ``code`` or ``code:column``."""
        return f"{self.code}:{self.subject}" if self.subject else self.code

    def _repr_html_(self) -> str:
        return str(renderers.get("finding")(self))


@dataclass(frozen=True)
class Table:
    """Named columns and rows of plain values."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    caption: str = ""

    @classmethod
    def of(cls, name: str, columns: Mapping[str, Iterable[Any]], caption: str = "") -> Table:
        """A table from equally long columns (lists or arrays)."""
        lists = [plain(list(values)) for values in columns.values()]
        return cls(name, tuple(columns), tuple(zip(*lists, strict=True)), caption)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        if name not in self.columns:
            raise NotFound.among("column", name, self.columns)
        index = self.columns.index(name)
        return [row[index] for row in self.rows]

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows as dicts."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def frame(self) -> Any:
        """The table as a pandas DataFrame."""
        return renderers.get("frame")(self)

    def _repr_html_(self) -> str:
        return str(renderers.get("table")(self))

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self):,} rows of {', '.join(self.columns)}>"


@dataclass(frozen=True)
class Report:
    """Findings, facts and tables about one subject.

    Parameters
    ----------
    kind
        ``profile``, ``evaluation``, ``comparison``, ``explanation``, ``fairness``, ``parity``,
        ``drift``. A kind names the tables that it holds (``docs/reference/reports.md``).
    subject
        What it is about: ``adult@1``, a run id.
    sentence
        The answer in one plain sentence.
    """

    kind: str
    subject: str
    title: str
    sentence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def __contains__(self, name: object) -> bool:
        return any(t.name == name for t in self.tables)

    def __getitem__(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise NotFound.among("table", name, [t.name for t in self.tables])

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings."""
        order: tuple[Severity, ...] = ("error", "warning", "info")
        return next((s for s in order if any(f.severity == s for f in self.findings)), None)

    def mendable(self) -> tuple[Finding, ...]:
        """The findings that have a remedy, in their order."""
        return tuple(f for f in self.findings if f.remedy is not None)

    def finding(self, address: str) -> Finding:
        """The finding with a remedy that ``code``, ``code:column`` or its number names.

        Numbers count the findings that have a remedy, from 1.

        Raises
        ------
        NotFound
            No finding of that name has a remedy.
        UsageError
            A code names several of them.
        """
        found = self.mendable()
        if address.isdigit() and 0 < int(address) <= len(found):
            return found[int(address) - 1]
        meant = [f for f in found if address in (f.address, f.code)]
        if not meant:
            raise NotFound.among("finding with a remedy", address, [f.address for f in found])
        if len(meant) > 1 and address not in [f.address for f in meant]:
            raise UsageError(
                f"{len(meant)} findings are called {address!r}.",
                f"Say which: {', '.join(f.address for f in meant[:5])}.",
            )
        return meant[0]

    def write(self, folder: str | Path) -> list[Path]:
        """Write the charts as SVG, PNG and Vega-Lite and the tables as CSV into ``folder``."""
        written: list[Path] = renderers.get("files")([self], folder)
        return written

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        report = load(cls, data)
        tables = tuple(
            Table(t.name, tuple(t.columns), tuple(tuple(r) for r in t.rows), t.caption)
            for t in report.tables
        )
        return cls(**{**_shallow(report), "tables": tables})

    def _repr_html_(self) -> str:
        return str(renderers.get("html")(self))

    def __repr__(self) -> str:
        return f"<Report {self.kind} of {self.subject}: {self.sentence or self.title}>"


def _shallow(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}

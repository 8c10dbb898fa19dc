"""The versions of a data set, and what changed between two of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.app import driftpage, ui
from workbench.app.jobpanel import JobPanel
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.views import words

HEADS = (
    ui.Head("version", "Version"),
    ui.Head("rows", "Rows", align="right"),
    ui.Head("columns", "Columns", align="right"),
    ui.Head("change", "What changed", wrap=True),
    ui.Head("used_by", "Used by"),
    ui.Head("created", "Imported"),
)
CHANGES = (
    ui.Head("name", "Column"),
    ui.Head("change", "Change"),
    ui.Head("types", "Type"),
    ui.Head("missing", "Missing", align="right"),
    ui.Head("distance", "Moved", align="right"),
)
TONES = {"dropped": "bad", "retyped": "warn", "renamed": "warn", "added": "good"}


class VersionsCard:
    """A table of versions; two of them, or the parts of one, can be compared."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.name = ""
        self.slot = Slot(120)
        self.difference = Slot(80)
        self.before = ui.select("From", [], max_width=220)
        self.after = ui.select("To", [], max_width=220)
        self.go = ui.button(
            "Compare versions", self.compare, icon="compare_arrows", variant="outlined"
        )
        self.test = ui.button(
            "Test for drift", self.drift, icon="monitor_heart", variant="outlined"
        )
        self.parts = ui.button(
            "Train against test", self.drift_of_parts, icon="call_split", variant="outlined"
        )
        self.tools = ui.row(self.before, self.after, self.go, self.test, visible=False)
        self.job = JobPanel(visit, self._drifted)
        self.drifts = ui.column(gap=12)
        self.view = ui.card(
            "Versions",
            self.slot.view,
            self.tools,
            self.difference.view,
            self.job.view,
            self.drifts,
            actions=[self.parts],
            sub="Each import under this name makes one; it costs what is new in it.",
        )

    def show(self, name: str) -> None:
        """The versions of the data set called ``name``."""
        self.name = name
        self.difference.show()
        self.drifts[:] = []
        self.slot.fill(lambda: self._history(name), self._draw, "Reading versions")

    def _history(self, name: str) -> Report:
        return self.visit.workspace.datasets[name].history()

    def compare(self) -> None:
        """What changed between the two chosen versions."""
        before, after = self.before.value, self.after.value
        workspace = self.visit.workspace
        self.difference.fill(
            lambda: workspace.diff(before, after, progress=lambda *_: None),
            _difference,
            "Comparing",
        )

    def drift(self) -> None:
        """Which columns moved between the two chosen versions; a job, since Evidently is slow."""
        self._start(before=self.before.value, after=self.after.value)

    def drift_of_parts(self) -> None:
        """Which columns look otherwise in the test rows than in the training rows."""
        self._start(before=self.name)

    def _start(self, **params: Any) -> None:
        if not self.job.active:
            self.drifts[:] = []
            self.job.start("drift", **params)

    def _drifted(self, result: Mapping[str, Any]) -> None:
        report = Report.from_dict(result["drift"])
        self.drifts[:] = [
            ui.banner(f"{report.title}: {report.sentence}"),
            driftpage.columns(report),
            driftpage.evidently(result["html"]),
        ]

    def _draw(self, report: Report) -> Any:
        versions = list(report["versions"].records())
        names = [v["version"] for v in versions]
        self.tools.visible = len(names) > 1
        if len(names) > 1:
            self.before.param.update(options=names, value=names[1])
            self.after.param.update(options=names, value=names[0])
        rows = [
            [
                v["version"],
                words.count(v["rows"]),
                words.count(v["columns"]),
                v["change"],
                v["used_by"] or words.NOTHING,
                words.ago(dt.datetime.fromisoformat(v["created"])),
            ]
            for v in versions
        ]
        table = ui.table(HEADS, rows, label="Versions of the data set")
        if len(names) > 1:
            return table
        hint = "One version so far: import again under this name to make another."
        return ui.column(table, ui.text(hint, "small"), gap=8)


def _difference(report: Report) -> Any:
    found = [r for r in report["columns"].records() if r["change"] != "same"]
    parts: list[Any] = [ui.banner(report.sentence)]
    if report.findings:
        parts.append(ui.findings(report.findings, 8))
    if found:
        parts.append(ui.table(CHANGES, [_row(r) for r in found], label="Changed columns"))
    same = len(report["columns"]) - len(found)
    if same:
        parts.append(ui.text(f"{words.plural(same, 'column')} without a change.", "small"))
    return ui.column(*parts, gap=12)


def _row(record: dict[str, Any]) -> Sequence[Any]:
    renamed = record["name_before"] if record["change"] == "renamed" else ""
    types = [t for t in (record["type_before"], record["type_after"]) if t]
    shares = [s for s in (record["missing_before"], record["missing_after"]) if s is not None]
    told = [words.percent(s) for s in shares]
    distance = record["distance"]
    return [
        ui.cell(record["name"], quiet=f"was {renamed}" if renamed else ""),
        ui.cell(record["change"], tone=TONES.get(record["change"], "")),
        " → ".join(dict.fromkeys(types)),
        " → ".join(dict.fromkeys(told)),
        words.NOTHING if distance is None else ui.cell(words.number(distance), bar=distance),
    ]

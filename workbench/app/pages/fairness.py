"""Fairness: how a run treats groups, how sure that is, and what another threshold would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource

from workbench.app import ui
from workbench.app.charts.bars import group_points, groups
from workbench.app.mitigating import Mitigating
from workbench.app.page import Page
from workbench.app.placing import PlacesCard
from workbench.app.runs import RunPicker
from workbench.app.work import Slot, in_background
from workbench.core.report import Report, Table
from workbench.objects import Run
from workbench.views import words
from workbench.workspace import Workspace

SHARES = (
    "selection_rate", "tpr", "fpr", "fnr", "precision", "accuracy", "base_rate",
    "calibration_bias", "ece", "equalized_odds",
)  # fmt: skip
MOST = 5  # columns at once
MOST_WHY = 12  # rows of what tells the group and what drives the gap


@dataclass(frozen=True)
class Audit:
    """The audit of a run, and the counts from which other thresholds follow at once."""

    report: Report
    sweep: Any  # None unless the task is binary

    @property
    def threshold(self) -> float | None:
        value = self.report.facts.get("threshold")
        return None if value is None else float(value)

    @property
    def metrics(self) -> list[str]:
        return [str(m) for m in self.report.facts["metrics"]]

    @property
    def titles(self) -> dict[str, str]:
        return {str(k): str(v) for k, v in self.report.facts["titles"].items()}

    @property
    def columns(self) -> list[str]:
        """The columns, and their combination if there are two."""
        return list(dict.fromkeys(self.report["groups"].column("column")))


class FairnessModel(param.Parameterized):
    """The chosen run, the columns it is audited by, and the threshold looked at."""

    run = param.String("")
    by = param.List([])
    threshold = param.Number(None, allow_None=True)
    column = param.String("")
    metric = param.String("")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def columns(self) -> tuple[list[str], list[str]]:
        """All columns that can form groups, and the sensitive ones; blocks."""
        run = self.workspace.runs[self.run]
        schema = self.workspace.datasets[run.record.recipe.dataset].schema
        kinds = ("category", "boolean", "number")
        target = run.record.signature.target if run.record.signature else ""
        usable = [c.name for c in schema.columns if c.basis in kinds and c.name != target]
        return usable, list(schema.audited())

    def audit(self) -> Audit:
        """The audit by the chosen columns, at the run's own threshold or a moved one; blocks."""
        run = self.workspace.runs[self.run]
        report = run.fairness(self.by, self.threshold)
        binary = report.facts["task"] == "binary"
        return Audit(report, run.sweep(self.by) if binary else None)


def rates_at(audit: Audit, threshold: float) -> tuple[Table, Table, bool]:
    """Groups and gaps at a threshold; True if they carry intervals (the audited one does)."""
    if audit.sweep is None or audit.threshold is None or abs(threshold - audit.threshold) < 5e-4:
        return audit.report["groups"], audit.report["gaps_large"], True
    return _completed(audit.sweep.at(threshold), audit), audit.sweep.gaps(threshold), False


def _completed(swept: Table, audit: Audit) -> Table:
    """The rates at a threshold, with those that no threshold moves as they were audited."""
    fixed = [name for name in audit.metrics if name not in swept.columns]
    ends = [f"{name}{end}" for name in fixed for end in ("", "_low", "_high")]
    known = {(r["column"], r["group"]): r for r in audit.report["groups"].records()}
    rows = list(swept.records())
    kept = {name: [known[r["column"], r["group"]].get(name) for r in rows] for name in ends}
    return Table.of("groups", {**{c: swept.column(c) for c in swept.columns}, **kept})


class FairnessPage(Page):
    """Groups with intervals, gaps, and a slider that moves the threshold at once."""

    def build(self) -> Any:
        self.model = FairnessModel(self.workspace)
        self.slot = Slot(420, carded=True)
        self.picker = RunPicker(self.visit, self._chosen, self.slot.show)
        self.mend = Mitigating(self.visit, self.picker.read)
        self.mend.view.visible = False
        self.by = pmui.MultiChoice(
            label="Groups by",
            options=[],
            value=[],
            max_items=MOST,
            visual_size="small",
            sizing_mode="stretch_width",
            max_width=420,
            margin=(4, 0),
        )
        self._filling = False
        self.by.param.watch(self._by_chosen, "value")
        return ui.column(
            ui.header("Fairness", "For whom the model errs, on the test rows."),
            self.picker.beside(self.by),
            self.slot.view,
            self.mend.view,
        )

    def leave(self) -> None:
        self.mend.pause()

    def arrive(self) -> None:
        if not self.slot.filled:
            self.slot.show(ui.card("", ui.loading("Reading the runs")))
        self.picker.read()

    def _chosen(self, run: Run) -> None:
        if run.id != self.model.run:
            self.model.param.update(run=run.id, threshold=None)
        in_background(self.model.columns, self._offer, self._failed)

    def _offer(self, found: tuple[list[str], list[str]]) -> None:
        usable, sensitive = found
        wanted = [c for c in self.visit.get("by").split(",") if c in usable]
        chosen = wanted[:MOST] or [c for c in self.model.by if c in usable] or sensitive[:2]
        self._filling = True
        self.by.param.update(options=usable, value=chosen)
        self._filling = False
        self._audit(chosen)

    def _by_chosen(self, event: Any) -> None:
        if not self._filling and list(event.new) != self.model.by:
            self._audit(list(event.new))

    def _audit(self, by: list[str]) -> None:
        self.model.by = by
        self.visit.note(by=",".join(by))
        self.mend.view.visible = False
        if by:
            self.slot.fill(self.model.audit, self._draw, "Counting groups and their intervals")
            return
        self.slot.show(
            ui.card(
                "",
                ui.empty(
                    "No column forms the groups yet.",
                    "This data set has no sensitive column: choose one or two columns above, or"
                    " mark them as sensitive on the Data page.",
                ),
            )
        )

    def _failed(self, error: Any) -> None:
        self.slot.show(ui.card("", ui.failed(error.sentence, error.hint, self.picker.read)))

    # what came out -------------------------------------------------------------------------

    def _draw(self, audit: Audit) -> Any:
        self.audit = audit
        facts = audit.report.facts
        self.mend.view.visible = True
        self.mend.show(self.model.run, self.model.by, str(facts["task"]))
        self.model.column = audit.columns[0]
        self.model.metric = audit.metrics[0]
        self.chart = ui.column()
        self._drawn: tuple[str, list[str]] | None = None
        self.note = ui.text("", "small")
        self.gaps = ui.table(GAPS, [], label="Gaps between groups")
        self.table = ui.table([], [], label="Rates of each group")
        worst = "warn" if audit.report.worst == "warning" else "plain"
        sub = f"{words.plural(facts['rows'], 'test row')} · 95% bootstrap intervals"
        parts: list[Any] = [
            ui.column(ui.banner(audit.report.sentence, worst, sub), margin=8),
            *([ui.card("Decision threshold", *self._slider())] if audit.threshold else []),
            ui.grid(
                (ui.card("Groups", self._choices(), self.chart, self.note), 7),
                (
                    ui.card(
                        "Gaps",
                        self.gaps,
                        sub="Highest minus lowest group, and their ratio · "
                        "groups of 30 rows or more",
                    ),
                    5,
                ),
            ),
            ui.card("All rates", self.table, sub="Rate, with its interval below"),
            *([PlacesCard(audit.report).view] if "ranking" in audit.report else []),
            *self._criteria(audit.report),
        ]
        if audit.report.findings:
            parts.insert(2, ui.card("Worth knowing", ui.findings(audit.report.findings, 8)))
        self._show()
        return ui.column(*parts)

    def _criteria(self, report: Report) -> list[Any]:
        """What the field calls fair, each told by one gap; and what happens between people."""
        rows = [_criterion(r) for r in report["criteria"].records() if r["verdict"] != "unknown"]
        found = []
        if rows:
            told = "At the audited threshold · p after Holm's correction for all gaps"
            found.append(ui.card("Criteria", ui.table(CRITERIA, rows, label="Criteria"), sub=told))
        found += self._why(report)
        alone = [_alone(r) for r in report["individual"].records()]
        if alone:
            table = ui.table(ALONE, alone, label="Between people")
            sub = "Whether like rows are decided alike, and how unequal decisions fall"
            found.append(ui.card("Between people", table, sub=sub))
        return found

    def _why(self, report: Report) -> list[Any]:
        """Which columns give the group away, and which ones drive the gap."""
        parts = []
        if "proxies" in report and len(report["proxies"]):
            rows = [_why_row(r, "other", "value") for r in report["proxies"].records()]
            table = ui.table(PROXIES, rows[:MOST_WHY], label="Proxies")
            sub = "How well another column tells the group: Cramér's V, 0 to 1"
            parts.append(ui.card("Proxies", table, sub=sub))
        if "drivers" in report and len(report["drivers"]):
            rows = [_why_row(r, "input", "difference") for r in report["drivers"].records()]
            table = ui.table(DRIVERS, rows[:MOST_WHY], label="Drivers of the gap")
            sub = "Mean contribution (SHAP) in the highest group minus that in the lowest"
            parts.append(ui.card("What drives the gap", table, sub=sub))
        elif parts:
            say = "Explain this run on the Explain page, and this shows what drives the gap."
            parts.append(ui.card("What drives the gap", ui.text(say, "quiet")))
        return [ui.grid(*((part, 6) for part in parts))] if parts else []

    def _choices(self) -> Any:
        columns = ui.select("Groups of", self.audit.columns, self.model.column, max_width=220)
        titles = {self.audit.titles.get(m, m): m for m in self.audit.metrics}
        metric = ui.select("Rate", titles, self.model.metric, max_width=220)
        columns.param.watch(lambda e: self._look(column=e.new), "value")
        metric.param.watch(lambda e: self._look(metric=e.new), "value")
        return ui.row(columns, metric, gap=12)

    def _look(self, **at: str) -> None:
        self.model.param.update(**at)
        self._show()

    def _slider(self) -> list[Any]:
        own = float(self.audit.threshold or 0.5)
        self.slider = ui.Slider(
            label=f"Positive ({self.audit.report.facts['positive']}) from a probability of",
            start=0.01,
            end=0.99,
            step=0.01,
            value=own,
            format="0.00",
            sizing_mode="stretch_width",
            margin=(4, 12),
        )
        self.effect = ui.text("", "small")
        self.slider.param.watch(lambda _: self._show(), "value")
        reset = ui.button("Reset", self._reset, icon="restart_alt", size="small")
        sure = ui.button("Intervals at this threshold", self._again, size="small")
        return [
            self.slider,
            ui.row(ui.column(self.effect, styles={"flex": "1 1 260px"}), sure, reset),
        ]

    def _reset(self) -> None:
        if self.model.threshold is not None:
            self.model.threshold = None
            self._audit(self.model.by)
        else:
            self.slider.value = float(self.audit.threshold or 0.5)

    def _again(self) -> None:
        self.model.threshold = round(float(self.slider.value), 2)
        self._audit(self.model.by)

    def _show(self) -> None:
        """Move the dots now, and the words and tables once they are on their way."""
        at = float(self.slider.value) if self.audit.threshold is not None else 0.0
        shown = rates_at(self.audit, at)
        records = [r for r in shown[0].records() if r["column"] == self.model.column]
        metric = self.model.metric
        self._show_groups(records[:24], metric, self.audit.titles.get(metric, metric))
        self._at = at
        pn.state.execute(partial(self._tell, at, shown, records), schedule=True)

    def _tell(
        self, at: float, shown: tuple[Table, Table, bool], records: list[dict[str, Any]]
    ) -> None:
        if at != self._at:
            return  # the slider has moved on
        _, gaps, sure = shown
        how = "lines are 95% intervals" if sure else "without intervals: the threshold was moved"
        self.note.object = f'<p class="small quiet">{how}; small groups are hollow</p>'
        mine = [g for g in gaps.records() if g["column"] == self.model.column]
        self.gaps.rows = ui.plain_rows([_gap(g, self.audit.titles) for g in mine])
        self._show_table(records)
        if self.audit.sweep is not None:
            accuracy = words.percent(self.audit.sweep.accuracy(at))
            text = f"Accuracy over all rows {accuracy} at {at:.2f}"
            self.effect.object = f'<p class="small quiet num">{text}</p>'

    def _show_groups(self, records: list[dict[str, Any]], metric: str, name: str) -> None:
        """Move the dots; a new picture only for other groups or another rate."""
        points = group_points(records, metric)
        shown = (metric, points["name"])
        if shown == self._drawn:
            with ui.moving():
                self._source.data = points
            return
        self._drawn = shown
        self._source = ColumnDataSource(points)
        drawn = groups(self._source, name, metric in SHARES)
        self.chart[:] = [ui.figure(drawn, f"{name} of each group")]

    def _show_table(self, records: list[dict[str, Any]]) -> None:
        metrics = self.audit.metrics
        heads = [ui.Head("group", "Group"), ui.Head("count", "Rows", align="right")]
        heads += [ui.Head(m, self.audit.titles.get(m, m), align="right") for m in metrics]
        self.table.heads = [h.plain() for h in heads]
        self.table.rows = ui.plain_rows(
            [
                [
                    ui.cell(r["group"], quiet="small group" if r.get("small") else ""),
                    words.count(r["count"]),
                    *(_rate(r, m) for m in metrics),
                ]
                for r in records
            ]
        )


GAPS = (
    ui.Head("metric", "Rate", wrap=True),
    ui.Head("difference", "Difference", align="right"),
    ui.Head("ratio", "Ratio", align="right"),
)
CRITERIA = (
    ui.Head("criterion", "Criterion", wrap=True),
    ui.Head("groups", "Furthest apart", wrap=True),
    ui.Head("gap", "Gap", align="right"),
    ui.Head("p", "p", align="right"),
    ui.Head("verdict", "Verdict"),
)
PROXIES = (
    ui.Head("other", "Column", wrap=True),
    ui.Head("value", "Cramér's V", align="right"),
)
DRIVERS = (
    ui.Head("input", "Column", wrap=True),
    ui.Head("difference", "Difference", align="right"),
)
ALONE = (
    ui.Head("title", "Measure", wrap=True),
    ui.Head("value", "Value", align="right"),
)


def _criterion(record: Mapping[str, Any]) -> list[Any]:
    form = words.points if record["metric"] in SHARES else words.number
    low, high = record["low"], record["high"]
    return [
        ui.cell(record["criterion"], quiet=record["column"]),
        f"{record['highest']} over {record['lowest']}",
        ui.cell(
            form(record["difference"]),
            quiet=f"{form(low)} to {form(high)}" if low is not None else "",
        ),
        words.p_value(record["p"]),
        record["verdict"].capitalize(),
    ]


def _why_row(record: Mapping[str, Any], name: str, value: str) -> list[Any]:
    quiet = words.interval(record["low"], record["high"])
    groups = f": {record['highest']} over {record['lowest']}" if "highest" in record else ""
    return [
        ui.cell(record[name], quiet=f"{record['column']}{groups}"),
        ui.cell(words.number(record[value]), quiet=quiet),
    ]


def _alone(record: Mapping[str, Any]) -> list[Any]:
    quiet = words.interval(record["low"], record["high"]) if record["low"] is not None else ""
    return [record["title"], ui.cell(words.number(record["value"]), quiet=quiet)]


def _gap(record: Mapping[str, Any], titles: Mapping[str, str]) -> list[Any]:
    share = record["metric"] in SHARES
    form = words.points if share else words.number
    low, high = record.get("difference_low"), record.get("difference_high")
    spoken = words.spoken(str(record["metric"])).capitalize()
    between = f"{record['highest']} over {record['lowest']}" if record["highest"] else ""
    return [
        ui.cell(titles.get(record["metric"], spoken), quiet=between),
        ui.cell(
            form(record["difference"]),
            quiet=f"{form(low)} to {form(high)}" if low is not None else "",
        ),
        ui.cell(
            words.number(record["ratio"]),
            quiet=words.interval(record.get("ratio_low"), record.get("ratio_high")),
        ),
    ]


def _rate(record: Mapping[str, Any], metric: str) -> Any:
    form = words.percent if metric in SHARES else words.number
    low, high = record.get(f"{metric}_low"), record.get(f"{metric}_high")
    quiet = f"{form(low)} to {form(high)}" if low is not None and high is not None else ""
    return ui.cell(form(record[metric]), quiet=quiet)

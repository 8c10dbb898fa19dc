"""Places: where the scores put the groups, whatever the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.app import ui
from workbench.app.charts.bars import tops
from workbench.core.report import Report
from workbench.views import words

TOPS = {"1%": "top_1", "5%": "top_5", "10%": "top_10", "20%": "top_20"}
MOST = 24  # groups shown at once
HEADS = (
    ui.Head("group", "Group"),
    ui.Head("auc", "Within", align="right"),
    ui.Head("xauc", "Before others", align="right"),
    ui.Head("xauc_reverse", "Others before", align="right"),
    ui.Head("exposure_ratio", "Exposure", align="right"),
    ui.Head("top", "Best-scored", align="right"),
)


class PlacesCard:
    """The best-scored rows by group, and how often the rows of a pair are in the right order."""

    def __init__(self, report: Report) -> None:
        self.table = report["ranking"]
        facts = report.facts
        self.outcome = f"{facts['target']} = {facts['positive']}"
        columns = list(dict.fromkeys(self.table.column("column")))
        self.column, self.top = columns[0], "top_10"
        self.chart = ui.column()
        self.note = ui.text("", "small")
        self.rows = ui.table(HEADS, [], label="Ranking of each group")
        sub = "Where the scores put people, whatever the threshold"
        if facts["rows_ranked"] < facts["rows"]:
            sub += f" · {words.count(facts['rows_ranked'])} of the rows, drawn at random"
        self.view = ui.card(
            "Ranking",
            self._choices(columns),
            self.chart,
            self.note,
            self.rows,
            self._legend(),
            sub=sub,
        )
        self._show()

    def _choices(self, columns: list[str]) -> Any:
        column = ui.select("Groups of", columns, self.column, max_width=220)
        top = ui.select("Best-scored", TOPS, self.top, max_width=140)
        column.param.watch(lambda e: self._look(e.new, self.top), "value")
        top.param.watch(lambda e: self._look(self.column, e.new), "value")
        return ui.row(column, top, gap=12)

    def _legend(self) -> Any:
        told = (
            f"Of all pairs of a row with {self.outcome} and one without, how many have the first"
            " above the second: where both are of the group, where only the first is, where only"
            " the second is. Exposure is the mean of 1/log2(1 + rank) over that of all rows: 1 is"
            " a group's share of the places."
        )
        return ui.markup(f'<p class="small quiet">{ui.escape(told)}</p>')

    def _look(self, column: str, top: str) -> None:
        self.column, self.top = column, top
        self._show()

    def _show(self) -> None:
        records = [r for r in self.table.records() if r["column"] == self.column][:MOST]
        top = next(label for label, name in TOPS.items() if name == self.top)
        drawn = tops(records, self.top, "Times its share of all rows", self.outcome)
        self.chart[:] = [ui.figure(drawn, f"Share of the best-scored {top} of each group")]
        note = (
            f"how often a group is among the best-scored {top}, against among all rows; lines are"
            f" 95% intervals; diamonds: among the rows with {self.outcome}; small groups are hollow"
        )
        self.note.object = f'<p class="small quiet">{ui.escape(note)}</p>'
        self.rows.rows = ui.plain_rows([_row(r, self.top) for r in records])


def _row(record: Mapping[str, Any], top: str) -> list[Any]:
    size = words.plural(record["count"], "row")
    return [
        ui.cell(record["group"], quiet=f"small: {size}" if record["small"] else size),
        *(_value(record, m, words.percent) for m in ("auc", "xauc", "xauc_reverse")),
        _value(record, "exposure_ratio", words.number),
        ui.cell(words.percent(record[top]), quiet=f"of all {words.percent(record['share'])}"),
    ]


def _value(record: Mapping[str, Any], measure: str, form: Any) -> Any:
    low, high = record[f"{measure}_low"], record[f"{measure}_high"]
    quiet = f"{form(low)} to {form(high)}" if low is not None and high is not None else ""
    return ui.cell(form(record[measure]), quiet=quiet)

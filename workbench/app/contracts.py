"""The contract of a data set: its rules, an editor for one column, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.visit import Visit
from workbench.app.work import Slot, in_background
from workbench.core.contract import Contract, Rule, bare
from workbench.core.report import Report
from workbench.objects import Dataset

HEADS = (
    ui.Head("column", "Column"),
    ui.Head("type", "Type"),
    ui.Head("promises", "Promises", wrap=True),
)
KINDS = {
    "int64": "whole number",
    "double": "number",
    "bool": "true or false",
    "string": "text",
    "timestamp[us]": "date",
}
FIELDS = {
    "low": "At least",
    "high": "At most",
    "allowed": "Only these values (a, b, c)",
    "pattern": "Matches (regular expression)",
    "longest": "Longest text",
}


class ContractCard:
    """What every version of a data set promises."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.ref = ""
        self.contract: Contract | None = None
        self.slot = Slot(100)
        self.verdict = Slot(40)
        self.table = ui.table(HEADS, [], label="Rules of the contract", selectable=True)
        self.table.param.watch(self._chosen, "selected")
        self.editor = ui.column()
        self.tools = ui.row(
            ui.button("Check now", self._check, icon="rule", variant="outlined"),
            ui.button("Copy as pandera code", self._copy, icon="content_copy"),
            ui.button("Remove", self._remove, icon="delete", color="error"),
        )
        self.rules = ui.column(self.table, self.editor, self.tools, gap=12)
        self.view = ui.card(
            "Contract",
            self.slot.view,
            self.verdict.view,
            sub="What every version promises; checked on import and before training.",
        )

    def show(self, ref: str) -> None:
        """The contract of the data set ``ref``."""
        self.ref = ref
        self.verdict.show()
        self.editor[:] = []
        self.slot.fill(lambda: self._data().contract, self._draw, "Reading the contract")

    def _data(self) -> Dataset:
        return self.visit.workspace.datasets[self.ref]

    def _draw(self, contract: Contract | None) -> Any:
        self.contract = contract
        if contract is None:
            return ui.empty(
                "Nothing is promised yet.",
                "A contract is proposed from this version; you edit it. Imports that break it are "
                "refused, or their bad rows put aside.",
                ui.button("Propose a contract", self._propose, icon="handshake"),
            )
        rows = [
            [r.column, KINDS[r.type], ", ".join(r.promises) or "nothing"] for r in contract.rules
        ]
        self.table.rows = ui.plain_rows(rows)
        return self.rules

    def _propose(self) -> None:
        self._promise(lambda data: data.propose())

    def _promise(self, make: Callable[[Dataset], Contract | None], *after: Any) -> None:
        """Keep what ``make`` gives, and show it with ``after`` below."""

        def promised() -> Contract | None:
            data = self._data()
            data.contract = make(data)
            return data.contract

        def shown(contract: Contract | None) -> None:
            self.visit.say("Contract saved" if contract else "Contract removed", "success")
            self.verdict.show(*after)
            self.slot.show(self._draw(contract))

        in_background(promised, shown, self.visit.complain)

    # one rule ------------------------------------------------------------------------------

    def _chosen(self, event: Any) -> None:
        if self.contract is None or not 0 <= event.new < len(self.contract.rules):
            return
        rule = self.contract.rules[event.new]
        self.flags = {
            "nullable": pmui.Checkbox(label="Never missing", value=not rule.nullable),
            "unique": pmui.Checkbox(label="Each value once", value=rule.unique),
            "required": pmui.Checkbox(label="May be left out", value=not rule.required),
        }
        self.fields = {
            name: pmui.TextInput(
                label=label, value=_typed(rule, name), size="small", width=210, margin=(4, 0)
            )
            for name, label in FIELDS.items()
            if _has(rule, name)
        }
        save = ui.button("Save", lambda: self._save(rule), icon="check", variant="contained")
        self.editor[:] = [
            ui.column(
                ui.text(f"{rule.column} promises", "part"),
                ui.row(*self.flags.values()),
                ui.row(*self.fields.values()),
                ui.row(save),
                gap=6,
            )
        ]

    def _save(self, rule: Rule) -> None:
        contract = self.contract
        assert contract is not None
        texts = {name: field.value_input or field.value for name, field in self.fields.items()}

        def edited(_: Dataset) -> Contract:
            change = {name: rule.value(name, text or "") for name, text in texts.items()}
            return contract.edited(
                rule.column,
                nullable=not self.flags["nullable"].value,
                unique=self.flags["unique"].value,
                required=not self.flags["required"].value,
                **change,
            )

        self._promise(edited)

    # what is done with it ------------------------------------------------------------------

    def _check(self) -> None:
        self.verdict.fill(lambda: self._data().check(), _verdict, "Checking the rows")

    def _copy(self) -> None:
        in_background(
            lambda: self._data().contract_code(),
            lambda code: self.visit.copy(code, "The code"),
            self.visit.complain,
        )

    def _remove(self) -> None:
        kept = self.contract
        undo = ui.button(
            "Undo", lambda: self._promise(lambda _: kept), icon="undo", variant="outlined"
        )
        said = ui.text("The contract was removed.", "quiet")
        self._promise(lambda _: None, ui.row(said, undo))


def _verdict(report: Report) -> Any:
    parts: list[Any] = [ui.banner(report.sentence, "bad" if report.findings else "good")]
    if report["violations"].rows:
        heads = ("Row", "Column", "Value", "Rule")
        rows = [[_text(v) for v in row] for row in report["violations"].rows[:40]]
        parts.append(ui.table(heads, rows, label="Cells that break the contract"))
    return ui.column(*parts, gap=10)


def _text(value: Any) -> str:
    return "–" if value is None else str(value)


def _has(rule: Rule, name: str) -> bool:
    if name in ("low", "high"):
        return rule.type in ("int64", "double", "timestamp[us]")
    return rule.type == "string" if name in ("pattern", "longest") else rule.type != "bool"


def _typed(rule: Rule, name: str) -> str:
    value = getattr(rule, name)
    if name == "allowed":
        return ", ".join(str(v) for v in value)
    return "" if value is None else bare(value)

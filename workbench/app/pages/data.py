"""Data: what is in a data set, what is wrong with it, and what its columns are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import portraits, remedies, ui
from workbench.app.columns import ColumnCards
from workbench.app.contracts import ContractCard
from workbench.app.crossfilter import Bars, Choices
from workbench.app.dataset import LINES, DataModel, Left, Portrait
from workbench.app.importing import ImportDialog
from workbench.app.page import Page
from workbench.app.versions import VersionsCard
from workbench.app.work import Slot, in_background
from workbench.core.dataset import ROLES, SEMANTICS
from workbench.core.report import Finding
from workbench.objects import Dataset
from workbench.views import words
from workbench.views.columns import bar_items, cards


class DataPage(Page):
    """Facts and warnings, cards of the columns, the rows."""

    def build(self) -> Any:
        self.model = DataModel(self.workspace)
        self.dialog = ImportDialog(self.visit, self._imported)
        self.picker = ui.select("Data set", {}, max_width=460)
        self.picker.param.watch(self._picked, "value")
        self.slot = Slot(420, carded=True)
        self.cards = ColumnCards(sizing_mode="stretch_width", margin=0)
        self.cards.param.watch(self._column_chosen, "selected")
        self.cards.param.watch(lambda e: self.choices.pick(e.new["column"], e.new["bar"]), "picked")
        self.choices = Choices(self._filter)
        self.left: Left | None = None
        self.mended: remedies.Mended | None = None
        self.bars = Bars(sizing_mode="stretch_width", margin=0)
        self.bars.param.watch(
            lambda e: self.choices.pick(self.model.column, e.new["bar"]), "picked"
        )
        # parts that stay: a component that changes its place loses what is pressed meanwhile
        self.about, self.roles = ui.column(), ui.column()
        self.detail = ui.column(self.about, self.bars, self.roles, gap=10)
        self.table = ui.table([], [], label="Rows of the data set")
        self.table.param.watch(self._sorted, ["order", "descending"])
        self.pager = pmui.Pagination(count=1, value=0, margin=0, size="small")
        self.pager.param.watch(self._paged, "value")
        self.where = ui.text("", "small")
        self.contract, self.versions = ContractCard(self.visit), VersionsCard(self.visit)
        self.summary, self.relations = ui.column(), ui.column()
        self.sheet = self._sheet()
        self.portrait = Slot(420, carded=True)
        self.frame = ui.column(ui.row(self.picker, margin=(4, 8)), self.portrait.view)
        return ui.column(
            ui.header(
                "Data",
                "An immutable snapshot of a table: what is in it and what each column is for.",
                ui.button("Import", self.dialog.open, icon="upload", variant="contained"),
            ),
            self.slot.view,
            self.dialog.dialog,
            self.dialog.dropper,
        )

    def _sheet(self) -> Any:
        columns = ui.card(
            "Columns",
            self.choices.chips,
            self.cards,
            sub="Choose one to see and change it; press a bar to filter by it.",
        )
        place = ui.column(self.where, styles={"flex": "1 1 180px"})
        return ui.column(
            self.summary,
            ui.grid((columns, 8), (ui.card("Column", self.detail), 4)),
            self.relations,
            ui.card("Rows", self.table, ui.row(place, self.pager)),
            self.contract.view,
            self.versions.view,
        )

    def arrive(self) -> None:
        self.slot.fill(self.model.choices, self._choices, "Reading the data sets")
        self.dialog.job.rejoin("import")

    # the data set --------------------------------------------------------------------------

    def _choices(self, choices: dict[str, str]) -> Any:
        if not choices:
            return ui.card("", self._nothing())
        wanted = self.visit.get("data") or self.model.ref
        names = list(choices.values())
        by_name = [ref for ref in names if ref == wanted or ref.partition("@")[0] == wanted]
        self._filling = True
        self.picker.param.update(options=choices, value=next(iter([*by_name, *names])))
        self._filling = False
        self._choose(self.picker.value)
        self._read()
        return self.frame

    def _nothing(self) -> Any:
        return ui.empty(
            "There is no data set in this workspace yet.",
            "Import one: a name of the catalogue, a CSV or Parquet file, or an upload.",
            ui.button("Import data", self.dialog.open, icon="upload"),
        )

    _filling = False

    def _picked(self, event: Any) -> None:
        if event.new and not self._filling:
            self._choose(event.new)
            self._read()

    def _choose(self, ref: str) -> None:
        if ref != self.model.ref:
            self.model.param.update(
                ref=ref, column="", order="", descending=False, page=0, where={}
            )
            self.table.param.update(order="", descending=False)
        self.visit.note(data=ref)

    def _imported(self, ref: str) -> None:
        self.visit.note(data=ref)
        self.slot.fill(self.model.choices, self._choices, "Reading the data sets")

    def _read(self) -> None:
        self.portrait.fill(self.model.first, self._draw, "Profiling the columns")

    def _draw(self, portrait: Portrait) -> Any:
        self.shown = portrait
        if portrait.sampled:  # the exact numbers follow, and take the place of these
            ref = portrait.dataset.ref
            in_background(
                self.model.portrait,
                lambda exact: self._exact(ref, exact),
                self.visit.complain,
            )
        return self._filled(portrait)

    def _exact(self, ref: str, exact: Portrait) -> None:
        if ref == self.model.ref:
            self.portrait.show(self._draw(exact))

    def _filled(self, portrait: Portrait) -> Any:
        record = portrait.dataset.record
        facts: list[Any] = [ui.facts(portrait.facts)]
        if portrait.sampled:
            count = words.count(portrait.profile.facts["rows"])
            said = f"A first look at {count} rows; the exact numbers follow in a moment."
            facts.insert(0, ui.banner(said))
        if portrait.profile.findings:
            facts.append(remedies.findings(portrait.profile.findings, self._mend, 8))
        if self.mended is not None and self.mended.ref == record.ref:
            facts.append(remedies.undo(self.mended, self._undo))
        self.left = None
        self.model.where = {}
        self.choices.begin(portrait.histograms)
        self._draw_cards()
        if self.model.column not in record.schema:
            self.model.column = (record.schema.target or record.schema.columns[0]).name
        self.cards.selected = self.model.column
        self._draw_detail()
        self._read_lines()
        sub = f"{record.source or 'a frame'} · imported {words.ago(record.created)}"
        self.contract.show(record.ref)
        self._behind = record.name
        self.summary[:] = [ui.card(record.title or record.name, *facts, sub=sub)]
        self.relations[:] = portraits.cards(portrait.profile)
        return self.sheet

    _behind = ""

    # one column ----------------------------------------------------------------------------

    def _column_chosen(self, event: Any) -> None:
        if event.new and event.new != self.model.column:
            self.model.column = event.new
            self._draw_detail()

    def _draw_detail(self) -> None:
        name = self.model.column
        column = self.shown.dataset.schema[name]
        found = next(r for r in self.shown.profile["columns"].records() if r["name"] == name)
        warnings = [f for f in self.shown.profile.findings if f.subject == name]
        role = ui.select("Role", list(ROLES), column.role)
        semantic = ui.select("Kind", list(SEMANTICS), column.semantic)
        role.param.watch(lambda e: self._edit(role=e.new), "value")
        semantic.param.watch(lambda e: self._edit(semantic=e.new), "value")
        why = f"{column.dtype} · {column.reason}" if column.reason else column.dtype
        parts = [ui.text(name, "part"), ui.text(why, "small"), ui.facts(numbers(found), plain=True)]
        if warnings:
            parts.append(remedies.findings(warnings, self._mend))
        self._draw_bars()
        self.about[:] = [ui.column(*parts, gap=10)]
        self.roles[:] = [ui.row(role, semantic, gap=8, flex_wrap="nowrap")]

    # the cross-filter ----------------------------------------------------------------------

    def _filter(self) -> None:
        chosen = dict(self.choices.chosen)
        in_background(
            lambda: self.model.left(chosen),
            lambda left: self._filtered(chosen, left),
            self.visit.complain,
        )

    def _filtered(self, chosen: Mapping[str, Sequence[int]], left: Left) -> None:
        if chosen != self.choices.chosen:
            return  # a newer choice is on its way
        self.left = left if chosen else None
        self.model.param.update(where=dict(left.filters), page=0)
        self.pager.value = 0
        self._draw_cards()
        self._draw_bars()
        self._read_lines()

    def _draw_cards(self) -> None:
        left = self.left.counts if self.left else None
        portrait = self.shown
        found = cards(
            portrait.profile,
            portrait.dataset.schema,
            portrait.histograms,
            left,
            self.choices.chosen,
        )
        self.cards.items = [c.plain() for c in found]

    def _draw_bars(self) -> None:
        name, histograms = self.model.column, self.shown.histograms
        left = self.left.counts.get(name) if self.left else None
        self.bars.param.update(
            visible=name in histograms.counts,
            label=f"Values of {name}",
            kind=histograms.kind(name),
            ends=histograms.ends.get(name, []),
            chosen=self.choices.chosen.get(name, []),
            items=bar_items(histograms, name, left),
        )

    def _edit(self, **change: str) -> None:
        in_background(lambda: self.model.edit(**change), self._edited, self._not_edited)

    def _edited(self, dataset: Dataset) -> None:
        self.visit.say(f"{self.model.column} changed")
        self._read()

    def _mend(self, finding: Finding) -> None:
        in_background(lambda: self.model.mend(finding), self._mended, self._not_edited)

    def _mended(self, mended: remedies.Mended) -> None:
        self.mended = mended
        self._read()

    def _undo(self) -> None:
        mended, self.mended = self.mended, None
        if mended is not None:
            in_background(lambda: self.model.restore(mended), self._undone, self._not_edited)

    def _undone(self, dataset: Dataset) -> None:
        self.visit.say(f"{dataset.ref} is as it was before")
        self._read()

    def _not_edited(self, error: Any) -> None:
        self.visit.complain(error)
        self._draw_detail()

    # the rows ------------------------------------------------------------------------------

    def _sorted(self, *_: Any) -> None:
        at = (self.table.order, self.table.descending)
        if at != (self.model.order, self.model.descending):
            self.model.param.update(order=at[0], descending=at[1], page=0)
            self.pager.value = 0
            self._read_lines()

    def _paged(self, event: Any) -> None:
        if event.new != self.model.page:
            self.model.page = event.new
            self._read_lines()

    def _read_lines(self) -> None:
        in_background(self.model.lines, self._show_lines, self.visit.complain)

    def _show_lines(self, found: tuple[Sequence[str], Sequence[Sequence[Any]], int]) -> None:
        names, rows, total = found
        schema = self.shown.dataset.schema
        right = {c.name for c in schema.columns if c.basis == "number"}
        heads = [
            ui.Head(n, align="right" if n in right else "left", sortable=True).plain()
            for n in names
        ]
        if heads != self.table.heads:
            self.table.heads = heads
        self.table.rows = ui.plain_rows([[shown(v) for v in row] for row in rows])
        first = self.model.page * LINES
        words_now = f"Rows {first + 1:,} to {first + len(rows):,} of {total:,}"
        if not total:
            words_now = "No row passes the filters."
        self.where.object = f'<p class="small quiet num">{ui.escape(words_now)}</p>'
        self.pager.param.update(count=max(1, -(-total // LINES)), value=self.model.page)
        if self._behind:  # it may have to load MLflow: everything else is seen first
            self.versions.show(self._behind)
            self._behind = ""


def shown(value: Any) -> str:
    """A cell of data, as it is: raw values are not rounded to three digits."""
    if value is None:
        return words.NOTHING
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)


def numbers(found: dict[str, Any]) -> list[tuple[str, str] | tuple[str, str, str]]:
    """What the profile says of a column, as names and values."""
    items: list[tuple[str, str] | tuple[str, str, str]] = [
        ("Missing", words.count(found["missing"])),
        ("Distinct", words.count(found["distinct"])),
    ]
    if found["mean"] is not None:
        items += [
            ("Mean", words.number(found["mean"])),
            ("Spread", words.number(found["std"])),
            ("Median", words.number(found["median"])),
            ("Quarters", f"{words.number(found['q25'])} – {words.number(found['q75'])}"),
            ("Outliers", words.count(found["outliers"])),
            ("Smallest", words.number(found["min"])),
            ("Largest", words.number(found["max"])),
        ]
    elif found["top"] is not None:
        items.append(("Most frequent", str(found["top"]), words.percent(found["top_share"])))
    if found.get("target_relation") is not None:
        items.append(("Relation to target", words.number(found["target_relation"])))
    return items

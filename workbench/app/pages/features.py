"""Features: make columns for the models, and see what each tells before any model is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.charts.effect import groups, relations
from workbench.app.page import Page
from workbench.app.work import Slot, in_background
from workbench.core.feature import Feature
from workbench.core.report import Report
from workbench.objects import Dataset
from workbench.views import words
from workbench.workspace import Workspace

FITS = {
    "number": ("number",),
    "text": ("text",),
    "date": ("date",),
    "amount": ("number", "date"),
    "any": ("number", "text"),
}
WANTED = {
    "number": "Number",
    "text": "Category or text",
    "date": "Date",
    "amount": "Number or date",
    "any": "Column",
}
NONE = "none"
HALF = {"flex": "1 1 280px", "min-width": "0"}  # of a row; narrow windows put it below
COLOURS = "Indigo: made. Teal: what it is made from."
GROUPED = "Rows with like values, a tenth of them each."
HEADS = (
    ui.Head("feature", "Feature", wrap=True),
    ui.Head("step", "Made by"),
    ui.Head("from", "From", wrap=True),
    ui.Head("parameters", "Parameters", wrap=True),
    ui.Head("onnx", "ONNX"),
)


@dataclass(frozen=True)
class Bench:
    """A data set, what can be made from it, and how."""

    dataset: Dataset
    sources: dict[str, str]
    steps: dict[str, dict[str, Any]]
    options: dict[str, list[dict[str, Any]]]

    def fitting(self, wanted: str) -> list[str]:
        """The columns that a step may take in one place."""
        return [name for name, kind in self.sources.items() if kind in FITS[wanted]]

    def possible(self) -> dict[str, str]:
        """Titles of the steps that this table has columns for, with their names."""
        return {
            str(step["title"]): name
            for name, step in self.steps.items()
            if all(self.fitting(t) for t in step["takes"][: len(step["takes"]) - step["spare"]])
        }


class FeaturesModel(param.Parameterized):
    """The chosen data set."""

    ref = param.String("")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def choices(self) -> dict[str, str]:
        """The data sets, newest first; blocks."""
        return {
            f"{d.ref} · {words.plural(len(d.features), 'feature')}": d.ref
            for d in self.workspace.datasets.list()
        }

    def bench(self, ref: str | None = None) -> Bench:
        """A data set, the chosen one by default, and what can be made from it; blocks."""
        dataset = self.workspace.datasets[ref or self.ref]
        report = self.workspace.steps()
        options: dict[str, list[dict[str, Any]]] = {}
        for option in report["options"].records():
            options.setdefault(option["step"], []).append(option)
        steps = {step["name"]: step for step in report["steps"].records()}
        return Bench(dataset, dataset.sources(), steps, options)

    def preview(self, feature: Feature) -> Report:
        """What a feature would tell; blocks."""
        return self.workspace.datasets[self.ref].preview(feature, lambda *_: None)

    def changed(self, ref: str, change: Callable[[Dataset], Dataset]) -> Bench:
        """Change what is made from a data set; blocks."""
        change(self.workspace.datasets[ref])
        return self.bench(ref)


class FeaturesPage(Page):
    """The form at the left, what it would give at the right, what is made below."""

    def build(self) -> Any:
        self.model = FeaturesModel(self.workspace)
        self.slot = Slot(420, carded=True)
        self.inside = Slot(420, carded=True)
        self.preview = Slot(260)
        self.picker = ui.select("Data set", {}, max_width=460)
        self.picker.param.watch(self._picked, "value")
        self.step = ui.select("How", {})
        self.step.param.watch(lambda _: self._filling or self._fields(), "value")
        self.fields = ui.column(gap=2)
        self.called = pmui.TextInput(
            label="Name (made from the rest)",
            size="small",
            sizing_mode="stretch_width",
            margin=(4, 0),
        )
        self.keep = pmui.Checkbox(label="Models go on seeing the columns it is made from", margin=0)
        self.add = ui.button("Add feature", self._add, icon="add", variant="contained")
        self.table = ui.table(HEADS, [], label="Features of the data set", selectable=True)
        self.table.param.watch(self._chosen, "selected")
        self.drop = ui.button("Remove", self._drop, icon="delete", color="error", visible=False)
        self.train = ui.button("Train with them", self._train, icon="model_training")
        self.told = Slot(40)
        self.frame = ui.column(ui.row(self.picker, margin=(4, 8)), self.inside.view)
        self.sheet = self._sheet()
        return ui.column(
            ui.header(
                "Features",
                "Columns made from columns, inside the pipeline: fitted on the training rows,"
                " exported and served with the model.",
            ),
            self.slot.view,
        )

    def _sheet(self) -> Any:
        form = ui.card(
            "Make a column",
            self.step,
            self.fields,
            self.called,
            self.keep,
            ui.row(self.add),
            sub="What it would tell is shown while you choose.",
        )
        shown = ui.card("Preview", self.preview.view, sub="On training rows; nothing is kept yet.")
        made = ui.card(
            "Features of this data set",
            self.table,
            self.told.view,
            ui.row(self.drop, self.train),
            sub="Made for every model that is trained on it, in this order.",
        )
        return ui.column(ui.grid((form, 4), (shown, 8)), made)

    def _train(self) -> None:
        self.visit.go("train", data=self.model.ref)

    def arrive(self) -> None:
        self.slot.fill(self.model.choices, self._choices, "Reading the data sets")

    # the data set --------------------------------------------------------------------------

    def _choices(self, choices: dict[str, str]) -> Any:
        if not choices:
            return ui.card(
                "",
                ui.empty(
                    "There is no data set yet.",
                    "Import one first.",
                    ui.button("Go to Data", lambda: self.visit.go("data"), icon="table_chart"),
                ),
            )
        wanted = self.visit.get("data") or self.model.ref
        names = list(choices.values())
        by_name = [ref for ref in names if wanted in (ref, ref.partition("@")[0])]
        self._filling = True
        self.picker.param.update(options=choices, value=next(iter([*by_name, *names])))
        self._filling = False
        self._read()
        return self.frame

    _filling = False

    def _picked(self, event: Any) -> None:
        if event.new and not self._filling:
            self._read()

    def _read(self) -> None:
        self.model.ref = self.picker.value
        self.visit.note(data=self.model.ref)
        self.inside.fill(self.model.bench, self._draw, "Looking at the columns")

    def _draw(self, bench: Bench) -> Any:
        self.bench = bench
        self._list(bench.dataset.features)
        possible = bench.possible()
        first = self.step.value if self.step.value in possible.values() else None
        self._filling = True
        self.step.param.update(options=possible, value=first or next(iter(possible.values()), None))
        self._filling = False
        self._fields()
        return self.sheet

    # the form ------------------------------------------------------------------------------

    def _fields(self) -> None:
        """The controls of the chosen step, filled with what it does by itself."""
        if self.step.value is None:
            self.fields[:] = []
            return
        step = self.bench.steps[self.step.value]
        needed = len(step["takes"]) - step["spare"]
        self.columns = [
            self._column(taken, place, place >= needed) for place, taken in enumerate(step["takes"])
        ]
        self.params = {
            option["name"]: _control(option) for option in self.bench.options.get(step["name"], [])
        }
        self.keep.value = bool(step["keeps"])
        for control in (*self.columns, *self.params.values()):
            control.param.watch(lambda _: self._try(), "value")
        self.fields[:] = [*self.columns, *self.params.values()]
        self._try()

    def _column(self, taken: str, place: int, spare: bool) -> Any:
        fitting = self.bench.fitting(taken)
        options = [NONE, *fitting] if spare else fitting
        value = NONE if spare else fitting[min(place, len(fitting) - 1)]
        return ui.select(f"{WANTED[taken]}{' (optional)' if spare else ''}", options, value)

    def _feature(self) -> Feature:
        columns = [c.value for c in self.columns if c.value and c.value != NONE]
        options = self.bench.options.get(self.step.value, [])
        params = {o["name"]: self.params[o["name"]].value for o in options}
        changed = {
            o["name"]: params[o["name"]]
            for o in options
            if o["kind"] == "choice" or str(params[o["name"]] or "") != _shown(o["default"])
        }
        keeps = bool(self.bench.steps[self.step.value]["keeps"])
        keep = None if self.keep.value == keeps else bool(self.keep.value)
        return Feature(self.step.value, tuple(columns), changed, self.called.value.strip(), keep)

    def _try(self) -> None:
        feature = self._feature()
        self.preview.fill(lambda: self.model.preview(feature), self._previewed, "Making the column")

    def _previewed(self, report: Report) -> Any:
        parts: list[Any] = [ui.banner(report.sentence)]
        if report.findings:
            parts.append(ui.findings(report.findings))
        told = [r for r in report["effect"].records() if r["relation"] is not None]
        made = sorted((r for r in report["effect"].records() if r["made"]), key=_relation)
        cells = []
        if told:
            drawn = ui.figure(relations(report), "How much each column alone tells the target")
            title = ui.text("Alone against the target", "part")
            cells.append(ui.column(title, ui.text(COLOURS, "small"), drawn, styles=HALF))
        if made:
            best = made[0]["column"]
            drawn = ui.figure(groups(report, best), f"The target in groups of {best}")
            title = ui.text(best, "part")
            cells.append(ui.column(title, ui.text(GROUPED, "small"), drawn, styles=HALF))
        parts.append(ui.row(*cells, gap=16, align="flex-start"))
        values = report["values"]
        rows = [[_cell(v) for v in row] for row in values.rows[:6]]
        heads = [ui.Head(n, align=_align(values.column(n))) for n in values.columns]
        parts.append(ui.table(heads, rows, label="First rows"))
        where = f"{words.count(report.facts['rows'])} training rows were looked at."
        parts.append(ui.text(where, "small"))
        return ui.column(*parts, gap=12)

    # what is made --------------------------------------------------------------------------

    def _list(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        rows = [
            [
                f.called,
                self.bench.steps[f.step]["title"],
                ", ".join(f.columns),
                ", ".join(f"{n} {v}" for n, v in f.params.items()) or words.NOTHING,
                self._leaves(f),
            ]
            for f in features
        ]
        self.table.param.update(rows=ui.plain_rows(rows), selected=-1, visible=bool(rows))
        self.drop.visible = False
        self.train.visible = bool(rows)
        hint = "Nothing is made yet: models see the columns as they are."
        self.told.show(*([] if rows else [ui.text(hint, "quiet")]))

    def _leaves(self, feature: Feature) -> Any:
        """Whether the feature leaves with the model, and what it runs in then."""
        step = self.bench.steps[feature.step]
        if not step["exact"]:
            return ui.cell("no", tone="warn")
        only = step["runtime"] if step["runtime"] != "any" else ""
        return ui.cell("yes", tone="good", quiet=f"{only} only" if only else "")

    def _chosen(self, event: Any) -> None:
        self.drop.visible = 0 <= event.new < len(self.features)
        if self.drop.visible:
            feature = self.features[event.new]
            self.drop.label = f"Remove {feature.called}"
            self.preview.fill(
                lambda: self.model.preview(feature), self._previewed, "Making the column"
            )

    def _add(self) -> None:
        if self.step.value is None:
            return
        feature = self._feature()
        self._change(lambda data: data.derive(feature), f"{feature.called} added")

    def _drop(self) -> None:
        gone = self.features[self.table.selected]
        undo = ui.button("Undo", lambda: self._put_back(gone), icon="undo")
        said = ui.row(ui.text(f"{gone.called} was removed.", "quiet"), undo)
        self._change(lambda data: data.without(gone.called), f"{gone.called} removed", said)

    def _put_back(self, gone: Feature) -> None:
        self._change(lambda data: data.derive(gone), f"{gone.called} is back")

    def _change(self, change: Callable[[Dataset], Dataset], said: str, *after: Any) -> None:
        ref = self.model.ref

        def changed(bench: Bench) -> None:
            self.visit.say(said, "success")
            if ref != self.model.ref:
                return  # another data set is looked at by now
            self._draw(bench)
            if after:
                self.told.show(*after)

        in_background(lambda: self.model.changed(ref, change), changed, self.visit.complain)


def _control(option: Mapping[str, Any]) -> Any:
    """The widget of a parameter, filled with its default."""
    label = str(option["says"])
    if option["kind"] == "choice":
        return ui.select(label, list(option["choices"]), option["default"])
    return pmui.TextInput(
        label=label,
        value=_shown(option["default"]),
        size="small",
        sizing_mode="stretch_width",
        margin=(4, 0),
    )


def _shown(default: Any) -> str:
    if isinstance(default, (list, tuple)):
        return ", ".join(str(v) for v in default)
    return "" if default is None else str(default)


def _relation(record: Mapping[str, Any]) -> float:
    return -(record["relation"] or 0.0)


def _align(values: Sequence[Any]) -> str:
    return "right" if any(isinstance(v, (int, float)) for v in values) else "left"


def _cell(value: Any) -> Any:
    if value is None:
        return words.NOTHING
    return words.number(value) if isinstance(value, float) else str(value)

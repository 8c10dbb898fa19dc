"""A made-up row: its values as inputs, and what the model says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.changing import ChangeCard
from workbench.app.charts.swarm import Waterfall
from workbench.app.visit import Visit
from workbench.app.work import Latest, Slot
from workbench.core.errors import UsageError
from workbench.core.signature import Field, Signature
from workbench.objects import Run
from workbench.views import words
from workbench.views.fields import MISSING, asked, spelled
from workbench.views.fields import value as value_of

FIRST = 8  # inputs that are not folded away


class Inputs:
    """One widget for each input column; ``changed`` is told of every move of a person's."""

    def __init__(
        self, signature: Signature, order: Sequence[str], changed: Callable[[], None]
    ) -> None:
        self.signature = signature
        self.widgets = {name: _widget(signature[name]) for name in order}
        self._quiet = False
        self._changed = changed
        for widget in self.widgets.values():
            widget.param.watch(self._moved, "value")
        shown = list(self.widgets.values())
        rest = [ui.details(f"{len(shown) - FIRST} more columns", *shown[FIRST:])]
        self.view = ui.column(*shown[:FIRST], *(rest if len(shown) > FIRST else []), gap=6)

    def _moved(self, _: Any) -> None:
        if not self._quiet:
            self._changed()

    def put(self, values: Mapping[str, Any]) -> None:
        """Show a row's values without asking about them."""
        self._quiet = True
        for name, widget in self.widgets.items():
            _put(widget, values.get(name))
        self._quiet = False

    def values(self) -> dict[str, Any]:
        """What the inputs say now."""
        return {name: _value(w, self.signature[name]) for name, w in self.widgets.items()}


def _widget(item: Field) -> Any:
    wide = {"sizing_mode": "stretch_width", "margin": (4, 8)}
    label, given = item.name[:60], asked(item)
    if given["kind"] == "slider":
        low, high, step = given["low"], given["high"], given["step"]
        return ui.Slider(label=label, start=low, end=high, step=step, value=low, **wide)
    if given["kind"] == "choice":
        return ui.select(label, given["options"], given["options"][0])
    return pmui.TextInput(label=label, size="small", **wide)


def _put(widget: Any, value: Any) -> None:
    if isinstance(widget, ui.Slider):
        low, high = widget.start, widget.end
        widget.value = low if value is None else min(max(float(value), low), high)
    elif isinstance(widget, pmui.TextInput):
        widget.value = "" if value is None else str(value)
    else:
        said = str(value).lower() if isinstance(value, bool) else value
        text = MISSING if value is None else spelled(said)
        if text not in widget.options:
            widget.options = [*widget.options, text]
        widget.value = text


def _value(widget: Any, item: Field) -> Any:
    if isinstance(widget, ui.Slider):
        return float(widget.value)
    return value_of(item, widget.value)


class WhatIfCard:
    """Inputs beside the prediction and the waterfall of a row that they change."""

    def __init__(
        self, visit: Visit, run: Run, order: Sequence[str], of_class: Any, axis: str
    ) -> None:
        self.visit, self.run, self.of_class = visit, run, of_class
        signature = run.record.signature
        assert signature is not None  # runs that are done have one
        self.signature = signature
        self.model: Any = None
        self.start: dict[str, Any] = {}
        self.inputs = Inputs(signature, order, self._ask)
        self.fall = Waterfall(axis, bool(visit.link.narrow))
        self.said = ui.text("", "lead")
        self.place = Slot(200)
        self.latest = Latest(self._tell, visit.complain)
        self.open = ui.button("Change its values", self._load, icon="tune", size="small")
        self.reset = ui.button("Reset", self._reset, icon="restart_alt", size="small")
        self.reset.visible = False
        self.changes = ChangeCard(visit, run, order, self.values)
        self.view = ui.column(
            ui.card(
                "What if",
                self.place.view,
                sub="Change this row's values and see the prediction move",
                actions=[self.open, self.reset],
            ),
            self.changes.view,
        )

    def take(self, values: Mapping[str, Any]) -> None:
        """Begin with a row's own values."""
        self.start = dict(values)
        self.inputs.put(values)
        self.changes.clear()
        if self.model is not None:
            self._answer(self.start)

    def values(self) -> dict[str, Any]:
        """The row as it is now: its own values, and what a person has changed."""
        return {**self.start, **(self._moved() if self.model is not None else {})}

    def _load(self) -> None:
        self.open.disabled = True
        self.place.fill(self.run.what_if, self._loaded, "Loading the model")

    def _loaded(self, model: Any) -> Any:
        self.model = model
        self.open.visible, self.reset.visible = False, True
        self._answer(self.start)
        drawn = ui.figure(self.fall.figure, "Waterfall of the changed row")
        right = ui.column(self.said, drawn, margin=(4, 0, 0, 16))
        return ui.grid((self.inputs.view, 5), (right, 7))

    def _reset(self) -> None:
        self.inputs.put(self.start)
        self._answer(self.start)

    def _ask(self) -> None:
        try:
            values = {**self.start, **self._moved()}
        except UsageError as error:
            self.visit.say(error.sentence, "warning")
            return
        self._answer(values)

    def _moved(self) -> dict[str, Any]:
        """What a person has changed: a value beyond a slider's ends stays until it is moved."""
        shown = self.inputs.values()
        before = self._before()
        return {name: value for name, value in shown.items() if value != before[name]}

    def _before(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, widget in self.inputs.widgets.items():
            value = self.start.get(name)
            if isinstance(widget, ui.Slider):
                low, high = widget.start, widget.end
                found[name] = low if value is None else min(max(float(value), low), high)
            elif self.signature[name].kind in ("boolean", "number"):
                found[name] = value
            else:
                found[name] = None if value is None else spelled(value)
        return found

    def _answer(self, values: Mapping[str, Any]) -> None:
        model = self.model
        self.latest.ask(lambda: (values, model.ask(values)))

    def _tell(self, found: tuple[Mapping[str, Any], Any]) -> None:
        values, answer = found
        k = answer.classes.index(self.of_class)
        parts = [
            (name, float(answer.contributions[c, k]), values[name])
            for c, name in enumerate(answer.columns)
        ]
        with ui.moving():
            self.fall.show(float(answer.base[k]), parts)
        score = float(answer.scores[k])
        if self.of_class is None:
            text = f"Predicted {words.number(score)}"
        else:
            text = f"{answer.label}: {words.percent(score)} for {self.of_class}"
        self.said.object = f'<p class="lead num" role="status">{ui.escape(text)}</p>'

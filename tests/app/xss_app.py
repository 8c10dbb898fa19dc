"""A served app with one escaping door a page, each fed a payload as if it came from data."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource

from workbench.app import ui
from workbench.app.charts import bars, cells, curves, swarm
from workbench.app.columns import ColumnCards
from workbench.app.crossfilter import Bars, Chips
from workbench.app.jobpanel import JobPanel, News
from workbench.app.pages.serve import _answer, _input
from workbench.app.previewing import Option, OptionBar, PreviewTable, PreviewView
from workbench.app.uploads import DropZone
from workbench.core.errors import WorkbenchError
from workbench.core.job import JobRecord
from workbench.core.preview import Preview, Seen
from workbench.core.report import Finding, Table
from workbench.core.signature import Field
from workbench.views.columns import ColumnCard
from workbench.views.theme import INDIGO


def payload(case: str) -> str:
    """Text that would leave a mark if it were ever taken for HTML."""
    return f"<img src=x onerror=\"(window.__p=window.__p||[]).push('{case}')\">"


def _visit() -> Any:
    return SimpleNamespace(note=lambda **_: None, workspace=None)


def _job(x: str, state: str) -> Any:
    panel = JobPanel(_visit(), lambda _: None)
    record = JobRecord(id="1", action=x, params={}, state=state, text=x, error=x)  # type: ignore[arg-type]
    panel.live.visible = True
    panel.show(News(record, []))
    return panel.view


def _roc(x: str) -> Any:
    table = Table.of("roc", {"fpr": [0, 0.5, 1], "tpr": [0, 0.8, 1]})
    return ui.figure(curves.roc([curves.Line(x, INDIGO, table, x)]), x)


def _calibration(x: str) -> Any:
    columns = {"predicted": [0.2, 0.8], "observed": [0.1, 0.9], "low": [0, 0.8], "high": [0.3, 1]}
    table = Table.of("calibration", {**columns, "count": [5, 5]})
    return ui.figure(curves.calibration([curves.Line(x, INDIGO, table)]), x)


def _groups(x: str) -> Any:
    rows = [{"group": x, "count": 5, "tpr": 0.5, "tpr_low": 0.4, "tpr_high": 0.6}]
    source = ColumnDataSource(bars.group_points(rows, "tpr"))
    return ui.figure(bars.groups(source, x), x)


def _drift(x: str) -> Any:
    columns = ("column", "method", "score", "threshold", "drifted")
    return ui.figure(bars.drift(Table("drift", columns, ((x, x, 0.3, 0.1, True),))), x)


def _swarm(x: str) -> Any:
    effects = [swarm.Effect(x, [0.1, -0.2, 0.3], [x, x, None])]
    return ui.figure(swarm.beeswarm(effects, [x, x, x], x), x)


def _waterfall(x: str) -> Any:
    fall = swarm.Waterfall(x)
    fall.show(0.0, [(x, 0.5, x)])
    return ui.figure(fall.figure, x)


def _confusion(x: str) -> Any:
    table = Table("confusion", ("truth", "predicted", "count", "share"), ((x, x, 1, 1.0),))
    return ui.markup(*cells.confusion(table))


def _live(x: str) -> Any:
    live = curves.LiveCurve([x], [x])
    live.add(x, [(1.0, 0.5, 0.6), (2.0, 0.4, 0.5)])
    return ui.figure(live.figure, x)


def _notified(x: str) -> Any:
    pn.state.onload(lambda: pn.state.notifications.error(x, duration=0))
    return ui.text("notified")


def _cards(x: str) -> Any:
    card = ColumnCard(x, x, x, x, [1, 2], [x, x], x, left=[1, 0], chosen=[0])
    return ColumnCards(items=[card.plain()], selected=x, sizing_mode="stretch_width")


def _bars(x: str, kind: str) -> Any:
    items = [{"label": x, "count": 3, "left": 2}, {"label": x, "count": 1, "left": 1}]
    return Bars(label=x, kind=kind, items=items, ends=[x, x], sizing_mode="stretch_width")


def _chips(x: str) -> Any:
    return Chips(items=[{"name": x, "label": x}], sizing_mode="stretch_width")


def _preview(x: str) -> Any:
    seen = Preview(x, {"reader": x}, (Seen(x, x, x, 0, x),), ((x,), (None,)), 2, True,
                   (Finding(x, "info", x, {}, x),))  # fmt: skip
    return PreviewView().show(seen)


def _options(x: str) -> Any:
    items = [Option(x, x, {x: x}).item(x, (x,)), Option("b", x, hint=x).item(None, ())]
    return OptionBar(items=items, chosen={x: x, "b": x}, sizing_mode="stretch_width")


DOORS: dict[str, Callable[[str], Any]] = {
    "text": lambda x: ui.text(x),
    "bars": lambda x: _bars(x, "values"),
    "ranges": lambda x: _bars(x, "ranges"),
    "chips": _chips,
    "text-title": lambda x: ui.text(x, "title"),
    "text-tone": lambda x: ui.text(x, x, x),
    "code": lambda x: ui.code(x),
    "card": lambda x: ui.card(x, ui.text(x), sub=x, actions=[ui.button(x)]),
    "header": lambda x: ui.header(x, x, ui.button(x)),
    "empty": lambda x: ui.empty(x, x, ui.button(x)),
    "failed": lambda x: ui.failed(x, x, lambda: None),
    "failed-error": lambda x: ui.failed(WorkbenchError(x, x).sentence, x),
    "loading": lambda x: ui.loading(x),
    "banner": lambda x: ui.banner(x, x, x),
    "facts": lambda x: ui.facts([(x, x, x)]),
    "findings": lambda x: ui.findings([Finding(x, "error", x, {}, x)]),
    "table-cell": lambda x: ui.table(["a"], [[x]], label=x),
    "table-head": lambda x: ui.table([ui.Head(x, x, sortable=True, better="up")], [["1"]], label=x),
    "table-rich": lambda x: ui.table([x], [[ui.cell(x, quiet=x, tone=x, dot=x)]], label=x),
    "select": lambda x: ui.select(x, {x: x, "b": "b"}, x),
    "multi-choice": lambda x: pmui.MultiChoice(label=x, options={x: x, "b": "b"}, value=[x]),
    "check-boxes": lambda x: pmui.CheckBoxGroup(label=x, options={x: x}, value=[x]),
    "radio-buttons": lambda x: pmui.RadioButtonGroup(label=x, options=[x, "b"], value=x),
    "text-input": lambda x: pmui.TextInput(label=x, value=x, placeholder=x),
    "slider": lambda x: pmui.FloatSlider(label=x),
    "button": lambda x: ui.button(x),
    "breadcrumbs": lambda x: pmui.Breadcrumbs(items=[{"label": x}, {"label": x}]),
    "form-field": lambda x: _input(Field(x, "category", categories=(x, "b")), x),
    "form-text": lambda x: _input(Field(x, "number"), x),
    "answer": lambda x: _answer(
        {"predictions": [x], "probabilities": [[0.4, 0.6]], "classes": [x, x]}
    ),
    "job-running": lambda x: _job(x, "running"),
    "job-failed": lambda x: _job(x, "failed"),
    "column-cards": _cards,
    "preview": _preview,
    "preview-roles": lambda x: PreviewTable(
        heads=[{"name": x, "kind": x, "right": True}], rows=[[x]], choices=[[x, x]], roles={x: x}
    ),
    "reading-options": _options,
    "drop-zone": lambda x: DropZone(name_shown=x, said=x, sizing_mode="stretch_width"),
    "notification": _notified,
    "document-title": lambda x: ui.text("titled"),
    "picture": lambda x: ui.picture("<svg></svg>", x),
    "roc": _roc,
    "calibration": _calibration,
    "intervals": lambda x: ui.figure(bars.intervals([x], [0.5], [0.4], [0.6], [INDIGO], x), x),
    "importance": lambda x: ui.figure(
        bars.importance(Table("i", ("column", "mean_abs", "mean", "class"), ((x, 1.0, 1.0, x),))), x
    ),
    "groups": _groups,
    "drift": _drift,
    "beeswarm": _swarm,
    "waterfall": _waterfall,
    "confusion": _confusion,
    "live-curve": _live,
}


def page() -> Any:
    """The door that the address names, inside the frame that the app uses."""
    case = pn.state.session_args["k"][0].decode()
    made = DOORS[case](payload(case))
    if case == "document-title":
        pn.state.onload(lambda: setattr(pn.state.curdoc, "title", payload(case)))
    return pmui.Page(title="doors", main=[ui.column(ui.text("ready", "title"), made)])


def main() -> None:
    """Serve the doors on the port given."""
    pn.extension(notifications=True)
    pn.serve({"/": page}, port=int(sys.argv[1]), address="127.0.0.1", show=False)


if __name__ == "__main__":
    main()

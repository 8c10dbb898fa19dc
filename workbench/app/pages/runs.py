"""Runs: all of them in one table, by any metric; one looked at, several compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.onerun import OneRun
from workbench.app.page import Page
from workbench.app.runs import no_runs, title
from workbench.app.work import Latest, Slot
from workbench.core.errors import NotFound
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.workspace import Workspace

MOST = 10_000  # runs that are listed
LINES = 20  # of a page
COMPARED = 6
EVERY = ""  # of the filters
METRIC = "metric:"
TONES = {"done": "", "failed": "bad", "cancelled": "warn", "running": ""}
EFFORTS = (
    ("row_us", "A row", lambda us: f"{words.number(us)} µs"),
    ("size_bytes", "Model file", words.size),
)


@dataclass(frozen=True)
class Everything:
    """All runs, the newest first, and what they can be narrowed and sorted by."""

    runs: Sequence[Run] = ()
    said: Mapping[str, str] = field(default_factory=dict)  # id to what a search looks into
    metrics: Sequence[str] = ()
    primary: Sequence[str] = ()  # metrics by which runs are ranked
    datasets: Sequence[str] = ()
    states: Sequence[str] = ()

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Everything:
        return cls(
            runs,
            {run.id: _searched(run) for run in runs},
            _once(name for run in runs for name in run.metrics),
            _once(run.score[0] for run in runs if run.score)[:3],
            _once(run.record.recipe.dataset for run in runs),
            _once(run.record.state for run in runs),
        )


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Listed:
    """A page of the table."""

    runs: Sequence[Run]
    efforts: Mapping[str, Report]  # of those whose effort was measured
    total: int


class RunsModel(param.Parameterized):
    """Which runs are listed, in which order, and which are chosen."""

    text = param.String("")
    dataset = param.String(EVERY)
    state = param.String(EVERY)
    metrics = param.List([])
    order = param.String("")
    descending = param.Boolean(False)
    page = param.Integer(0)
    chosen = param.List([], doc="ids, in the order in which they were chosen")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self.all = Everything()

    def read(self) -> Everything:
        """All runs; blocks."""
        return Everything.of(self.workspace.runs.list(MOST))

    def take(self, found: Everything) -> None:
        """List these from now on."""
        self.all = found
        known = set(found.metrics)
        self.metrics = [m for m in self.metrics if m in known] or list(found.primary)
        self.chosen = [run for run in self.chosen if run in found.said]

    def listed(self) -> Listed:
        """The page that is asked for; blocks."""
        found = self._sorted([run for run in self.all.runs if self._fits(run)])
        shown = found[self.page * LINES : (self.page + 1) * LINES]
        reports = {run.id: run.report("effort") for run in shown if run.record.state == "done"}
        return Listed(shown, {k: r for k, r in reports.items() if r is not None}, len(found))

    def _fits(self, run: Run) -> bool:
        record = run.record
        return (
            self.dataset in (EVERY, record.recipe.dataset)
            and self.state in (EVERY, record.state)
            and all(word in self.all.said[run.id] for word in self.text.lower().split())
        )

    def _sorted(self, runs: list[Run]) -> list[Run]:
        """What has no value stands last, whichever way the others go."""
        if not self.order:
            return runs
        values = {run.id: _value(run, self.order) for run in runs}
        known = [run for run in runs if values[run.id] is not None]
        known.sort(key=lambda run: values[run.id], reverse=self.descending)
        return [*known, *(run for run in runs if values[run.id] is None)]


def _searched(run: Run) -> str:
    record = run.record
    parts = (title(run), record.name, record.id, record.recipe.family, *record.aliases)
    return " ".join(parts).lower()


def _value(run: Run, order: str) -> Any:
    record = run.record
    if order.startswith(METRIC):
        value = record.metrics.get(order.removeprefix(METRIC))
        return None if value is None or value != value else value
    return {
        "run": title(run).lower(),
        "dataset": record.recipe.dataset,
        "state": record.state,
        "started": record.started,
        "seconds": record.seconds,
    }[order]


class RunsPage(Page):
    """Filters and the table above what is known of one run."""

    def build(self) -> Any:
        self.model = RunsModel(self.workspace)
        self.asking = Latest(self._draw_lines, self.visit.complain)
        self.slot = Slot(320, carded=True)
        self.detail = ui.column()
        self.table = ui.table([], [], label="All runs", selectable=True, markable=True)
        self.table.param.watch(self._reordered, ["order", "descending"])
        self.table.param.watch(self._opened, "selected")
        self.table.param.watch(self._marked, "marks")
        self.pager = pmui.Pagination(count=1, value=0, margin=0, size="small")
        self.pager.param.watch(self._paged, "value")
        self.where = ui.text("", "small")
        self.compare = ui.button(
            "Compare", self._compare, icon="leaderboard", variant="contained", disabled=True
        )
        self.filters = self._filters()
        place = ui.column(self.where, styles={"flex": "1 1 180px"})
        self.sheet = ui.card("", self.filters, self.table, ui.row(place, self.pager))
        return ui.column(
            ui.header(
                "Runs",
                "Press a run to look at it; choose two or more to compare them.",
                self.compare,
            ),
            self.slot.view,
            self.detail,
        )

    def _filters(self) -> Any:
        self.text = pmui.TextInput(
            label="Search", placeholder="family, name or id", size="small", margin=(4, 0), width=220
        )
        self.text.param.watch(lambda e: self._narrow(text=e.new or ""), "value_input")
        self.dataset = ui.select("Data set", {}, max_width=220)
        self.dataset.param.watch(lambda e: self._narrow(dataset=e.new or EVERY), "value")
        self.state = ui.select("State", {}, max_width=150)
        self.state.param.watch(lambda e: self._narrow(state=e.new or EVERY), "value")
        self.metrics = pmui.MultiChoice(
            label="Metrics",
            options={},
            value=[],
            max_items=COMPARED,
            margin=(4, 0),
            visual_size="small",
            chip=True,
            sizing_mode="stretch_width",
            styles={"flex": "1 1 260px"},
        )
        self.metrics.param.watch(lambda e: self._narrow(metrics=list(e.new)), "value")
        return ui.row(self.text, self.dataset, self.state, self.metrics)

    def arrive(self) -> None:
        self._read()
        if self.one is not None:
            self.one.arrive()

    def _read(self) -> None:
        self.slot.fill(self.model.read, self._listed, "Reading the runs")

    def leave(self) -> None:
        if self.one is not None:
            self.one.leave()

    def _listed(self, found: Everything) -> Any:
        if not found.runs:
            return ui.card("", no_runs(self.visit))
        self.model.take(found)
        self._filling = True
        self.dataset.param.update(
            options={"all": EVERY, **{d: d for d in found.datasets}},
            value=self.model.dataset,
        )
        self.state.param.update(
            options={"all": EVERY, **{s: s for s in found.states}}, value=self.model.state
        )
        self.metrics.param.update(
            options={words.metric(m): m for m in found.metrics}, value=self.model.metrics
        )
        self._filling = False
        self._ask()
        self._say_chosen()
        self._open_named()
        return self.sheet

    _filling = False

    # the table -------------------------------------------------------------------------------

    def _narrow(self, **said: Any) -> None:
        if not self._filling:
            self.model.param.update(page=0, **said)
            self._ask()

    def _reordered(self, *_: Any) -> None:
        at = (self.table.order, self.table.descending)
        if at != (self.model.order, self.model.descending):
            self.model.param.update(order=at[0], descending=at[1], page=0)
            self._ask()

    def _paged(self, event: Any) -> None:
        if event.new != self.model.page:
            self.model.page = event.new
            self._ask()

    def _ask(self) -> None:
        self.asking.ask(self.model.listed)

    _shown: Sequence[Run] = ()

    def _draw_lines(self, found: Listed) -> None:
        efforts = [e for e in EFFORTS if any(r.facts.get(e[0]) for r in found.efforts.values())]
        self._shown = found.runs
        heads = [head.plain() for head in self._heads(efforts)]
        rows = ui.plain_rows([self._row(run, found, efforts) for run in found.runs])
        ids = [run.id for run in found.runs]
        self._drawing = True
        self.table.param.update(
            heads=heads,
            rows=rows,
            marks=[i for i, run in enumerate(ids) if run in self.model.chosen],
            selected=ids.index(self._open) if self._open in ids else -1,
        )
        self._drawing = False
        first = self.model.page * LINES
        said = f"Runs {first + 1:,} to {first + len(ids):,} of {found.total:,}"
        said = said if found.total else "No run passes the filters."
        self.where.object = f'<p class="small quiet num">{ui.escape(said)}</p>'
        self.pager.param.update(count=max(1, -(-found.total // LINES)), value=self.model.page)

    _drawing = False

    def _heads(self, efforts: Sequence[Any]) -> list[ui.Head]:
        return [
            ui.Head("run", "Run", sortable=True),
            ui.Head("dataset", "Data set", sortable=True),
            ui.Head("state", "State", sortable=True),
            ui.Head("started", "Trained", sortable=True),
            *(
                ui.Head(f"{METRIC}{m}", words.metric(m), align="right", sortable=True)
                for m in self.model.metrics
            ),
            ui.Head("seconds", "Training", align="right", sortable=True),
            *(ui.Head(name, head, align="right") for name, head, _ in efforts),
        ]

    def _row(self, run: Run, found: Listed, efforts: Sequence[Any]) -> list[Any]:
        record = run.record
        star = "★ " if "champion" in record.aliases else ""
        name = "" if record.name in (record.model, record.recipe.family) else f" · {record.name}"
        facts = found.efforts[run.id].facts if run.id in found.efforts else {}
        return [
            ui.cell(f"{star}{title(run)}", quiet=f"{record.short}{name}"),
            record.recipe.dataset,
            ui.cell(record.state, tone=TONES.get(record.state, "")),
            words.ago(record.started),
            *(words.number(record.metrics.get(m)) for m in self.model.metrics),
            words.duration(record.seconds),
            *(write(facts[n]) if facts.get(n) else words.NOTHING for n, _, write in efforts),
        ]

    # choosing ----------------------------------------------------------------------------------

    def _marked(self, event: Any) -> None:
        if self._drawing:
            return
        here = [run.id for run in self._shown]
        now = [here[i] for i in event.new if i < len(here)]
        kept = [i for i in self.model.chosen if i not in here or i in now]
        self.model.chosen = [*kept, *(i for i in now if i not in kept)]
        self._say_chosen()

    def _say_chosen(self) -> None:
        count = len(self.model.chosen)
        self.compare.label = f"Compare {count}" if count else "Compare"
        self.compare.disabled = not 2 <= count <= COMPARED
        self.compare.description = (
            f"At most {COMPARED} runs are compared." if count > COMPARED else ""
        )

    def _compare(self) -> None:
        self.visit.go("compare", runs=",".join(self.model.chosen))

    # one run -----------------------------------------------------------------------------------

    _open = ""
    one: OneRun | None = None

    def _opened(self, event: Any) -> None:
        if not self._drawing and 0 <= event.new < len(self._shown):
            self._look(self._shown[event.new])

    def _open_named(self) -> None:
        """The run that the address names, if it does."""
        wanted = self.visit.get("run")
        if not wanted or wanted == self._open:
            return
        try:
            self._look(self.workspace.runs[wanted])
        except NotFound:
            self.visit.complain(NotFound(f"There is no run {wanted} in this workspace."))

    def _look(self, run: Run) -> None:
        self._open = run.id
        self.visit.note(run=run.id)
        self.leave()
        self.one = OneRun(self.visit, run, self._read)
        self.detail[:] = [self.one]
        self.one.arrive()

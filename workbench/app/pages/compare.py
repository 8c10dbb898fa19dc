"""Compare: runs on the same rows, who is better and by how much, and promoting the winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.adopting import AdoptDialog
from workbench.app.charts import bars, cells, curves
from workbench.app.combining import Combining
from workbench.app.differences import Disagreements
from workbench.app.effort import efforts
from workbench.app.errortree import ErrorTree
from workbench.app.leaderboard import Judged, board, judged
from workbench.app.mattering import Mattering, Terms
from workbench.app.page import Page
from workbench.app.runs import Shelf, line, no_runs, spoken, title
from workbench.app.tested import tests_card
from workbench.app.theme import colour
from workbench.app.thresholding import Threshold
from workbench.app.validating import Validation
from workbench.app.weakspots import WeakSpots
from workbench.app.work import Slot, in_background
from workbench.core.report import Finding, Report
from workbench.objects import Run
from workbench.views import words
from workbench.workspace import Workspace

MOST = 6


@dataclass(frozen=True)
class Comparison:
    """One or more judged runs, and the report that holds them against each other."""

    runs: list[Judged]
    report: Report | None

    @property
    def order(self) -> list[str]:
        return [str(i) for i in self.report.facts["order"]] if self.report else []

    @property
    def task(self) -> str:
        return str(self.runs[0].evaluation.facts["task"])


class CompareModel(param.Parameterized):
    """The chosen runs."""

    chosen = param.List([])
    terms = param.ClassSelector(class_=Terms, default=Terms())

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._question: tuple[str, str | None] | None = None

    def shelf(self, wanted: str = "") -> Shelf:
        """The finished runs, with those that an address names; blocks."""
        return Shelf.read(self.workspace, *wanted.split(","))

    def compared(self) -> Comparison:
        """The chosen runs held against each other; blocks."""
        runs = judged([self.workspace.runs[run] for run in self.chosen])
        question = _question(runs[0])
        if question != self._question:  # terms are those of one target of one data set
            self._question, self.terms = question, Terms()
        if len(runs) < 2:
            return Comparison(runs, None)
        asked = self.terms.asked(str(runs[0].evaluation.facts["task"]))
        report = self.workspace.compare(self.chosen, progress=_quiet, **asked)
        return Comparison(runs, report)

    def promote(self, run: str, note: str) -> Run:
        """Make a run the champion; blocks."""
        return self.workspace.promote(run, note=note)


def _question(one: Judged) -> tuple[str, str | None]:
    """What a run answers: its data and its target."""
    return one.run.record.dataset_digest, one.run.record.recipe.target


def _quiet(fraction: float, text: str, metrics: Any = None, /) -> None:
    """No bar on the terminal of the app."""


def first_choice(shelf: Shelf, wanted: str) -> list[str]:
    """The runs that an address names, else the newest ones that answer the newest question."""
    asked = [shelf.named[w].id for w in wanted.split(",") if w in shelf.named]
    named = list(dict.fromkeys(asked))
    if named or not shelf.runs:
        return named[:MOST]
    newest = shelf.runs[0].record
    alike = [
        r
        for r in shelf.runs
        if r.record.dataset_digest == newest.dataset_digest
        and r.record.recipe.target == newest.recipe.target
    ]
    seen: dict[str, str] = {}
    for run in alike:  # the newest of each family
        seen.setdefault(run.record.recipe.family, run.id)
    return list(seen.values())[:4]


class ComparePage(Page):
    """A sentence, the table of metrics, the curves, and the paired differences."""

    def build(self) -> Any:
        self.model = CompareModel(self.workspace)
        self.slot = Slot(90, carded=True)
        self.result = Slot(420, carded=True)
        self._filling = False
        self.picker = pmui.MultiChoice(
            label="Runs",
            options={},
            value=[],
            sizing_mode="stretch_width",
            margin=(4, 0),
            visual_size="small",
            max_items=MOST,
            chip=True,
        )
        self.picker.param.watch(self._picked, "value")
        self.note = pmui.TextInput(
            label="Note for the audit log (optional)", sizing_mode="stretch_width", size="small"
        )
        self.champion = ui.select("Run", {})
        self.dialog = self._dialog()
        self.adopt = AdoptDialog(self.visit, self._adopted)
        add = ui.button("Add a finished model", self.adopt.open, icon="add")
        self.promote = ui.button(
            "Promote to champion",
            self._ask,
            icon="emoji_events",
            variant="contained",
        )
        return ui.column(
            ui.header(
                "Compare",
                "Models on the same held-out rows: which is better, and by how much.",
                add,
                self.promote,
            ),
            self.slot.view,
            self.result.view,
            self.dialog,
            self.adopt.dialog,
            self.adopt.dropper,
        )

    def arrive(self) -> None:
        self.adopt.job.rejoin("adopt")
        self._read()

    def leave(self) -> None:
        self.adopt.job.pause()
        if self.combining is not None:
            self.combining.job.pause()

    def _adopted(self, run: str) -> None:
        """Show the run beside those that are chosen."""
        kept = [i for i in self.model.chosen if i != run][: MOST - 1]
        self.visit.note(runs=",".join([run, *kept]))
        self._read()

    def _read(self) -> None:
        wanted = self.visit.get("runs")
        self.slot.fill(lambda: self.model.shelf(wanted), self._shelved, "Reading the runs")

    def _shelved(self, shelf: Shelf) -> Any:
        self.shelf = shelf
        if not shelf.runs:
            self.result.show()
            return ui.card("", no_runs(self.visit))
        chosen = first_choice(shelf, self.visit.get("runs"))
        self._filling = True
        self.picker.param.update(options={line(r): r.id for r in shelf.runs}, value=chosen)
        self._filling = False
        self._compare(chosen)
        told = shelf.missing(
            "the others are compared" if shelf.named else "the newest are compared"
        )
        return ui.card("", *([ui.text(told, tone="warn")] if told else []), self.picker)

    def _picked(self, event: Any) -> None:
        if not self._filling and list(event.new) != self.model.chosen:
            self._compare(list(event.new))

    def _compare(self, chosen: list[str]) -> None:
        self.model.chosen = chosen
        self.visit.note(runs=",".join(chosen))
        if chosen:
            self.result.fill(self.model.compared, self._draw, "Comparing on the shared test rows")
        else:
            self.result.show(ui.card("", ui.empty("No run is chosen.", "Choose two or more.")))

    _best = ""  # of the comparison on show
    combining: Combining | None = None

    # what came out -------------------------------------------------------------------------

    def _draw(self, found: Comparison) -> Any:
        self._best = found.runs[0].run.id
        parts: list[Any] = []
        if found.report is not None:
            rows = words.count(found.report.facts["rows"])
            sub = f"{rows} shared test rows · target {found.report.facts['target']}"
            parts.append(
                ui.column(
                    ui.banner(spoken(found.report.sentence, _records(found)), "good", sub), margin=8
                )
            )
        else:
            parts.append(
                ui.column(
                    ui.banner(
                        found.runs[0].evaluation.sentence,
                        "plain",
                        "Choose a second run to see which is better.",
                    ),
                    margin=8,
                )
            )
        first = ui.card("Metrics", board(found.runs, most=7, seconds=False), sub=self._how(found))
        runs = _records(found)
        notes = [] if found.report is None else list(found.report.findings)
        if notes:
            parts.append(ui.card("", ui.findings([_called(f, runs) for f in notes])))
        more = [Validation(self.visit, runs, found.report, self._anew).view]
        if len(runs) > 1:
            more.append(Disagreements(self.visit, runs).view)
            self.combining = Combining(self.visit, runs, self._adopted)
            more.append(self.combining.view)
        if found.task == "binary":
            more.append(Threshold(self.visit, runs).view)
        more += [WeakSpots(self.visit, runs).view, ErrorTree(self.visit, runs).view]
        tests = []
        if found.report is not None:
            matters = Mattering(found.report, runs, self.model.terms, self._on_terms)
            tests = [tests_card(found.report, runs), matters.view]
        return ui.column(*parts, first, self._pictures(found), *tests, *more, efforts(runs))

    def _on_terms(self, terms: Terms) -> None:
        self.model.terms = terms
        self._anew()

    def _anew(self) -> None:
        self._compare(list(self.model.chosen))

    @staticmethod
    def _how(found: Comparison) -> str:
        facts = found.runs[0].evaluation.facts
        return (
            f"{words.count(facts['rows'])} test rows · 95% bootstrap intervals below each value · "
            "↑ higher is better, ↓ lower is better · best in bold"
        )

    def _pictures(self, found: Comparison) -> Any:
        drawn = {
            name: _card(title_of, draw(_noted(found, lines) if name == "roc" else lines), sub)
            for name, title_of, draw, sub in PICTURES
            for lines in [_lines(found.runs, name)]
            if lines
        }
        beside = [] if found.report is None else [self._ranking(found), self._differences(found)]
        first = next(iter(drawn), None)
        cards: list[tuple[Any, int]] = []
        if first is not None:
            cards.append((drawn.pop(first), 6))
        if beside:
            cards.append((ui.column(*beside), 6))
        cards += [(card, 6) for card in drawn.values()]
        cards += [(_confusion(one), 4) for one in found.runs if "confusion" in one.evaluation]
        return ui.grid(*cards)

    @staticmethod
    def _ranking(found: Comparison) -> Any:
        assert found.report is not None
        table = found.report["ranking"]
        hues = {one.run.id: colour(i) for i, one in enumerate(found.runs)}
        names = {one.run.id: title(one.run) for one in found.runs}
        ids = table.column("id")
        metric = str(found.report.facts["primary"])
        row = found.runs[0].rows[metric]
        better = "higher is better" if row["higher_is_better"] else "lower is better"
        drawn = bars.intervals(
            [names[i] for i in ids],
            table.column("value"),
            table.column("low"),
            table.column("high"),
            [hues[i] for i in ids],
            f"{row['title']} ({better})",
        )
        return ui.card(
            "Ranking",
            ui.figure(drawn, f"{row['title']} of each run with its interval"),
            sub="Best first · intervals of single runs overlap more easily than differences do",
        )

    def _differences(self, found: Comparison) -> Any:
        assert found.report is not None
        records = list(found.report["differences"].records())
        titles = {n: str(r["title"]) for n, r in found.runs[0].rows.items()}
        names = list(dict.fromkeys(r["metric"] for r in records))
        titles |= {n: words.capital(words.metric(n)) for n in names if n not in titles}
        metric = ui.select(
            "Metric",
            {titles[n]: n for n in names},
            found.report.facts["primary"],
            max_width=260,
        )
        table = ui.table(DIFFERENCE, [], label="Paired differences")

        def show(name: str) -> None:
            called = {one.run.id: one.run for one in found.runs}
            rows = [_difference(r, called) for r in records if r["metric"] == name]
            table.rows = ui.plain_rows(rows)

        metric.param.watch(lambda e: show(e.new), "value")
        show(str(found.report.facts["primary"]))
        sub = "On the same resamples · counts when the interval leaves out zero"
        return ui.card("Paired differences", table, sub=sub, actions=[metric])

    # promoting -----------------------------------------------------------------------------

    def _dialog(self) -> pmui.Dialog:
        say = ui.text(
            "The alias champion moves to this run. The audit log keeps who did it, when,"
            " on what evidence, and your note.",
            "quiet",
        )
        self.sure = ui.button("Promote", self._promote, variant="contained", icon="emoji_events")
        body = ui.column(say, self.champion, self.note, ui.row(self.sure), gap=12, margin=4)
        return pmui.Dialog(
            body, title="Promote to champion", width_option="sm", show_close_button=True
        )

    def _ask(self) -> None:
        if not self.model.chosen:
            self.visit.say("Choose a run first")
            return
        runs = [self.shelf.of(i) for i in self.model.chosen]
        self.champion.param.update(
            options={line(r): r.id for r in runs}, value=runs[0].id if runs else None
        )
        if self._best in self.model.chosen:
            self.champion.value = self._best
        self.dialog.open = True

    def _promote(self) -> None:
        run, note = str(self.champion.value), str(self.note.value or "")
        self.dialog.open = False
        in_background(lambda: self.model.promote(run, note), self._promoted, self.visit.complain)

    def _promoted(self, run: Run) -> None:
        self.visit.say(f"{title(run)} is the champion", "success")
        self._read()


PICTURES = (
    ("roc", "ROC", curves.roc, "Click a name to fade it · dotted: a coin"),
    (
        "pr",
        "Precision and recall",
        curves.precision_recall,
        "How many of those called are, and how many are found",
    ),
    (
        "gain",
        "Gain",
        curves.gain,
        "How many of the positives are found among the best-scored rows · dotted: at random",
    ),
    (
        "calibration",
        "Calibration",
        curves.calibration,
        "Ten groups of rising probability · on the diagonal is honest",
    ),
    (
        "residuals",
        "Residuals",
        curves.residuals,
        "Truth minus prediction · a good model shows no shape",
    ),
)
DIFFERENCE = (
    ui.Head("what", "What the rows say", wrap=True),
    ui.Head("difference", "Difference", align="right"),
    ui.Head("interval", "95% interval", align="right"),
)


def _difference(record: dict[str, Any], called: dict[str, Run]) -> list[Any]:
    known = record["difference"] is not None
    pair = f"{title(called[record['a']])} minus {title(called[record['b']])}"
    sentence = spoken(record["sentence"], called.values())
    tone = "good" if record["better"] else ""
    return [
        ui.cell(sentence, quiet=pair, tone=tone),
        words.number(record["difference"]) if known else words.NOTHING,
        words.interval(record["low"], record["high"]) or words.NOTHING,
    ]


def _called(finding: Finding, runs: Sequence[Run]) -> Finding:
    """A finding with runs called as the pages call them."""
    return replace(finding, sentence=spoken(finding.sentence, runs))


def _records(found: Comparison) -> list[Run]:
    return [one.run for one in found.runs]


def _lines(runs: Sequence[Judged], table: str) -> list[curves.Line]:
    return [
        curves.Line(title(one.run), colour(i), one.evaluation[table])
        for i, one in enumerate(runs)
        if table in one.evaluation
    ]


def _noted(found: Comparison, lines: Sequence[curves.Line]) -> list[curves.Line]:
    values = [words.number(one.rows["roc_auc"]["value"]) for one in found.runs]
    return [
        curves.Line(ln.name, ln.colour, ln.table, v) for ln, v in zip(lines, values, strict=True)
    ]


def _card(name: str, drawn: Any, sub: str) -> Any:
    return ui.card(name, ui.figure(drawn, name), sub=sub)


def _confusion(one: Judged) -> Any:
    body, styles = cells.confusion(one.evaluation["confusion"])
    facts = one.evaluation.facts
    at = f" · threshold {facts['threshold']:g}" if facts["threshold"] else ""
    return ui.card(
        f"Confusion of {title(one.run)}",
        ui.markup(body, styles),
        sub=f"Rows, and shares of each true class{at}",
    )

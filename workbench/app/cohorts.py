"""Two groups of rows beside each other: which rows each holds, and what moves their predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.charts.pairs import dumbbell
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words

Offer = Mapping[str, Any]  # column -> its values, or the ends of its numbers
MOST = 3  # conditions of a group
SHOWN = 12  # columns
REST, OTHER = "all other rows", "rows that I choose"


class Condition:
    """A column, and which of its values."""

    def __init__(self, offer: Offer, column: str) -> None:
        self.offer = offer
        self.column = ui.select("Column", list(offer), column, max_width=230, searchable=True)
        self.column.param.watch(lambda _: self._offer(), "value")
        self.place = ui.column(styles={"flex": "1 1 220px", "min-width": "0"})
        self.view = ui.row(self.column, self.place, gap=14)
        self._offer()

    def _offer(self) -> None:
        found = self.offer[self.column.value]
        if isinstance(found, tuple):
            low, high = found
            whole = float(low).is_integer() and float(high).is_integer()
            step = 1.0 if whole and high - low > 2 else max((high - low) / 200, 1e-9)
            self.values: Any = pmui.RangeSlider(
                label="From, to", start=low, end=max(high, low + step), step=step,
                value=(low, (low + high) / 2 if not whole else float((low + high) // 2)),
                sizing_mode="stretch_width", margin=(4, 10), max_width=420,
            )  # fmt: skip
        else:
            self.values = pmui.MultiChoice(
                label="Values", options=list(found), value=list(found[:1]), visual_size="small",
                sizing_mode="stretch_width", margin=(4, 0), max_width=420,
            )  # fmt: skip
        self.place[:] = [self.values]

    def asked(self) -> Any:
        """What passes; an end that is not moved is open."""
        if not isinstance(self.values, pmui.RangeSlider):
            return list(self.values.value)
        low, high = self.values.value
        return [
            None if low <= self.values.start else low,
            None if high >= self.values.end else high,
        ]


class Group:
    """Conditions of which a row must pass each."""

    def __init__(self, title: str, offer: Offer, first: str) -> None:
        self.offer = offer
        self.conditions = [Condition(offer, first)]
        self.more = ui.button("And …", self._add, size="small", icon="add")
        self.place = ui.column(gap=4)
        self.view = ui.column(ui.text(title, "part"), self.place, gap=2)
        self._fill()

    def _fill(self) -> None:
        self.more.visible = len(self.conditions) < min(MOST, len(self.offer))
        self.place[:] = [*(c.view for c in self.conditions), self.more]

    def _add(self) -> None:
        taken = {c.column.value for c in self.conditions}
        self.conditions.append(
            Condition(self.offer, next(name for name in self.offer if name not in taken))
        )
        self._fill()

    def filter(self) -> dict[str, Any]:
        """The conditions as a run takes them; of two on one column the last counts."""
        return {c.column.value: c.asked() for c in self.conditions}


class CohortCard:
    """Which rows against which, and the answer.

    Parameters
    ----------
    columns
        The most important ones, first: the form begins with one of these.
    """

    def __init__(
        self, run: Run, columns: list[str], of_class: Any, say: Callable[[str, str], None]
    ) -> None:
        self.run, self.columns, self.of_class, self.say = run, columns, of_class, say
        self.place = Slot(80)
        self.result = Slot(200)
        self.place.show(
            ui.empty(
                "What moves the predictions of one group more than another's?",
                "Any rows against any others, from the contributions that are there already.",
                ui.button("Choose rows", self.open, icon="group_work"),
            )
        )
        self.view = ui.card(
            "Two groups",
            self.place.view,
            self.result.view,
            sub="Mean contributions and quality of one group of test rows against another",
        )

    def open(self) -> None:
        """Read what rows can be chosen by."""
        self.place.fill(self.run.cohort_choices, self._form, "Reading the columns")

    def _form(self, offer: Offer) -> Any:
        first = self._begin(offer)
        self.first = Group("Rows where", offer, first)
        self.second = Group("Against rows where", offer, first)
        self.second.view.visible = False
        self.against = ui.select("Against", [REST, OTHER], REST, max_width=240)
        self.against.param.watch(
            lambda e: setattr(self.second.view, "visible", e.new == OTHER), "value"
        )
        go = ui.button("Compare", self.show, icon="compare_arrows", variant="contained")
        return ui.column(
            self.first.view, self.second.view, ui.row(self.against, go, gap=12), gap=12
        )

    def _begin(self, offer: Offer) -> str:
        """A sensitive column, else the most important one with names."""
        signature = self.run.record.signature
        wanted = [*(signature.sensitive if signature is not None else ()), *self.columns]
        named = [name for name in wanted if isinstance(offer.get(name), list)]
        return next(iter([*named, *(n for n in wanted if n in offer), *offer]))

    def show(self) -> None:
        """Compare what is chosen."""
        first = self.first.filter()
        second = self.second.filter() if self.against.value == OTHER else None
        if any(not value for value in [*first.values(), *(second or {}).values()]):
            self.say("Choose at least one value of each column.", "warning")
            return
        self.result.fill(lambda: self.run.cohorts(first, second), self._draw, "Comparing")

    def _draw(self, report: Report) -> Any:
        parts: list[Any] = [ui.banner(report.sentence, "plain")]
        if report.findings:
            parts.append(ui.findings(report.findings))
        drawn = dumbbell(report, self.of_class, SHOWN)
        parts.append(
            ui.grid(
                (ui.figure(drawn, "Mean contributions of two groups"), 7),
                (_quality(report), 5),
            )
        )
        return ui.column(*parts, gap=12)


def _quality(report: Report) -> Any:
    groups = {r["group"]: r for r in report["groups"].records()}
    heads = [
        ui.Head("what", "All test rows"),
        ui.Head("a", "First", align="right"),
        ui.Head("b", "Second", align="right"),
        ui.Head("gap", "Difference", align="right"),
    ]
    rows: list[list[Any]] = [
        ["Rows", *(words.count(groups[side]["rows"]) for side in "ab"), ""],
        ["Explained", *(words.count(groups[side]["explained"]) for side in "ab"), ""],
    ]
    for r in report["quality"].records():
        sure = r["difference_low"] is not None and r["difference_low"] * r["difference_high"] > 0
        better = (r["difference"] or 0) > 0 if r["higher_is_better"] else (r["difference"] or 0) < 0
        rows.append(
            [
                r["title"],
                words.number(r["a"]),
                words.number(r["b"]),
                ui.cell(
                    words.number(r["difference"]),
                    quiet=words.interval(r["difference_low"], r["difference_high"]),
                    tone=("good" if better else "bad") if sure else "",
                ),
            ]
        )
    return ui.column(ui.table(heads, rows, label="Quality of both groups"))

"""What would change a decision: the nearest changes of few columns, within limits, as a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.cohorts import Condition, Offer
from workbench.app.jobpanel import JobPanel
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.report import Report
from workbench.core.signature import Signature
from workbench.objects import Run
from workbench.views import words

MOST = 4  # columns with limits of their own
LEVELS = 60
ANOTHER = "another class"


class ChangeCard:
    """What is wanted, what may change and how far, and the ways that were found.

    Parameters
    ----------
    order
        The input columns, the most important first.
    values
        Gives the row that is looked at.
    """

    def __init__(
        self,
        visit: Visit,
        run: Run,
        order: Sequence[str],
        values: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.visit, self.run, self.values = visit, run, values
        signature = run.record.signature
        assert signature is not None  # runs that are done have one
        self.signature = signature
        numbers = [c for c in order if signature[c].kind in ("number", "datetime")]
        self.want = self._wish()
        self.keep = _choice("May not change", order, signature.sensitive)
        self.up, self.down = _choice("May only rise", numbers), _choice("May only fall", numbers)
        self.offer = _offer(signature, order)
        self.limits: list[Condition] = []
        self.more = ui.button("Limit a column", self._limit, icon="add", size="small",
                              variant="text")  # fmt: skip
        self.more.visible = bool(self.offer)
        self.within = ui.column(gap=4)
        self.ways = Slot(80)
        self.job = JobPanel(
            visit, lambda result: self._found(result["report"]), cancelled="Cancelled."
        )
        look = ui.button("Look", self._look, icon="search", size="small", variant="contained")
        self.limiting = ui.column(
            ui.row(self.up, self.down, gap=12), self.within, self.more, gap=6, visible=False
        )
        fold = ui.button("Limits", self._fold, icon="tune", size="small", variant="text")
        self.view = ui.card(
            "What would change the decision?",
            ui.row(self.want, self.keep, look, fold, gap=12),
            self.limiting,
            self.job.view,
            self.ways.view,
            sub="The nearest changes of few columns, to values that occur in training rows",
        )

    def _wish(self) -> Any:
        if self.signature.task == "regression":
            return pmui.TextInput(
                label="Wanted, from:to", placeholder="100:150", size="small", max_width=200,
                margin=(4, 0),
            )  # fmt: skip
        options = [ANOTHER, *self.signature.classes]
        return ui.select("Wanted", options, ANOTHER, max_width=220)

    def _fold(self) -> None:
        self.limiting.visible = not self.limiting.visible

    def _limit(self) -> None:
        taken = {c.column.value for c in self.limits}
        free = [name for name in self.offer if name not in taken]
        self.limits.append(Condition(self.offer, free[0]))
        self.within[:] = [c.view for c in self.limits]
        self.more.visible = len(self.limits) < min(MOST, len(self.offer))

    def clear(self) -> None:
        """Another row is looked at."""
        self.ways.show()

    def asked(self) -> dict[str, Any]:
        """What is looked for, as the job takes it.

        Raises
        ------
        ValueError
            The wanted values are no numbers.
        """
        want: Any = None if self.want.value == ANOTHER else self.want.value
        if self.signature.task == "regression":
            low, _, high = str(self.want.value).partition(":")
            want = [float(low) if low else None, float(high) if high else None]
        rise, fall = list(self.up.value), list(self.down.value)
        return {
            "run": self.run.id,
            "row": dict(self.values()),
            "want": want,
            "keep": list(self.keep.value),
            "ranges": {c.column.value: c.asked() for c in self.limits},
            "directions": {**dict.fromkeys(fall, "down"), **dict.fromkeys(rise, "up")},
        }

    def _look(self) -> None:
        if self.job.active:
            return
        try:
            asked = self.asked()
        except ValueError:
            self.visit.say("Write the wanted values as 100:150.", "warning")
            return
        both = set(self.up.value) & set(self.down.value)
        if both:
            self.visit.say(f"{min(both)} cannot both only rise and only fall.", "warning")
            return
        self.ways.show()
        self.job.start("counterfactuals", **asked)

    def _found(self, result: Mapping[str, Any]) -> None:
        self.ways.show(self._draw(Report.from_dict(result)))

    def _draw(self, report: Report) -> Any:
        parts: list[Any] = [ui.banner(report.sentence, "plain" if len(report["ways"]) else "warn")]
        if len(report["ways"]):
            parts.append(_table(report, self.signature.task != "regression"))
        if report.findings:
            parts.append(ui.findings(report.findings))
        return ui.column(*parts, gap=12)


def _choice(label: str, columns: Sequence[str], chosen: Sequence[str] = ()) -> Any:
    return pmui.MultiChoice(
        label=label, options=list(columns), value=[c for c in chosen if c in columns],
        visual_size="small", sizing_mode="stretch_width", max_width=420, margin=(4, 0),
    )  # fmt: skip


def _offer(signature: Signature, order: Sequence[str]) -> Offer:
    """What columns may be limited to: ranges of numbers, values of categories."""
    found: dict[str, Any] = {}
    for name in order:
        item = signature[name]
        if item.kind == "number" and item.low is not None and item.high is not None:
            found[name] = (float(item.low), float(item.high))
        elif item.kind == "category" and 0 < len(item.categories) <= LEVELS:
            found[name] = list(item.categories)
    return found


def _table(report: Report, shares: bool) -> ui.TableView:
    changes = list(report["changes"].records())
    rows = []
    for way in report["ways"].records():
        said = [
            f"{c['column']}: {_shown(c['before'])} → {_shown(c['after'])}"
            for c in changes
            if c["way"] == way["way"]
        ]
        rows.append(
            [
                way["way"],
                "; ".join(said),
                words.percent(way["prediction"]) if shares else words.number(way["prediction"]),
                ui.cell(
                    words.percent(way["rarity"]),
                    quiet="of training rows",
                    tone="bad" if way["rarity"] > 0.95 else "",
                ),
            ]
        )  # fmt: skip
    heads = [
        ui.Head("way", "Way", align="right"),
        ui.Head("changes", "Changes", wrap=True),
        ui.Head("prediction", "Then predicted", align="right"),
        ui.Head("rarity", "Rarer than", align="right"),
    ]
    return ui.table(heads, ui.plain_rows(rows), label="What would change the decision")


def _shown(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)

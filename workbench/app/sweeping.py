"""A sweep in pictures: quality against latency, parameters, and which of them matter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.app import ui
from workbench.app.charts.sweep import Front, Importance, Parallel, Points
from workbench.app.work import Slot, in_background
from workbench.core.report import Report
from workbench.objects import Sweep
from workbench.views import words

HIGH = 330  # of a picture; the place is kept before there is one, so that nothing below it moves
LOW = 160  # of what stands at the foot of the page
BEST = 10  # attempts in the table
PERIOD = 3.0  # seconds at least between two looks at a sweep that runs
SHARE = 5  # times as long as the last look took is waited at least


@dataclass(frozen=True)
class Seen:
    """A sweep's report, final or so far, and what its pictures draw."""

    report: Report
    points: Points


def seen(sweep: Sweep, *, runs: bool = False) -> Seen | None:
    """The report of a sweep, of one that ``runs`` or was cut short as far as it is; blocks."""
    report = sweep.so_far() if runs else sweep.report() or sweep.so_far()
    return None if report is None else Seen(report, Points.of(report))


class Picture:
    """A card with one picture, which is moved in place for as long as the same figure does."""

    def __init__(
        self, name: str, make: Callable[[Points], Any], waiting: str, high: int = HIGH
    ) -> None:
        self.name, self._make, self._waiting = name, make, waiting
        self._drawn: Any = None
        self.head = ui.text("")
        self.place = Slot(min_height=high)
        self.view = ui.card("", self.head, self.place.view)
        self._wait()

    def clear(self) -> None:
        """There is nothing to draw yet."""
        if self._drawn is not None:
            self._wait()

    def _wait(self) -> None:
        self._drawn = None
        self._say(self._waiting)
        self.place.show()

    def _say(self, sub: str) -> None:
        self.head.object = ui.text(self.name, "section").object + ui.text(sub, "small").object

    def show(self, points: Points, sub: str) -> None:
        """Draw these points."""
        self._say(sub)
        with ui.moving():
            moved = self._drawn is not None and self._drawn.moved(points)
        if not moved:
            self._drawn = self._make(points)
            self.place.show(ui.figure(self._drawn.figure, f"{self.name}. {sub}"))


class Pictures:
    """The pictures of a sweep and its best attempts; none makes the page jump."""

    def __init__(self) -> None:
        self.front = Picture("Quality and speed", Front, "The first finished attempt fills this.")
        self.parallel = Picture(
            "Parameters", Parallel, "Three finished attempts of the best family fill this."
        )
        self.importance = Picture(
            "Which parameters matter",
            Importance,
            "Shown from ten finished attempts of the best family on.",
            LOW,
        )
        self.attempts = Slot(min_height=LOW)
        listed = ui.card(
            "Best attempts",
            self.attempts.view,
            sub="On validation rows; parameters as a recipe takes them.",
        )
        self._table: ui.TableView | None = None
        self.view = ui.grid(
            (self.front.view, 6),
            (self.parallel.view, 6),
            (self.importance.view, 5),
            (listed, 7),
        )

    def show(self, seen: Seen) -> None:
        """Draw a sweep as far as it is."""
        points, best = seen.points, words.family(seen.points.best)
        self.front.show(points, "None of the large points is beaten in both.")
        if points.parallel is None:
            self.parallel.clear()
        else:
            sub = f"{best}: a line an attempt, the best ones bold and red."
            self.parallel.show(points, sub)
        if points.importance["name"]:
            self.importance.show(points, f"{best}: near its best values.")
        else:
            self.importance.clear()
        self._list(attempts_table(seen.report))

    def _list(self, table: ui.TableView) -> None:
        if self._table is None:
            self._table = table
            self.attempts.show(table)
        else:
            self._table.rows = table.rows


class Looking:
    """Looks at a sweep that runs, off the loop: not often, and only when attempts were added."""

    def __init__(self, then: Callable[[Seen], None]) -> None:
        self._then = then
        self._behind = False
        self._busy = False
        self._next = 0.0

    def tell(self, sweep: Callable[[], Sweep], added: bool) -> None:
        """Called now and then; ``added`` when attempts ended since the last call."""
        self._behind = self._behind or added
        if not self._behind or self._busy or time.monotonic() < self._next:
            return
        self._behind, self._busy = False, True
        began = time.monotonic()

        def over() -> None:
            now = time.monotonic()
            self._busy = False
            self._next = now + max(PERIOD, SHARE * (now - began))

        def came(found: Seen | None) -> None:
            over()
            if found is not None:
                self._then(found)

        # the sweep's own job says what is wrong with it; the next look may do better
        in_background(lambda: seen(sweep(), runs=True), came, lambda _: over())


def attempts_table(report: Report) -> ui.TableView:
    """The best attempts with their parameters."""
    higher = bool(report.facts["higher_is_better"])
    done = [r for r in report["attempts"].records() if r["value"] is not None]
    done.sort(key=lambda r: r["value"], reverse=higher)
    metric = words.metric(str(report.facts["metric"]))
    heads = [
        ui.Head("number", "Attempt", align="right"),
        ui.Head("family", "Family"),
        ui.Head("value", metric, align="right", better="up" if higher else "down"),
        ui.Head("seconds", "Took", align="right"),
        ui.Head("params", "Parameters", wrap=True),
    ]
    rows = [
        [
            str(r["number"]),
            words.family(r["family"]),
            f"{r['value']:.4f}",
            words.duration(r["seconds"]),
            _spelled(r["params"]),
        ]
        for r in done[:BEST]
    ]
    return ui.table(heads, rows, label="The best attempts")


def _spelled(params: str) -> str:
    found = json.loads(params)
    return ", ".join(
        f"{k} {words.number(v) if isinstance(v, float) else v}" for k, v in found.items()
    )

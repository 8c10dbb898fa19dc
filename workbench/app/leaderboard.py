"""Runs beside each other as a table: each number with its interval, and which way is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.app import ui
from workbench.app.runs import title
from workbench.app.theme import colour
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words


@dataclass(frozen=True)
class Judged:
    """A run with its evaluation."""

    run: Run
    evaluation: Report

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Metric name to its row: title, value, low, high, higher_is_better."""
        return {r["name"]: r for r in self.evaluation["metrics"].records()}


def judged(runs: Sequence[Run]) -> list[Judged]:
    """Finished runs with their evaluations, best first; blocks."""
    return sorted((Judged(run, run.evaluation()) for run in runs), key=_place)


def _place(one: Judged) -> float:
    row = one.rows[str(one.evaluation.facts["primary"])]
    if row["value"] is None:
        return float("inf")
    return -row["value"] if row["higher_is_better"] else float(row["value"])


def board(
    runs: Sequence[Judged],
    *,
    most: int = 6,
    selectable: bool = False,
    dots: bool = True,
    seconds: bool = True,
) -> ui.TableView:
    """A table with a line for each run and a column for each metric, the primary one first.

    What a constant answer reaches stands below, where no line is to be chosen.
    """
    if not runs:
        return ui.table([ui.Head("run", "Run")], [], label="Runs")
    primary = runs[0].evaluation.facts["primary"]
    first = runs[0].rows
    names = [primary, *(n for n in first if n != primary)][:most]
    heads = [
        ui.Head("run", "Run"),
        *(
            ui.Head(
                n,
                str(first[n]["title"]),
                align="right",
                better="up" if first[n]["higher_is_better"] else "down",
            )
            for n in names
        ),
        *([ui.Head("seconds", "Training", align="right")] if seconds else []),
    ]
    best = {n: _best(runs, n) for n in names}
    rows = [
        [
            ui.cell(
                title(one.run),
                quiet=_under(one.run),
                dot=colour(i) if dots else "",
            ),
            *(_value(one.rows.get(n), one.run.id in best[n]) for n in names),
            *([words.duration(one.run.record.seconds)] if seconds else []),
        ]
        for i, one in enumerate(runs)
    ]
    if not selectable and "baseline" in runs[0].evaluation["metrics"].columns:
        floor = [words.number(first[n]["baseline"]) for n in names]
        always = "the mean" if runs[0].evaluation.facts["task"] == "regression" else "class shares"
        rows.append(
            [ui.cell("Baseline", quiet=f"always answers {always}"), *floor, *([""] * seconds)]
        )
    return ui.table(heads, rows, label="Runs and their metrics", selectable=selectable)


def _under(run: Run) -> str:
    star = "champion · " if "champion" in run.record.aliases else ""
    return f"{star}{run.record.recipe.dataset} · {words.ago(run.record.started)}"


def _value(row: dict[str, Any] | None, best: bool) -> Any:
    if row is None:
        return words.NOTHING
    quiet = words.interval(row["low"], row["high"])
    return ui.cell(words.number(row["value"]), quiet=quiet, tone="best" if best else "")


def _best(runs: Sequence[Judged], name: str) -> set[str]:
    """The runs with the best point estimate; marked in bold, with the interval beside it."""
    found = {one.run.id: one.rows.get(name) for one in runs}
    values = {k: r["value"] for k, r in found.items() if r and r["value"] is not None}
    if len(values) < 2:
        return set()
    up = bool(next(r for r in found.values() if r)["higher_is_better"])
    top = max(values.values()) if up else min(values.values())
    return {k for k, v in values.items() if v == top}

"""The tests of the compared runs: how sure and how large each pair's difference is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.app import ui
from workbench.app.runs import title
from workbench.core.report import Report
from workbench.objects import Run
from workbench.views import words
from workbench.views.significance import OneTest, tested

FEW = 9  # rows that are shown unfolded
HEADS = (
    ui.Head("what", "What the test says", wrap=True),
    ui.Head("test", "Test"),
    ui.Head("p", "p", align="right"),
    ui.Head("all", "p among all pairs", align="right"),
    ui.Head("effect", "Effect size", align="right"),
    ui.Head("difference", "Difference", align="right"),
)


def tests_card(report: Report, runs: Sequence[Run]) -> Any:
    """The card; of many pairs those of the best run are in sight and the others folded."""
    called = {run.id: title(run) for run in runs}
    found = tested(report)
    first = [t for t in found if t.a == report.facts["order"][0]] if len(found) > FEW else found
    rest = [t for t in found if t not in first]
    parts = [_table(first, called, "Tests of the runs")]
    if rest:
        pairs = len({(t.a, t.b) for t in rest})
        name = f"The other {words.plural(pairs, 'pair')}"
        parts.append(
            ui.details(name, ui.column(_table(rest, called, name), margin=(4, 12)), whole=True)
        )
    return ui.card(
        "Tests",
        *parts,
        sub="First run minus second · 95% intervals · p among all pairs (Holm) keeps the chance"
        " of even one false alarm small · effect sizes do not grow with the number of rows",
    )


def _table(found: Sequence[OneTest], called: dict[str, str], label: str) -> ui.TableView:
    return ui.table(HEADS, [_row(one, called) for one in found], label=label)


def _row(one: OneTest, called: dict[str, str]) -> list[Any]:
    record = one.record
    return [
        ui.cell(
            words.capital(one.verdict(called)),
            quiet=f"{called[one.a]} minus {called[one.b]}",
            tone="good" if one.winner else "",
        ),
        ui.cell(one.test, quiet=f"of {one.of}"),
        words.p_value(record["p"]),
        words.p_value(record["p_adjusted"]),
        ui.cell(one.effect, quiet=one.measure if record["effect"] is not None else ""),
        ui.cell(
            words.number(record["difference"]), quiet=words.interval(record["low"], record["high"])
        ),
    ]

"""``workbench sweeps``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands import group
from workbench.cli.shell import Shell, html_option, shared

if TYPE_CHECKING:
    from workbench.objects import Sweep

sweeps = group(
    "sweeps",
    {
        "list": ("sweeps:list_", "The newest sweeps."),
        "show": ("sweeps:show", "One sweep: attempts, families, what mattered."),
    },
    "List sweeps of tuning and look at one.",
)


@click.command("list")
@click.option("--limit", default=20, show_default=True)
@shared
def list_(shell: Shell, limit: int) -> None:
    """The newest sweeps.

    \b
    workbench sweeps list
    """
    found = shell.workspace().sweeps
    told = [_told(sweep) for sweep in found.list()[:limit]]
    for reason in found.damaged().values():
        shell.note(reason)
    if not told:
        shell.show("No sweep yet: workbench tune DATASET", [])
        return
    shell.show(_listed(shell, told), told)


@click.command()
@click.argument("sweep")
@html_option
@shared
def show(shell: Shell, sweep: str, html: str | None) -> None:
    """One SWEEP (an id, or the beginning of one): its attempts, its families, what mattered.

    \b
    workbench sweeps show 3f2a91 --html sweep.html
    """
    found = shell.workspace().sweeps[sweep]
    report = found.report()
    if report is not None:
        shell.report(report, html)
        return
    if html:
        shell.note("There is no page before a sweep is over.")
    attempts = found.attempts()
    told = {"sweep": found.id, "dataset": found.dataset, "state": "not over", "attempts": attempts}
    shell.note(f"Not over; go on: workbench tune --resume {found.id[:8]}")
    shell.show(_tried(shell, attempts) if attempts else "No attempt has ended yet.", told)


def _told(sweep: Sweep) -> dict[str, Any]:
    """What a list says of a sweep."""
    report = sweep.report()
    facts = {} if report is None else report.facts
    return {
        "sweep": sweep.id,
        "dataset": sweep.dataset,
        "state": "not over" if report is None else "over",
        **{name: facts.get(name) for name in FACTS},
    }


FACTS = ("attempts", "metric", "metric_title", "best_family", "best_value", "best_run", "stopped")


def _listed(shell: Shell, told: list[dict[str, Any]]) -> str:
    from workbench.views import words

    rows = [
        (
            t["sweep"][:8],
            t["dataset"],
            t["attempts"],
            words.family(t["best_family"]) if t["best_family"] else t["state"],
            t["metric_title"],
            words.number(t["best_value"]),
            (t["best_run"] or "")[:8],
        )
        for t in told
    ]
    titles = ("sweep", "data set", "attempts", "best", "metric", "value", "run")
    return shell.table(titles, rows, "attempts,value")


def _tried(shell: Shell, attempts: list[dict[str, Any]]) -> str:
    from workbench.views import words

    rows = [
        (a["number"], words.family(a["family"]), a["state"], words.number(a["value"]), a["reason"])
        for a in attempts
    ]
    return shell.table(("attempt", "family", "state", "value", "reason"), rows, "attempt,value")

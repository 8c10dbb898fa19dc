"""``workbench threshold``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from workbench.cli.shell import Shell, cost_option, html_option, pairs, shared


@click.command()
@click.argument("run")
@click.option("--by", type=click.Choice(["f1", "youden"]), help="Make it as large as it gets.")
@click.option("--recall", type=float, metavar="SHARE", help="Reach it, with the best precision.")
@click.option("--precision", type=float, metavar="SHARE", help="Reach it, with the best recall.")
@cost_option
@click.option("--make-run", is_flag=True, help="Also make a run of the model that decides so.")
@html_option
@shared
def threshold(
    shell: Shell,
    run: str,
    by: str | None,
    recall: float | None,
    precision: float | None,
    cost: Sequence[str],
    make_run: bool,
    html: str | None,
) -> None:
    """Choose on validation rows from which probability on RUN calls a row positive.

    \b
    workbench threshold champion --cost fn=5 --cost fp=1
    workbench threshold champion --recall 0.9 --make-run
    """
    costs = pairs(cost, "decision=cost", last=True)
    given = {"recall": recall, "precision": precision}
    asked = [name for name, share in given.items() if share is not None]
    if len(asked) + bool(by) + bool(costs) > 1:
        raise click.UsageError("Give one of --by, --recall, --precision and --cost.")
    way = asked[0] if asked else by
    found = shell.workspace().runs[run]
    at = given[asked[0]] if asked else None
    report = found.threshold(way, at, costs=costs or None)
    if make_run:
        with shell.progress("decide") as progress:
            made = found.deciding(report, progress=progress)
        shell.note(f"Run {made.record.short} decides so; {found.record.short} stays as it is.")
    shell.report(report, html)

"""``workbench validate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.shell import Shell, html_option, shared
from workbench.core.folds import SCHEMES


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--folds", default=5, show_default=True, help="How many.")
@click.option("--repeats", default=1, show_default=True, help="Deal the folds anew so often.")
@click.option(
    "--scheme", type=click.Choice(SCHEMES), help="What the run's split asks for by default."
)
@click.option("--column", metavar="COLUMN", help="Of group and time folds.")
@click.option("--seed", default=0, show_default=True)
@click.option("--inner", default=0, metavar="N", help="Nested: choose parameters in each fold anew,"
              " by a search of N attempts.")  # fmt: skip
@click.option(
    "--curve", is_flag=True, help="Try smaller training parts, too: would more rows help?"
)
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@html_option
@shared
def validate(
    shell: Shell, runs: Sequence[str], detach: bool, html: str | None, **asked: Any
) -> None:
    """Cross-validate the recipe of each RUN on the same folds of its rows that are not for testing.

    \b
    workbench validate 3fa2
    workbench validate 3fa2 91bc --folds 10 --repeats 3
    workbench validate 3fa2 --scheme group --column customer --curve
    """
    if html and len(runs) > 1:
        raise click.UsageError("--html writes one report: name one run.")
    workspace = shell.workspace()
    names = [workspace.runs[name].id for name in runs]
    if detach:
        job = workspace.submit("validate", runs=names, **asked)
        shell.show(f"Job {job.id} validates; follow it: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("validate") as progress:
        reports = workspace.validate(names, progress=progress, **asked)
    if len(reports) == 1:
        shell.report(reports[0], html)
        return
    from workbench.views.text import lines

    shell.show("" if shell.json else "\n\n".join(map(lines, reports)), reports)

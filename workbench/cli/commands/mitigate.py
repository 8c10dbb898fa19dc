"""``workbench mitigate``."""

from __future__ import annotations

from typing import Any

import click

from workbench.cli.shell import Shell, html_option, listed, shared

METHODS = "reweighing, correlation_remover, exponentiated_gradient, grid_search, thresholds"
AIMS = ("demographic_parity", "equal_opportunity", "equalized_odds")


@click.command()
@click.argument("run")
@click.option("--by", metavar="A,B", help="Columns that form the groups; the first sensitive one"
              " by default.")  # fmt: skip
@click.option("--method", default="reweighing", show_default=True, metavar="A,B", help=METHODS)
@click.option("--aim", type=click.Choice(AIMS), default=AIMS[0], show_default=True)
@click.option("--strength", type=float, help="How far to go, from 0 to 1; all the way by default.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@html_option
@shared
def mitigate(
    shell: Shell,
    run: str,
    by: str | None,
    method: str,
    aim: str,
    strength: float | None,
    detach: bool,
    html: str | None,
) -> None:
    """Train RUN's recipe again so that groups are treated alike, and say what that costs.

    \b
    workbench mitigate champion --by sex --method reweighing,thresholds
    workbench mitigate 3fa2 --by sex,race --method thresholds --aim equal_opportunity
    """
    workspace = shell.workspace()
    found = workspace.runs[run]
    asked: dict[str, Any] = {
        "methods": listed(method), "by": listed(by) or None, "aim": aim, "strength": strength,
    }  # fmt: skip
    if detach:
        job = workspace.submit("mitigate", run=found.id, **asked)
        shell.show(f"Job {job.id} mitigates; follow it: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("mitigate") as progress:
        runs = found.mitigate(**asked, progress=progress)
    for failed in runs.failed:
        shell.note(f"{failed['family']} failed: {failed['reason']}")
    report = found.report("tradeoff")
    if report is not None:
        shell.report(report, html)

"""``workbench combine``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from workbench.cli.shell import Shell, shared


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--how",
    type=click.Choice(["stack", "blend", "bag"]),
    default="stack",
    show_default=True,
    help="Learn how to join what they say, take its weighted mean, or let eight fits of each answer"
    " together.",
)
@click.option(
    "--layers",
    type=click.IntRange(1, 3),
    default=1,
    show_default=True,
    help="How many layers a stack or bag has: in each later one all members are fitted again,"
    " beside what the one before says.",
)
@click.option("--seed", type=int, help="That of the first run by default.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@shared
def combine(
    shell: Shell, runs: Sequence[str], how: str, layers: int, seed: int | None, detach: bool
) -> None:
    """Train the recipes of RUNS again as the members of one model.

    \b
    workbench combine 3fa2 91bc
    workbench combine 3fa2 91bc 07de --how blend
    workbench combine 3fa2 91bc 07de --how bag --layers 2
    """
    workspace = shell.workspace()
    ids = [workspace.runs[run].id for run in runs]
    if detach:
        job = workspace.submit("combine", runs=ids, how=how, seed=seed, layers=layers)
        shell.show(f"Job {job.id} combines; follow it: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("combine") as progress:
        made = workspace.combine(ids, how, seed=seed, layers=layers, progress=progress)
    shell.show(made.evaluation().sentence, made.record)

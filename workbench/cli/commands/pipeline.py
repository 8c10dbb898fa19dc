"""``workbench run``."""

from __future__ import annotations

import click

from workbench.cli.shell import Shell, shared


@click.command()
@click.argument("file")
@click.option("--force", is_flag=True, help="Do all stages again, though nothing changed.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@shared
def run(shell: Shell, file: str, force: bool, detach: bool) -> None:
    """Carry out the stages and gates of FILE; exit code 3 when a gate does not hold.

    Stages whose inputs have not changed are skipped, so a scheduler may call it often.

    \b
    workbench run credit.toml
    """
    from workbench.core.pipeline import read
    from workbench.views import words

    workspace = shell.workspace()
    if detach:
        job = workspace.submit("pipeline", pipeline=read(file), force=force)
        shell.show(f"Job {job.id} runs it; follow: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("pipeline") as progress:
        done = workspace.run(file, force=force, progress=progress)
    for note in done.notes:
        shell.note(note)
    rows = [
        (s["stage"], s["state"], words.duration(s["seconds"]), words.came(s["result"]))
        for s in done.stages
    ]
    text = shell.table(("stage", "state", "took", "came to"), rows)
    if done.gates:
        gates = [(g["rule"], f"{g['value']:.4g}", "holds") for g in done.gates]
        text += "\n\n" + shell.table(("gate", "value", ""), gates)
    shell.show(text, done.to_dict())

"""``workbench jobs``."""

from __future__ import annotations

import time

import click

from workbench.cli.commands import group
from workbench.cli.shell import Shell, shared

jobs = group(
    "jobs",
    {
        "list": ("jobs:list_", "The newest jobs."),
        "show": ("jobs:show", "Follow a job to its end."),
        "cancel": ("jobs:cancel", "Ask a job to stop."),
        "log": ("jobs:log", "What a job's process printed."),
    },
    "List jobs, cancel one, read its log.",
)


@click.command("list")
@click.option("--limit", default=20, show_default=True)
@shared
def list_(shell: Shell, limit: int) -> None:
    """The newest jobs.

    \b
    workbench jobs list
    """
    from workbench.views import words

    found = [j.record for j in shell.workspace().jobs.list(limit)]
    rows = [
        (r.id, r.action, r.state, f"{r.fraction:.0%}", words.ago(r.created), r.error or r.text)
        for r in found
    ]
    titles = ("job", "action", "state", "done", "asked", "last said")
    shell.show(shell.table(titles, rows, "done") if rows else "No job yet.", found)


@click.command()
@click.argument("job")
@click.option("--follow/--no-follow", default=True, help="Wait for its end.")
@shared
def show(shell: Shell, job: str, follow: bool) -> None:
    """How far a job has come; follows it to its end. Ctrl-C stops looking, not the job.

    \b
    workbench jobs show 20261120-1
    """
    found = shell.workspace().jobs[job]
    try:
        with shell.progress(found.record.action) as progress:
            while follow and found.refresh().record.active:
                progress(found.fraction, found.text)
                time.sleep(0.1)
    finally:
        record = found.refresh().record
        said = record.error or record.text
        shell.show(f"Job {record.id} ({record.action}) is {record.state}: {said}", record)


@click.command()
@click.argument("job")
@shared
def cancel(shell: Shell, job: str) -> None:
    """Ask a job to stop; it is ended if it does not within three seconds.

    \b
    workbench jobs cancel 20261120-1
    """
    found = shell.workspace().jobs[job].cancel()
    shell.show(f"Job {found.id} was asked to stop; it is {found.state}.", found.record)


@click.command()
@click.argument("job")
@click.option("--lines", default=200, show_default=True)
@shared
def log(shell: Shell, job: str, lines: int) -> None:
    """What a job's process printed.

    \b
    workbench jobs log 20261120-1
    """
    text = shell.workspace().jobs[job].log(lines)
    shell.show(text or "It printed nothing.", {"log": text})

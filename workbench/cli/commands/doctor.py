"""``workbench doctor``."""

from __future__ import annotations

import click

from workbench.cli.shell import Shell, html_option, shared
from workbench.core.errors import UsageError


@click.command()
@html_option
@shared
def doctor(shell: Shell, html: str | None) -> int:
    """Look at this machine and the workspace, and say what to mend; 1 when something is broken.

    \b
    workbench doctor
    """
    from workbench.workspace import examine

    try:
        workspace = shell.workspace()
    except UsageError as error:
        if shell.folder:
            raise
        shell.note(f"{error.sentence} Only the machine is looked at.")
        report = examine()
    else:
        report = workspace.doctor()
    shell.report(report, html)
    return 1 if report.worst == "error" else 0

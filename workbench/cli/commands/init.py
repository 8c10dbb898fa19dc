"""``workbench init``."""

from __future__ import annotations

import click

from workbench.cli.shell import Shell, shared


@click.command()
@click.argument("path", required=False, metavar="[DIR]")
@shared
def init(shell: Shell, path: str | None) -> None:
    """Make a workspace in DIR, else in that of --workspace, else here.

    \b
    workbench init credit
    """
    from pathlib import Path

    from workbench.core.settings import FILE
    from workbench.workspace import Workspace

    path = path or shell.folder or "."
    known = (Path(path).expanduser() / FILE).is_file()
    workspace = Workspace(path)
    store = workspace.context.store
    what = "was a workspace already" if known else "is a workspace now"
    shell.show(
        f"{workspace.root} {what}.\nNext: workbench --workspace {path} data import FILE",
        {"workspace": str(workspace.root), "name": workspace.name, "store": store.uri},
    )

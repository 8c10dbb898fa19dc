"""``workbench app``."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from workbench.cli.shell import Shell, shared
from workbench.core.errors import MissingExtra, WorkbenchError


@click.command()
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--demo", is_flag=True, help="Make the workspace, with real data in it, if needed.")
@shared
def app(shell: Shell, port: int, no_browser: bool, demo: bool) -> None:
    """Open the app of the workspace in a browser; Ctrl-C ends it.

    \b
    workbench app
    workbench --workspace demo app --demo
    """
    if demo:
        _prepare(shell)
    root = shell.workspace().root
    if find_spec("panel") is None or find_spec("panel_material_ui") is None:
        raise MissingExtra("The app", "app")
    words = [sys.executable, "-m", "workbench.app", str(root), "--port", str(port)]
    sys.stdout.flush()
    os.execv(sys.executable, words + ["--no-browser"] * no_browser)


def _prepare(shell: Shell) -> None:
    from workbench.workspace import Workspace

    shell.folder = shell.folder or "demo"
    workspace = Workspace(Path(shell.folder))
    if workspace.datasets.list():
        return
    with shell.progress("demo data") as progress:
        try:
            found = workspace.import_data("adult", progress=progress)
        except WorkbenchError as error:
            shell.note(f"Adult cannot be had ({error.sentence}) Breast cancer takes its place.")
            found = workspace.import_data("breast_cancer", progress=progress)
    shell.note(f"The demo has {found.ref}: {found.rows:,} rows.")

"""``workbench mlflow``."""

from __future__ import annotations

import webbrowser

import click

from workbench.cli.shell import Shell, shared


@click.command()
@click.option("--port", default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@shared
def mlflow(shell: Shell, port: int, no_browser: bool) -> None:
    """Open MLflow's own pages on the workspace's runs; Ctrl-C ends them.

    They are served on this machine only, and without a password, as MLflow does.

    \b
    workbench mlflow
    """
    workspace = shell.workspace()
    url = workspace.mlflow(port)
    shell.show(f"MLflow: {url}", {"url": url})
    if not no_browser:
        webbrowser.open(url)
    workspace.stay()

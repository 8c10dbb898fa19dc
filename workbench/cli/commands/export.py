"""``workbench export`` and ``verify``."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.shell import Shell, shared


@click.command()
@click.argument("run")
@click.option("--to", metavar="DIR", help="The bundle's folder; in the workspace by default.")
@click.option("--replace", is_flag=True, help="Replace a bundle that is there already.")
@click.option("--contract", type=click.Choice(["refuse", "note", "leave"]), default="refuse",
              show_default=True, help="What an endpoint does with rows that break it.")  # fmt: skip
@shared
def export(shell: Shell, run: str, to: str | None, replace: bool, contract: str) -> None:
    """Export RUN's whole pipeline to ONNX, in a bundle; blocked (3) when it answers differently.

    \b
    workbench export champion --to bundle/
    """
    found = shell.workspace().runs[run]
    with shell.progress("export") as progress:
        bundle = found.export(to, replace=replace, contract=contract, progress=progress)
    manifest = bundle.manifest
    shell.show(
        f"{manifest.verdict.sentence}\nBundle: {bundle.path}",
        {"bundle": str(bundle.path), "verdict": manifest.verdict, "run": manifest.run_id},
    )


@click.command()
@click.argument("bundle", metavar="DIR")
@shared
def verify(shell: Shell, bundle: str) -> None:
    """Hold every file of a bundle against its hash.

    \b
    workbench verify bundle/
    """
    from workbench.core.bundle import verify as check

    manifest = check(Path(bundle).expanduser())
    shell.show(f"{bundle}: all {len(manifest.files)} files are what they were.", manifest)

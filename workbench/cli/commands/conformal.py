"""``workbench conformal``."""

from __future__ import annotations

import click

from workbench.cli.shell import Shell, html_option, shared


@click.command()
@click.argument("run")
@click.option("--alpha", default=0.1, show_default=True, help="The share of misses allowed.")
@click.option("--method", type=click.Choice(["absolute", "normalised", "lac", "aps"]),
              help="Of numbers absolute or normalised, of classes lac or aps.")  # fmt: skip
@click.option("--on", type=click.Choice(["valid", "folds"]), default="valid", show_default=True,
              help="What calibrates: the validation rows, or all folds.")  # fmt: skip
@html_option
@shared
def conformal(
    shell: Shell, run: str, alpha: float, method: str | None, on: str, html: str | None
) -> None:
    """Give RUN's predictions intervals or sets that hold the truth as often as asked.

    \b
    workbench conformal champion --alpha 0.1
    workbench conformal champion --method aps --on folds
    """
    found = shell.workspace().runs[run]
    shell.report(found.conformal(alpha, method, on), html)

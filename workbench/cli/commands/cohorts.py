"""``workbench cohorts``: one group of rows against another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.shell import Shell, html_option, pairs, shared

FORM = "A=X,Y|A=LOW:HIGH"


@click.command()
@click.argument("run")
@click.option(
    "--where", multiple=True, required=True, metavar=FORM, help="Rows of the first group."
)
@click.option("--against", multiple=True, metavar=FORM, help="Of the second; by default the rest.")
@html_option
@shared
def cohorts(
    shell: Shell, run: str, where: Sequence[str], against: Sequence[str], html: str | None
) -> None:
    """Say what moves RUN's predictions of one group of test rows more than those of another.

    Both options may be repeated: a row must pass each. An empty value stands for missing cells.

    \b
    workbench cohorts champion --where sex=Female
    workbench cohorts champion --where age=:30 --where sex=Female --against age=60:
    """
    found = shell.workspace().runs[run]
    first = {c: _wanted(text) for c, text in pairs(where, "--where").items()}
    second = {c: _wanted(text) for c, text in pairs(against, "--against").items()}
    with shell.progress("cohorts") as progress:
        report = found.cohorts(first, second or None, progress)
    shell.report(report, html)


def _wanted(text: str) -> Any:
    """``:30`` as ends, ``a,b`` as values; a date holds colons too, and is no range by itself."""
    low, colon, high = text.partition(":")
    if colon and _end(low) and _end(high):
        return [float(low) if low else None, float(high) if high else None]
    first, dots, last = text.partition("..")
    if dots:
        return [first or None, last or None]
    return [part.strip() or None for part in text.split(",")]


def _end(text: str) -> bool:
    try:
        return not text or float(text) == float(text)
    except ValueError:
        return False

"""``workbench counterfactuals``: what would change a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.shell import Shell, html_option, listed, pairs, shared


@click.command()
@click.argument("run")
@click.argument("row", type=int)
@click.option("--want", metavar="CLASS|LOW:HIGH", help="By default the most probable other class.")
@click.option("--keep", metavar="A,B", help="May not change; by default the sensitive columns.")
@click.option(
    "--range", "ranges", multiple=True, metavar="A=LOW:HIGH|A=X,Y", help="What a column may take."
)
@click.option("--up", metavar="A,B", help="These may only rise.")
@click.option("--down", metavar="A,B", help="These may only fall.")
@click.option("--count", default=4, show_default=True, help="Different ways to look for.")
@click.option("--most", default=4, show_default=True, help="Columns that may change together.")
@html_option
@shared
def counterfactuals(
    shell: Shell,
    run: str,
    row: int,
    want: str | None,
    keep: str | None,
    ranges: Sequence[str],
    up: str | None,
    down: str | None,
    count: int,
    most: int,
    html: str | None,
) -> None:
    """Say what would have to change in ROW of the data set for RUN to predict something else.

    \b
    workbench counterfactuals champion 12
    workbench counterfactuals champion 12 --want ">50K" --keep age,sex --up education-num
    workbench counterfactuals 3fa2 7 --want 120:150 --range bmi=18:30
    """
    found = shell.workspace().runs[run]
    number = found.record.signature is not None and found.record.signature.task == "regression"
    directions = {**dict.fromkeys(listed(up), "up"), **dict.fromkeys(listed(down), "down")}
    with shell.progress("counterfactuals") as progress:
        report = found.counterfactuals(
            row,
            _ends(want, "--want") if number and want else want,
            listed(keep) if keep is not None else None,
            ranges={c: _allowed(text) for c, text in pairs(ranges, "--range").items()},
            directions=directions,
            count=count,
            most=most,
            progress=progress,
        )
    shell.report(report, html)


def _allowed(text: str) -> Sequence[Any]:
    return _ends(text, "--range") if ":" in text else listed(text)


def _ends(text: str, option: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    wrong = click.UsageError(f"{option} takes LOW:HIGH (either may be left out), not {text!r}.")
    if not colon:
        raise wrong
    try:
        return (float(low) if low else None), (float(high) if high else None)
    except ValueError:
        raise wrong from None

"""``workbench data features``: the columns that are made from a data set for every model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.shell import Shell, html_option, shared
from workbench.core.feature import Feature


@click.command()
@click.argument("dataset")
@click.option("--add", multiple=True, metavar="STEP(COLUMN,...)",
              help="Make a column; may be repeated.")  # fmt: skip
@click.option("--drop", multiple=True, metavar="NAME", help="Make it no more; may be repeated.")
@click.option("--preview", metavar="STEP(COLUMN,...)",
              help="What a column would look like and tell; nothing is changed.")  # fmt: skip
@html_option
@shared
def features(
    shell: Shell,
    dataset: str,
    add: Sequence[str],
    drop: Sequence[str],
    preview: str | None,
    html: str | None,
) -> None:
    """The columns that are made from DATASET for every model; change them, or try one.

    \b
    workbench data features loans --preview "combine(debt, income, how=ratio)"
    workbench data features loans --add "combine(debt, income, how=ratio) as burden"
    workbench data features loans --drop burden
    """
    data = shell.workspace().datasets[dataset]
    if preview is not None:
        if add or drop:
            raise click.UsageError("--preview changes nothing: give it alone.")
        with shell.progress("preview") as progress:
            report = data.preview(preview, progress)
        shell.report(report, html)
        return
    if drop or add:
        data = data.rework(drop=drop, add=add)
    rows = [_row(feature) for feature in data.features]
    empty = f"Nothing is made from {data.ref} yet: workbench data steps"
    titles = ("feature", "step", "made from", "parameters")
    shell.show(shell.table(titles, rows) if rows else empty, list(data.features))


def _row(feature: Feature) -> tuple[Any, ...]:
    params = ", ".join(f"{name}={value}" for name, value in feature.params.items())
    return feature.called, feature.step, ", ".join(feature.columns), params


@click.command()
@shared
def steps(shell: Shell) -> None:
    """The steps that columns can be made by, and their parameters.

    \b
    workbench data steps
    """
    report = shell.workspace().steps()
    options: dict[str, list[str]] = {}
    for option in report["options"].records():
        options.setdefault(option["step"], []).append(option["name"])
    rows = [
        (
            step["name"],
            step["title"],
            ", ".join(step["takes"]),
            ", ".join(options.get(step["name"], [])),
            "yes" if step["exact"] else "no",
        )
        for step in report["steps"].records()
    ]
    shell.show(shell.table(("step", "makes", "from", "parameters", "ONNX"), rows), report)

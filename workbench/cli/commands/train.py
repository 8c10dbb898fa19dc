"""``workbench train``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands.data import split_of
from workbench.cli.shell import Shell, listed, pairs, shared
from workbench.core.errors import JobError, UsageError
from workbench.core.feature import Feature

if TYPE_CHECKING:
    from workbench.core.recipe import Recipe
    from workbench.objects import Runs


@click.command()
@click.argument("dataset", required=False)
@click.option("--family", default="logistic,lightgbm", show_default=True, metavar="A,B",
              help="logistic, forest, lightgbm, network.")  # fmt: skip
@click.option("--target", metavar="COLUMN", help="The column to predict, if not the data set's.")
@click.option("--seed", default=0, show_default=True)
@click.option("--param", multiple=True, metavar="FAMILY.NAME=VALUE",
              help="A parameter of a family; may be repeated.")  # fmt: skip
@click.option("--sensitive", type=click.Choice(["use", "drop"]), default="use", show_default=True,
              help="Whether sensitive columns are inputs of the model.")  # fmt: skip
@click.option("--columns", metavar="A,B", help="The columns to learn from; all by default.")
@click.option("--feature", multiple=True, metavar="STEP(COLUMN,...)",
              help="Make it instead of the data set's own; may be repeated.")  # fmt: skip
@click.option("--split", metavar="METHOD[:COLUMN]",
              help="random, stratified, content; with COLUMN: group, time, given.")  # fmt: skip
@click.option("--recipe", metavar="FILE", help="A recipe as TOML instead of these options.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@shared
def train(
    shell: Shell,
    dataset: str | None,
    family: str,
    target: str | None,
    seed: int,
    param: Sequence[str],
    sensitive: str,
    columns: str | None,
    feature: Sequence[str],
    split: str | None,
    recipe: str | None,
    detach: bool,
) -> None:
    """Train one run per family on DATASET, all judged on the same rows.

    \b
    workbench train adult --family logistic,lightgbm --seed 7
    workbench train adult --family lightgbm --param lightgbm.num_leaves=63
    workbench train --recipe recipe.toml
    """
    if (dataset is None) == (recipe is None):
        raise click.UsageError("Give a data set, or a recipe with --recipe.")
    asked: dict[str, Any] = {
        "families": listed(family),
        "target": target,
        "seed": seed,
        "params": _parameters(param),
        "sensitive": sensitive,
        "columns": listed(columns) or None,
        "features": [Feature.parse(text) for text in feature] or None,
        "split": split_of(split),
    }
    workspace = shell.workspace()
    given = _recipe(recipe) if recipe else None
    if detach:
        if given is not None:
            job = workspace.submit("train", recipe=given.to_dict())
        else:
            job = workspace.submit("train", dataset=dataset, **asked)
        shell.show(f"Job {job.id} trains; follow it: workbench jobs show {job.id}", job.record)
        return
    with shell.progress("train") as progress:
        if given is not None:
            runs = workspace.train(recipe=given, progress=progress)
        else:
            runs = workspace.train(dataset, progress=progress, **asked)
    _show(shell, runs)


def _show(shell: Shell, runs: Runs) -> None:
    from workbench.cli.commands.runs import leaderboard

    records = [run.record for run in runs]
    best = runs.best.id if records else ""
    for failed in runs.failed:
        shell.note(f"{failed['family']} failed: {failed['reason']}")
    data = {
        "runs": [r.id for r in records],
        "best": best,
        "failed": runs.failed,
        "metrics": {r.id: r.metrics for r in records},
    }
    shell.show(leaderboard(shell, records, best), data)
    if not records:
        raise JobError("No family could be trained.")


def _parameters(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in pairs(given, "family.name=value").items():
        family, _, parameter = name.partition(".")
        if not parameter:
            raise UsageError(f"{name!r} is no parameter.", "Write it as FAMILY.NAME=VALUE.")
        found.setdefault(family, {})[parameter] = _value(value)
    return found


def _value(text: str) -> Any:
    """Numbers, booleans and lists as JSON writes them; anything else is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _recipe(path: str) -> Recipe:
    from workbench.core.recipe import Recipe

    try:
        data = tomllib.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error
    return Recipe.from_dict(data)

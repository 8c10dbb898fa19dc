"""``workbench train``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from workbench.cli.commands.data import split_of
from workbench.cli.shell import SHARED, Shell, listed, pairs, shared
from workbench.core.errors import JobError, UsageError
from workbench.core.feature import Feature

if TYPE_CHECKING:
    from workbench.core.recipe import Recipe
    from workbench.objects import Runs
    from workbench.workspace import Workspace


@click.command()
@click.argument("dataset", required=False)
@click.option("--family", default="logistic,lightgbm", show_default=True, metavar="A,B",
              help="dummy, logistic, elastic, bayes, neighbors, svm, forest, extratrees, histboost,"
              " lightgbm, xgboost, catboost, ebm, network, tabm, blend, stack, calibrated, costly,"
              " or a guest's.")  # fmt: skip
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
@click.option("--auto", metavar="TIME", help="Find the best in this time (10m, 1h): a baseline,"
              " many families, tuned, and a bagged stack of them.")  # fmt: skip
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
    auto: str | None,
    recipe: str | None,
    detach: bool,
) -> None:
    """Train one run per family on DATASET, all judged on the same rows.

    \b
    workbench train adult --family logistic,lightgbm --seed 7
    workbench train adult --family lightgbm --param lightgbm.num_leaves=63
    workbench train adult --auto 10m
    workbench train --recipe recipe.toml
    """
    if (dataset is None) == (recipe is None):
        raise click.UsageError("Give a data set, or a recipe with --recipe.")
    if recipe and auto:
        raise click.UsageError("--auto finds the recipe itself: leave --recipe out.")
    if recipe and (spare := _said("recipe", "detach")):
        raise click.UsageError(
            f"A recipe says all that decides a run: leave {', '.join(spare)} out, or write it"
            f" into {recipe}."
        )
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
    if auto:
        if "--family" not in _said():
            del asked["families"]
        budget = {"minutes": minutes(auto), "auto": True}
        search(shell, workspace, {"dataset": dataset, **asked, **budget}, detach)
        return
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


@click.command()
@click.argument("dataset", required=False)
@click.option("--family", metavar="A,B", help="The families that compete.")
@click.option("--attempts", type=click.IntRange(1), help="At most so many; 50 if no time is given.")
@click.option("--time", metavar="TIME", help="At most so long: 90s, 10m, 1h.")
@click.option("--metric", metavar="NAME", help="What is to be best; the task's primary metric.")
@click.option("--keep", type=click.IntRange(1), help="How many families' best become runs.")
@click.option("--blend", is_flag=True, help="Blend these into one more run.")
@click.option("--parallel", type=click.IntRange(1), metavar="N",
              help="Attempts at the same time, each with its share of the cores; 1.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Look for quick models, too: quality against latency.")
@click.option("--target", metavar="COLUMN", help="The column to predict, if not the data set's.")
@click.option("--seed", default=0, show_default=True)
@click.option("--param", multiple=True, metavar="FAMILY.NAME=VALUE",
              help="A parameter that is held, not tuned; may be repeated.")  # fmt: skip
@click.option("--sensitive", type=click.Choice(["use", "drop"]), default="use", show_default=True,
              help="Whether sensitive columns are inputs of the model.")  # fmt: skip
@click.option("--columns", metavar="A,B", help="The columns to learn from; all by default.")
@click.option("--split", metavar="METHOD[:COLUMN]",
              help="random, stratified, content; with COLUMN: group, time, given.")  # fmt: skip
@click.option("--resume", metavar="SWEEP", help="Go on with an earlier sweep.")
@click.option("--detach", is_flag=True, help="As a job; returns at once.")
@shared
def tune(
    shell: Shell,
    dataset: str | None,
    family: str | None,
    attempts: int | None,
    time: str | None,
    metric: str | None,
    keep: int | None,
    blend: bool,
    parallel: int | None,
    quick: bool,
    target: str | None,
    seed: int,
    param: Sequence[str],
    sensitive: str,
    columns: str | None,
    split: str | None,
    resume: str | None,
    detach: bool,
) -> None:
    """Find the best family and parameters for DATASET; the winner becomes a run.

    \b
    workbench tune adult --family lightgbm,xgboost --attempts 50
    workbench tune adult --time 10m --keep 3 --blend
    workbench tune --resume 3f2a91
    """
    if (dataset is None) == (resume is None):
        raise click.UsageError("Give a data set, or a sweep with --resume.")
    asked: dict[str, Any] = {"attempts": attempts, "keep": keep, "blend": blend}
    asked["parallel"] = parallel
    asked["minutes"] = minutes(time) if time else None
    if resume:
        if spare := _said("resume", "attempts", "time", "keep", "blend", "parallel", "detach"):
            raise click.UsageError(
                f"A sweep goes on as it began: leave {', '.join(spare)} out. With --resume there"
                " are --attempts, --time, --keep, --blend and --parallel."
            )
        asked["sweep"] = resume
    else:
        asked |= {
            "dataset": dataset,
            "metric": metric,
            "quick": quick,
            "target": target,
            "seed": seed,
            "params": _parameters(param),
            "sensitive": sensitive,
            "columns": listed(columns) or None,
            "split": split_of(split),
        }
        if family:
            asked["families"] = listed(family)
    search(shell, shell.workspace(), asked, detach)


def search(shell: Shell, workspace: Workspace, asked: dict[str, Any], detach: bool) -> None:
    """Carry out a sweep and show what came of it."""
    if detach:
        job = workspace.submit("tune", **asked)
        shell.show(f"Job {job.id} tunes; follow it: workbench jobs show {job.id}", job.record)
        return
    given = {**asked, "split": asked.get("split")}
    with shell.progress("tune") as progress:
        sweep = workspace.tune(
            given.pop("dataset", None),
            given.pop("families", None),
            resume=given.pop("sweep", None),
            progress=progress,
            **given,
        )
    report = sweep.report()
    if report is not None:
        for finding in report.findings:
            if finding.severity == "warning":
                shell.note(finding.sentence)
        shell.note(report.sentence)
        shell.note(f"Sweep {sweep.id}; more: workbench tune --resume {sweep.id[:8]} --time 5m")
    _show(shell, sweep.runs, sweep.id)


def minutes(text: str) -> float:
    """``90s``, ``10m`` or ``1.5h`` as minutes.

    Raises
    ------
    UsageError
        It is no span of time.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*", text)
    if not found or float(found[1]) == 0:
        raise UsageError(f"{text!r} is no span of time.", "Say for instance 90s, 10m or 1h.")
    return float(found[1]) * {"s": 1 / 60, "h": 60}.get(found[2] or "m", 1)


def _said(*but: str) -> list[str]:
    """The options of the command itself that were given, without those named."""
    context = click.get_current_context()
    return [
        option.opts[0]
        for option in context.command.params
        if option.name and option.name not in (*but, *SHARED)
        if context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE
    ]


def _show(shell: Shell, runs: Runs, sweep: str = "") -> None:
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
        **({"sweep": sweep} if sweep else {}),
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

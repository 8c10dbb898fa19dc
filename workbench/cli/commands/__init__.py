"""The commands: names and one-line helps here, each opened when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from workbench import __version__
from workbench.cli.shell import Shell

Table = dict[str, tuple[str, str]]


class LazyGroup(click.Group):
    """A group that knows its commands' addresses and short helps, and opens them when asked."""

    def __init__(self, *args: Any, table: Table, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.table:
            return None
        module, _, attribute = self.table[name][0].partition(":")
        command: click.Command = getattr(
            import_module(f"workbench.cli.commands.{module}"), attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self.table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.table, n=1)
            offer = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{offer}", ctx) from error


def group(name: str, table: Table, help_: str) -> LazyGroup:
    """A group of commands under one name."""
    return LazyGroup(name, table=table, help=help_, no_args_is_help=True)


ROOT: Table = {
    "init": ("init:init", "Make a workspace."),
    "data": ("data:data", "Import tables and look at them."),
    "train": ("train:train", "Train models, one run per family."),
    "tune": ("train:tune", "Find the best family and parameters within a budget."),
    "run": ("pipeline:run", "Carry out the stages and gates of a file."),
    "sweeps": ("sweeps:sweeps", "List sweeps and look at one."),
    "runs": ("runs:runs", "List runs and look at one."),
    "combine": ("combine:combine", "Make one run of several: a stack or a blend."),
    "validate": ("validate:validate", "Cross-validate a run's recipe."),
    "compare": ("reports:compare", "Say which run is better, and by how much."),
    "promote": ("runs:promote", "Give a run's model an alias."),
    "threshold": ("threshold:threshold", "Choose where scores become decisions."),
    "conformal": ("conformal:conformal", "Intervals and sets that hold the truth."),
    "slices": ("reports:slices", "Where a run fails most, or two differ most."),
    "error-tree": ("reports:error_tree", "Questions that lead to where a run fails most."),
    "disagree": ("reports:disagree", "The rows about which two runs differ most."),
    "surprises": ("reports:surprises", "The rows that a run was surest about and wrong."),
    "explain": ("reports:explain", "Say why a run's model decides as it does."),
    "cohorts": ("cohorts:cohorts", "What moves the predictions of one group more than another's."),
    "counterfactuals": (
        "counterfactuals:counterfactuals",
        "Say what would change a prediction.",
    ),
    "fairness": ("reports:fairness", "Say for whom a run's model errs."),
    "mitigate": ("mitigate:mitigate", "Train a run again so that groups are treated alike."),
    "export": ("export:export", "Export a run to a bundle."),
    "verify": ("export:verify", "Hold a bundle's files against their hashes."),
    "serve": ("serve:serve", "Serve a bundle on this machine."),
    "endpoints": ("serve:endpoints", "List, stop and restart endpoints."),
    "watch": ("reports:watch", "Compare what an endpoint was asked with the training data."),
    "jobs": ("jobs:jobs", "List jobs, cancel one, read its log."),
    "audit": ("runs:audit", "What was promoted, exported and served, and by whom."),
    "app": ("app:app", "Open the app."),
    "mlflow": ("mlflow:mlflow", "Open MLflow's own pages on the workspace's runs."),
    "doctor": ("doctor:doctor", "Look at this machine and workspace, and say what to mend."),
}


@click.group(
    cls=LazyGroup,
    table=ROOT,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="workbench %(version)s")
@click.option(
    "--workspace", "-w", "folder", metavar="DIR", help="The workspace; else the nearest upwards."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no notes.")
@click.option("--debug", is_flag=True, help="Show the trace of an error.")
@click.pass_context
def root(ctx: click.Context, folder: str | None, as_json: bool, quiet: bool, debug: bool) -> None:
    """From a file to an explained, exported, served model, on one machine.

    \b
    workbench init credit && cd credit
    workbench data import adult --target income --sensitive sex,race
    workbench train adult --family logistic,lightgbm
    workbench app
    """
    ctx.obj = Shell(folder, as_json, quiet, debug)

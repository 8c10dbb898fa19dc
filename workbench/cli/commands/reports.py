"""Commands that give a report: ``compare``, ``slices``, ``explain``, ``watch`` and others."""

from __future__ import annotations

from collections.abc import Sequence

import click

from workbench.cli.shell import Shell, cost_option, html_option, listed, pairs, shared


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option("--rope", type=float, metavar="SIZE",
              help="A difference that counts for nothing; a point, or 1% of an error.")  # fmt: skip
@cost_option
@click.option("--effort", is_flag=True, help="Measure first what each takes: time and size.")
@html_option
@shared
def compare(
    shell: Shell,
    runs: Sequence[str],
    rope: float | None,
    cost: Sequence[str],
    effort: bool,
    html: str | None,
) -> None:
    """Say which RUN is better, and by how much, on the rows that all of them held out.

    \b
    workbench compare 3fa2 91bc
    """
    if len(runs) < 2:
        raise click.UsageError("Give two runs or more.")
    workspace = shell.workspace()
    with shell.progress("compare") as progress:
        for run in runs if effort else ():
            workspace.runs[run].effort()
        report = workspace.compare(
            list(runs),
            rope=rope,
            costs=pairs(cost, "decision=cost", last=True) or None,
            progress=progress,
        )
    shell.report(report, html)


@click.command()
@click.argument("run")
@click.option("--rows", default=500, show_default=True, help="Test rows to explain.")
@click.option("--seed", default=0, show_default=True)
@click.option("--method", metavar="NAME", help="Another explainer: sampling, gradients (networks).")
@click.option(
    "--effects",
    metavar="A,B",
    help="How the prediction moves with these columns instead; 'top' for those that matter most.",
)
@click.option("--pair", metavar="A,B", help="The prediction over two columns' values instead.")
@click.option("--interactions", is_flag=True, help="What columns do together instead (trees).")
@click.option("--importance", is_flag=True, help="What shuffling each column costs instead.")
@click.option("--tree", type=int, metavar="DEPTH", help="The model as a small tree instead.")
@click.option("--like", type=int, metavar="ROW", help="Training rows most like ROW instead.")
@click.option("--lime", type=int, metavar="ROW", help="A line through ROW's neighbourhood instead.")
@click.option("--trust", is_flag=True, help="How far the explanation can be relied on instead.")
@html_option
@shared
def explain(
    shell: Shell,
    run: str,
    rows: int,
    seed: int,
    method: str | None,
    effects: str | None,
    pair: str | None,
    interactions: bool,
    importance: bool,
    trust: bool,
    tree: int | None,
    like: int | None,
    lime: int | None,
    html: str | None,
) -> None:
    """Say why RUN's model decides as it does: SHAP values in the table's own columns.

    \b
    workbench explain champion --rows 1000 --html why.html
    workbench explain champion --effects age,hours_per_week
    workbench explain champion --pair age,hours_per_week
    workbench explain champion --interactions
    workbench explain champion --importance
    workbench explain champion --tree 3
    workbench explain champion --like 12
    workbench explain champion --lime 12
    """
    others = {
        "--effects": effects,
        "--pair": pair,
        "--interactions": interactions or None,
        "--importance": importance or None,
        "--trust": trust or None,
        "--tree": tree,
        "--like": like,
        "--lime": lime,
    }
    if sum(value is not None for value in others.values()) > 1:
        raise click.UsageError(f"Give one of {', '.join(others)}.")
    found = shell.workspace().runs[run]
    with shell.progress("explain") as progress:
        if effects:
            columns = None if effects == "top" else listed(effects)
            report = found.effects(columns, rows=rows, seed=seed, progress=progress)
        elif pair:
            column, other = _two(pair)
            report = found.pair(column, other, min(rows, 200), seed, progress)
        elif interactions:
            report = found.interactions(rows, seed, progress)
        elif importance:
            report = found.importance(seed=seed, progress=progress)
        elif tree is not None:
            report = found.surrogate(tree, progress)
        elif lime is not None:
            report = found.lime(lime, seed=seed, progress=progress)
        elif like is not None:
            report = found.neighbours(like, progress=progress)
        elif trust:
            report = found.trust(seed, progress)
        else:
            report = found.explain(rows, seed, progress, method=method)
    shell.report(report, html)


def _two(text: str) -> list[str]:
    names = listed(text)
    if len(names) != 2:
        raise click.UsageError(f"--pair takes two columns, A,B, not {text!r}.")
    return names


@click.command()
@click.argument("run")
@click.argument("other", required=False)
@html_option
@shared
def slices(shell: Shell, run: str, other: str | None, html: str | None) -> None:
    """Find the groups of rows where RUN fails most, or where RUN and OTHER differ most.

    \b
    workbench slices champion
    workbench slices 3fa2 91bc --html differences.html
    """
    found = shell.workspace().runs[run]
    with shell.progress("slices") as progress:
        report = found.slices(other, progress)
    shell.report(report, html)


@click.command("error-tree")
@click.argument("run")
@click.argument("other", required=False)
@click.option("--depth", default=3, show_default=True, help="Questions in a row, 1 to 4.")
@click.option("--metric", metavar="NAME", help="accuracy, log_loss, brier; of numbers mae, rmse.")
@click.option("--seed", default=0, show_default=True, help="Of the halves of the test rows.")
@html_option
@shared
def error_tree(
    shell: Shell,
    run: str,
    other: str | None,
    depth: int,
    metric: str | None,
    seed: int,
    html: str | None,
) -> None:
    """Grow a small tree that leads to where RUN fails most, or where RUN and OTHER differ most.

    \b
    workbench error-tree champion
    workbench error-tree 3fa2 91bc --depth 2 --html differences.html
    """
    found = shell.workspace().runs[run]
    with shell.progress("error tree") as progress:
        report = found.error_tree(other, depth, metric=metric, seed=seed, progress=progress)
    shell.report(report, html)


@click.command()
@click.argument("run")
@click.argument("other")
@click.option("--rows", default=20, show_default=True, help="How many, the furthest apart first.")
@html_option
@shared
def disagree(shell: Shell, run: str, other: str, rows: int, html: str | None) -> None:
    """Show the test rows about which RUN and OTHER say the most different things.

    \b
    workbench disagree 3fa2 91bc --rows 50
    """
    found = shell.workspace().runs[run]
    shell.report(found.disagreements(other, rows), html)


@click.command()
@click.argument("run")
@click.option("--rows", default=20, show_default=True, help="How many, the greatest loss first.")
@html_option
@shared
def surprises(shell: Shell, run: str, rows: int, html: str | None) -> None:
    """Show the test rows that RUN was surest about and wrong.

    \b
    workbench surprises champion --rows 50
    """
    shell.report(shell.workspace().runs[run].surprises(rows), html)


@click.command()
@click.argument("run")
@click.option("--by", metavar="A,B", help="Columns; the first two sensitive ones by default.")
@click.option("--threshold", type=float, help="Another threshold than the model's.")
@html_option
@shared
def fairness(
    shell: Shell, run: str, by: str | None, threshold: float | None, html: str | None
) -> None:
    """Say for whom RUN's model errs: rates and gaps of groups, with intervals.

    \b
    workbench fairness champion --by sex,race
    """
    found = shell.workspace().runs[run]
    shell.report(found.fairness(listed(by) or None, threshold), html)


@click.command()
@click.argument("endpoint")
@click.option("--last", type=int, help="Only so many of the newest answers.")
@html_option
@shared
def watch(shell: Shell, endpoint: str, last: int | None, html: str | None) -> None:
    """Compare what ENDPOINT was asked with its model's training data; an Evidently page is kept.

    \b
    workbench watch adult-lightgbm --last 5000
    """
    workspace = shell.workspace()
    with shell.progress("watch") as progress:
        report = workspace.watch(endpoint, last, progress=progress)
    shell.report(report, html)
    shell.note(f"Evidently's page: {report.facts['html']}")

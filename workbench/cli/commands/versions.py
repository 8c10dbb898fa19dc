"""``workbench data``: the versions of data sets, how they differ, and what leaves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from workbench.cli.shell import Shell, html_option, shared


@click.command()
@click.argument("before")
@click.argument("after", required=False)
@click.option("--drift", is_flag=True, help="Test every column by Evidently, and keep its page.")
@click.option("--parts", is_flag=True,
              help="Likewise, from the training rows of BEFORE to its test rows.")  # fmt: skip
@html_option
@shared
def diff(
    shell: Shell, before: str, after: str | None, drift: bool, parts: bool, html: str | None
) -> None:
    """What changed from BEFORE to AFTER, in columns, rows and distributions, and what it breaks.

    With one name its newest version is held against the one before it.

    \b
    workbench data diff loans
    workbench data diff loans@1 loans@3 --drift
    workbench data diff loans --parts
    """
    if parts and after:
        raise click.UsageError("--parts compares the parts of one data set: name one.")
    workspace = shell.workspace()
    with shell.progress("drift" if drift or parts else "diff") as progress:
        if parts:
            report = workspace.datasets[before].drift(progress=progress)
        else:
            compared = workspace.drift if drift else workspace.diff
            report = compared(before, after, progress=progress)
    shell.report(report, html)
    if drift or parts:
        shell.note(f"Evidently's page: {report.facts['html']}")


@click.command()
@click.argument("name")
@shared
def log(shell: Shell, name: str) -> None:
    """The versions of a data set, newest first: what each changed, and what was made from it.

    \b
    workbench data log loans
    """
    from workbench.views import words

    report = shell.workspace().datasets[name].history()
    rows = [
        (v["version"], words.count(v["rows"]), v["columns"], v["change"], v["used_by"] or
         words.NOTHING, words.ago(dt.datetime.fromisoformat(v["created"])))
        for v in report["versions"].records()
    ]  # fmt: skip
    titles = ("version", "rows", "columns", "change", "used by", "imported")
    shell.show(shell.table(titles, rows, "rows,columns"), report)


@click.command()
@click.argument("dataset")
@shared
def uses(shell: Shell, dataset: str) -> None:
    """The runs, bundles and endpoints that were made from a version of a data set.

    \b
    workbench data uses loans@2
    """
    shell.report(shell.workspace().datasets[dataset].uses(), None)


@click.command()
@click.argument("dataset")
@click.option("--to", required=True, metavar="FILE",
              help="A .csv, .tsv, .parquet, .arrow or .feather file.")  # fmt: skip
@click.option("--raw", is_flag=True,
              help="Leave texts alone that a spreadsheet would run as formulas.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Replace a file that is there already.")
@shared
def export(shell: Shell, dataset: str, to: str, raw: bool, replace: bool) -> None:
    """Write a data set to a file; its ending says how.

    \b
    workbench data export loans --to loans.parquet
    workbench data export loans@1 --to loans.csv
    """
    asked = {"dataset": dataset, "to": to, "raw": raw, "replace": replace}
    with shell.progress("export") as progress:
        done = shell.workspace().perform("write", asked, progress)
    if done["guarded"]:
        shell.note(
            f"{done['guarded']:,} texts that a spreadsheet would run as formulas got an apostrophe "
            "in front; --raw leaves them alone."
        )
    shell.show(f"{done['rows']:,} rows are in {to}.", done)


@click.command()
@click.argument("dataset")
@click.option("--to", metavar="FILE", help="Write it to a file instead.")
@shared
def card(shell: Shell, dataset: str, to: str | None) -> None:
    """A data card in Markdown: what the data set holds, what is wrong with it, where it is from.

    \b
    workbench data card loans --to README.md
    """
    with shell.progress("card") as progress:
        text = shell.workspace().datasets[dataset].card(progress)
    if to is None:
        shell.show(text.rstrip(), {"card": text})
        return
    from workbench.core.files import write_text

    write_text(Path(to).expanduser().absolute(), text)
    shell.show(f"The card is in {to}.", {"to": to})


@click.command()
@shared
def gc(shell: Shell) -> None:
    """Pack old versions against the newest, and remove what can be made again.

    \b
    workbench data gc
    """
    from workbench.views import words

    freed = shell.workspace().clean()
    shell.show(f"Freed {words.size(freed)}.", {"bytes": freed})


@click.command()
@click.argument("dataset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared
def remove(shell: Shell, dataset: str, yes: bool) -> None:
    """Remove a version of a data set. Runs made from it stay, but cannot be made again.

    \b
    workbench data remove loans@1
    """
    workspace = shell.workspace()
    found = workspace.datasets[dataset]
    if not yes:
        click.confirm(f"Remove {found.ref} ({found.rows:,} rows)?", abort=True, err=True)
    workspace.context.datasets.remove(found.ref)
    shell.show(f"Removed {found.ref}.", {"removed": found.ref})

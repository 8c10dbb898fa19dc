"""``workbench data``: import tables and look at them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.commands import group
from workbench.cli.reading import reading
from workbench.cli.shell import Shell, html_option, listed, pairs, shared
from workbench.core.errors import NotFound

if TYPE_CHECKING:
    from workbench.core.split import Split

data = group(
    "data",
    {
        "import": ("data:import_", "Make a snapshot of a file or a public data set."),
        "preview": ("data:preview", "How a source would be read, before it is imported."),
        "list": ("data:list_", "The data sets of the workspace."),
        "show": ("data:show", "A data set's columns and first rows."),
        "profile": ("data:profile", "What is in a data set, and what is wrong with it."),
        "mend": ("data:mend", "Carry out the remedy of a finding of the profile."),
        "edit": ("data:edit", "Change what columns are for, or the split."),
        "features": ("features:features", "The columns that are made for the models."),
        "steps": ("features:steps", "How such columns can be made."),
        "contract": ("data:contract", "What every version of a data set promises."),
        "check": ("data:check", "How a data set keeps its contract."),
        "diff": ("versions:diff", "What changed between two versions of a data set."),
        "log": ("versions:log", "The versions of a data set, and what was made from each."),
        "uses": ("versions:uses", "The runs, bundles and endpoints made from a data set."),
        "export": ("versions:export", "Write a data set to a CSV, Parquet or Arrow file."),
        "card": ("versions:card", "A data card, as the Hugging Face hub reads them."),
        "gc": ("versions:gc", "Free what nobody needs on the disk."),
        "remove": ("versions:remove", "Remove a version of a data set."),
        "catalogue": ("data:catalogue", "Public data sets that can be imported by name."),
    },
    "Import tables and look at them.",
)


@click.command("import")
@click.argument("source")
@click.option("--name", help="The data set's name; made from the source by default.")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option("--sensitive", metavar="A,B", help="Columns to audit fairness by.")
@click.option("--role", multiple=True, metavar="COLUMN=ROLE",
              help="target, feature, sensitive, id, time or ignore; may be repeated.")  # fmt: skip
@click.option("--split", metavar="METHOD[:COLUMN]",
              help="random, stratified, content; with COLUMN: group, time, given.")  # fmt: skip
@click.option("--broken", type=click.Choice(["refuse", "quarantine", "note"]), default="refuse",
              help="What to do with rows that break the data set's contract.")  # fmt: skip
@reading
@shared
def import_(
    shell: Shell,
    source: str,
    name: str | None,
    target: str | None,
    sensitive: str | None,
    role: Sequence[str],
    split: str | None,
    broken: str,
    options: dict[str, Any],
) -> None:
    """Make an immutable snapshot of SOURCE: a file, a database, or a name of the catalogue.

    \b
    workbench data import loans.csv --target defaulted --sensitive gender
    workbench data import loans.xlsx --sheet 2026 --text zip
    workbench data import adult
    """
    with shell.progress("import") as progress:
        found = shell.workspace().import_data(
            source,
            name=name,
            target=target,
            sensitive=listed(sensitive),
            roles=pairs(role, "column=role"),
            split=split_of(split),
            broken=broken,
            progress=progress,
            **options,
        )
    text = f"Imported {found.ref}: {found.rows:,} rows, {len(found.schema.columns)} columns."
    if found.schema.target is None:
        text += f"\nNo target yet: workbench data edit {found.name} --role COLUMN=target"
    shell.show(text, found.record)


@click.command()
@click.argument("source")
@click.option("--rows", default=8, show_default=True, help="First rows to show.")
@reading
@shared
def preview(shell: Shell, source: str, rows: int, options: dict[str, Any]) -> None:
    """How SOURCE would be read: what was found out, its columns, its first rows.

    \b
    workbench data preview loans.csv --delimiter ";"
    """
    from workbench.views import previews

    seen = shell.workspace().preview(source, rows=rows, **options).record
    shell.show("" if shell.json else previews.lines(seen), previews.plain(seen))


@click.command("list")
@shared
def list_(shell: Shell) -> None:
    """The data sets of the workspace, newest first.

    \b
    workbench data list
    """
    from workbench.views import words

    found = [d.record for d in shell.workspace().datasets.list()]
    rows = [
        (r.ref, words.count(r.rows), len(r.schema.columns),
         r.schema.target.name if r.schema.target else words.NOTHING, words.ago(r.created))
        for r in found
    ]  # fmt: skip
    titles = ("data set", "rows", "columns", "target", "imported")
    empty = "No data set yet: workbench data import FILE"
    shell.show(shell.table(titles, rows, "rows,columns") if rows else empty, found)


@click.command()
@click.argument("dataset")
@click.option("--rows", default=5, show_default=True, help="First rows to show.")
@shared
def show(shell: Shell, dataset: str, rows: int) -> None:
    """A data set's columns, what each is for and why, and its first rows.

    \b
    workbench data show adult
    """
    found = shell.workspace().datasets[dataset]
    columns = [(c.name, c.role, c.semantic, c.dtype, c.reason) for c in found.schema.columns]
    names, values, _ = found.page(0, rows)
    parts = [
        f"{found.record.title or found.name} ({found.ref})",
        f"{found.rows:,} rows, {len(columns)} columns, from {found.record.source or 'a frame'}",
        shell.table(("column", "role", "kind", "type", "because"), columns),
    ]
    if rows > 0:
        parts.append(shell.table([str(n) for n in names], values))
    shell.show("\n\n".join(parts), found.record)


@click.command()
@click.argument("dataset")
@click.option("--rows", type=int, help="A first look at so many rows of a large table.")
@html_option
@shared
def profile(shell: Shell, dataset: str, rows: int | None, html: str | None) -> None:
    """What is in a data set, and what is wrong with it.

    \b
    workbench data profile adult --html profile.html
    """
    found = shell.workspace().datasets[dataset]
    with shell.progress("profile") as progress:
        report = found.profile(progress, rows=rows)
    shell.report(report, html)
    if report.mendable() and not shell.json:
        shell.note(f"Mend one: workbench data mend {found.name} NUMBER (or CODE:COLUMN)")


@click.command()
@click.argument("dataset")
@click.argument("finding")
@shared
def mend(shell: Shell, dataset: str, finding: str) -> None:
    """Carry out the remedy of a FINDING of the profile: its number, CODE or CODE:COLUMN.

    \b
    workbench data mend loans personal-data:ssn
    """
    found = shell.workspace().datasets[dataset]
    with shell.progress("profile") as progress:
        meant = found.profile(progress).finding(finding)
    mended = found.mend(meant)
    said = meant.remedy.label if meant.remedy else ""
    back = f"Undo all edits: workbench data edit {mended.name} --reset"
    shell.show(f"{said}: done for {mended.ref}.\n{back}", mended.record)


@click.command()
@click.argument("dataset")
@click.option("--role", multiple=True, metavar="COLUMN=ROLE",
              help="target, feature, sensitive, id, time or ignore; may be repeated.")  # fmt: skip
@click.option("--kind", multiple=True, metavar="COLUMN=KIND",
              help="number, boolean, category, ordinal, datetime, text, identifier, email, "
              "geographic or image_path.")  # fmt: skip
@click.option("--split", metavar="METHOD[:COLUMN]",
              help="random, stratified, content; with COLUMN: group, time, given.")  # fmt: skip
@click.option("--reset", is_flag=True, help="Take all edits back: as it was imported.")
@shared
def edit(
    shell: Shell,
    dataset: str,
    role: Sequence[str],
    kind: Sequence[str],
    split: str | None,
    reset: bool,
) -> None:
    """Change what columns are for and how rows are split; the snapshot stays as it is.

    \b
    workbench data edit loans --role customer=id --kind zip=category
    workbench data edit loans --split group:customer
    """
    roles, kinds = pairs(role, "column=role"), pairs(kind, "column=kind")
    if not (roles or kinds or split or reset):
        raise click.UsageError("Nothing to change: give --role, --kind, --split or --reset.")
    found = shell.workspace().datasets[dataset]
    if reset:
        found = found.restore()
    if roles or kinds or split:
        found = found.edit(roles=roles, semantics=kinds, split=split_of(split))
    changed = [*roles, *kinds, *(["the split"] if split else [])]
    said = f"Changed {', '.join(changed)} of {found.ref}." if changed else ""
    shell.show(said or f"{found.ref} is as it was imported.", found.record)


@click.command()
@click.argument("name")
@click.option("--propose", is_flag=True, help="Make one from the newest version and keep it.")
@click.option("--set", "changes", multiple=True, metavar="COLUMN.RULE=VALUE",
              help="Change a rule: required, nullable, unique, low, high, allowed (A,B), pattern, "
              "longest; an empty value takes it away. May be repeated.")  # fmt: skip
@click.option("--drop", metavar="A,B", help="Columns that promise nothing.")
@click.option("--code", metavar="FILE", help="Write it as a Python module for pandera.")
@click.option("--remove", is_flag=True, help="Take the contract away.")
@shared
def contract(
    shell: Shell,
    name: str,
    propose: bool,
    changes: Sequence[str],
    drop: str | None,
    code: str | None,
    remove: bool,
) -> None:
    """What every version of a data set promises; checked on import and before training.

    \b
    workbench data contract loans --propose
    workbench data contract loans --set age.low=18 --set age.high=120 --drop note
    """
    from workbench.cli.contracts import changed, table_of

    data = shell.workspace().datasets[name]
    held = data.propose() if propose else data.contract
    if remove:
        data.contract = None
        shell.show(f"{data.name} promises nothing now.", {"removed": data.name})
        return
    if held is None:
        raise NotFound(
            f"{data.name} has no contract.",
            f"Have one proposed: workbench data contract {data.name} --propose.",
        )
    held = changed(held, changes).without(listed(drop))
    if propose or changes or drop:
        data.contract = held
    if code:
        from workbench.core.files import write_text

        write_text(Path(code).expanduser().absolute(), data.contract_code())
        shell.note(f"Written to {code}.")
    shell.show(table_of(shell, held), held)


@click.command()
@click.argument("dataset")
@html_option
@shared
@click.pass_context
def check(context: click.Context, shell: Shell, dataset: str, html: str | None) -> None:
    """How a data set keeps its contract; ends with code 3 when it does not.

    \b
    workbench data check loans
    """
    with shell.progress("check") as progress:
        report = shell.workspace().datasets[dataset].check(progress)
    shell.report(report, html)
    if report.findings:
        context.exit(3)


@click.command()
@shared
def catalogue(shell: Shell) -> None:
    """Public data sets that can be imported by name.

    \b
    workbench data catalogue
    """
    from workbench.workspace import catalogue as known

    found = known()
    shell.show(shell.table(("name", "title"), found.items()), found)


def split_of(text: str | None) -> Split | None:
    """``group:patient`` as a split."""
    if not text:
        return None
    from workbench.core.split import Split

    method, _, column = text.partition(":")
    return Split(method, column=column or None)  # type: ignore[arg-type]

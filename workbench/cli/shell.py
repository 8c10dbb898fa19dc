"""What every command shares: the options that all take, the workspace, and how results come out."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from workbench.cli.progress import Line
from workbench.core.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.report import Report
    from workbench.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Shell:
    """The options that every command takes, before or after its name."""

    folder: str | None = None
    json: bool = False
    quiet: bool = False
    debug: bool = False

    def workspace(self) -> Workspace:
        """The workspace that was named, or the nearest one upwards.

        Raises
        ------
        UsageError
            There is none; the hint says how to make one.
        """
        from workbench.workspace import Workspace, find

        named = self.folder or os.environ.get("WORKBENCH_WORKSPACE")
        if named:
            folder = Path(named).expanduser()
            if not (folder / "workbench.toml").is_file():
                raise UsageError(f"{named} is no workspace.", f"Make it: workbench init {named}")
            return Workspace(folder)
        found = find()
        if found is None:
            raise UsageError(
                "There is no workspace here or above.",
                "Make one: workbench init NAME, or name one: --workspace DIR.",
            )
        return Workspace(found)

    def progress(self, title: str) -> Line:
        """How work tells how far it is; Ctrl-C asks it to stop."""
        return Line(title, quiet=self.quiet)

    def show(self, text: str, data: Any) -> None:
        """The result: text for people, or ``data`` as the one JSON document."""
        if self.json:
            from workbench.core.wire import plain

            click.echo(json.dumps(plain(data), ensure_ascii=False, allow_nan=False))
        elif text:
            click.echo(text)

    def note(self, text: str) -> None:
        """Something beside the result, on standard error."""
        if not self.quiet:
            click.echo(text, err=True)

    def report(self, report: Report, html: str | None) -> None:
        """A report as text or JSON, and as a page when a file is named."""
        if html:
            from workbench.core.files import write_text
            from workbench.views.html import page

            write_text(Path(html).expanduser().absolute(), page(report))
            self.note(f"Written to {html}.")
        from workbench.views.text import lines

        self.show("" if self.json else lines(report), report)

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[Any]], numeric: str = "") -> str:
        """Aligned text; ``numeric`` names the titles whose cells stand to the right."""
        from workbench.views.tables import Shown
        from workbench.views.text import columns, table

        cells = tuple(tuple("" if c is None else str(c) for c in row) for row in rows)
        right = tuple(title in numeric.split(",") for title in titles)
        return table(Shown("", "", tuple(titles), right, cells), columns())


def shared(function: F) -> F:
    """Give a command the options that all take, and a :class:`Shell` as its first argument."""

    @functools.wraps(function)
    def called(
        *args: Any, folder: Any, as_json: bool, quiet: bool, debug: bool, **rest: Any
    ) -> Any:
        shell = click.get_current_context().find_object(Shell) or Shell()
        shell.folder = folder or shell.folder
        shell.json |= as_json
        shell.quiet |= quiet
        shell.debug |= debug
        return function(shell, *args, **rest)

    for option in reversed(_SHARED):
        called = option(called)
    return called  # type: ignore[return-value]


_SHARED = (
    click.option(
        "--workspace",
        "-w",
        "folder",
        metavar="DIR",
        help="The workspace; else the nearest upwards.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
    click.option("--quiet", "-q", is_flag=True, help="No progress, no notes."),
    click.option("--debug", is_flag=True, help="Show the trace of an error."),
)

SHARED = ("folder", "as_json", "quiet", "debug")  # what the options above fill

cost_option = click.option(
    "--cost",
    multiple=True,
    metavar="TRUE:SAID=COST",
    help="What a decision costs, fn=5 or ill:well=5; may be repeated.",
)
html_option = click.option("--html", metavar="FILE", help="Write the report as a page, too.")


def listed(text: str | None) -> list[str]:
    """``a,b`` as a list; the way to give several names to one option."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def pairs(given: Sequence[str], what: str, *, last: bool = False) -> dict[str, str]:
    """``name=value`` options as a dict; ``last``: a name may hold ``=`` itself.

    Raises
    ------
    UsageError
        One of them has no ``=``.
    """
    found = {}
    for text in given:
        name, mark, value = text.rpartition("=") if last else text.partition("=")
        if not mark or not name:
            raise UsageError(f"{text!r} is no {what}.", f"Write it as {what.upper()}.")
        found[name] = value
    return found

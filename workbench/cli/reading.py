"""The options that say how a source is read, the same for every command that reads one."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from workbench.cli.shell import listed, pairs
from workbench.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
OTHERS = ("source", "name", "target", "sensitive", "roles", "split", "broken", "progress", "rows")
LISTS = ("names", "missing", "text")
OPTIONS = (
    click.option("--delimiter", help="Of a CSV; found out by default."),
    click.option("--encoding", help="Of a text file; found out by default."),
    click.option("--quote", help="The character around cells; '' when quotes are plain."),
    click.option("--header/--no-header", default=None,
                 help="Whether the first row names the columns; found out by default."),
    click.option("--names", metavar="A,B", help="Names of the columns, in order."),
    click.option("--skip", type=int, metavar="N", help="Lines before the table."),
    click.option("--bad-rows", type=click.Choice(["error", "skip"]),
                 help="What to do with rows that have too few or too many cells."),
    click.option("--sheet", help="Of a workbook: a name, or a number from 1 on."),
    click.option("--table", help="Of a database."),
    click.option("--query", help="Of a database, instead of a table: one SELECT."),
    click.option("--decimal", type=click.Choice([".", ","]), help="The decimal mark."),
    click.option("--thousands", help="What stands between thousands."),
    click.option("--dates", metavar="FORMAT", help="How dates are written: '%d %b %Y'."),
    click.option("--day-first/--month-first", default=None, help="How 03/04/2025 is read."),
    click.option("--missing", metavar="A,B", help="Texts that stand for a missing value."),
    click.option("--text", metavar="A,B", help="Columns that are kept as text."),
    click.option("--option", "more", multiple=True, metavar="NAME=VALUE",
                 help="Any other reading option, its value as JSON or text; may be repeated."),
)  # fmt: skip
NAMES = (
    "delimiter", "encoding", "quote", "header", "names", "skip", "bad_rows", "sheet", "table",
    "query", "decimal", "thousands", "dates", "day_first", "missing", "text",
)  # fmt: skip


def reading(function: F) -> F:
    """Give a command the reading options, and what was said as its parameter ``options``."""

    @functools.wraps(function)
    def called(*args: Any, **given: Any) -> Any:
        said = {name: given.pop(name) for name in NAMES}
        return function(*args, options=options_of(said, given.pop("more")), **given)

    for option in reversed(OPTIONS):
        called = option(called)
    return called  # type: ignore[return-value]


def options_of(said: Mapping[str, Any], more: tuple[str, ...]) -> dict[str, Any]:
    """The reading options that were given, as Python takes them.

    Raises
    ------
    UsageError
        One of them is no reading option.
    """
    found = {name: value for name, value in said.items() if value is not None}
    for name in LISTS:
        if name in found:
            found[name] = listed(found[name])
    if "delimiter" in found:
        found["delimiter"] = found["delimiter"].replace("\\t", "\t")
    others = pairs(more, "name=value")
    for name in others:
        if name in OTHERS:
            raise UsageError(f"{name!r} is no reading option.", f"Give it as --{name}.")
    return found | {name: _value(text) for name, text in others.items()}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text

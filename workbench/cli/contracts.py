"""Contracts on a command line: changes as ``age.low=18``, and rules as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.contract import Contract
from workbench.core.errors import UsageError

if TYPE_CHECKING:
    from workbench.cli.shell import Shell


def changed(contract: Contract, changes: Sequence[str]) -> Contract:
    """The contract with every ``COLUMN.RULE=VALUE`` applied.

    Raises
    ------
    UsageError
        A change cannot be read.
    NotFound
        There is no such column.
    """
    for text in changes:
        path, mark, value = text.partition("=")
        column, dot, name = path.rpartition(".")
        if not mark or not dot:
            raise UsageError(f"{text!r} is no change.", "Write it as age.low=18.")
        contract = contract.edited(column, **{name: contract[column].value(name, value)})
    return contract


def table_of(shell: Shell, contract: Contract) -> str:
    """One line for each rule."""
    rows = [(r.column, r.type, ", ".join(r.promises)) for r in contract.rules]
    text = shell.table(("column", "type", "promises"), rows)
    if contract.key:
        text += f"\n\nTogether in one row only: {', '.join(contract.key)}."
    return text

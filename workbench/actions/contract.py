"""Contract: what every version of a data set promises, checked on import and before training."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from workbench.actions.context import Context
from workbench.core.contract import Contract, Examination
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.files import write_text
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.core.wire import digest, plain
from workbench.data.checker import checkers
from workbench.data.contract import conform, propose
from workbench.data.write import write
from workbench.measures.words import counted
from workbench.tables import ParquetTable, Tabular, batches, write_parquet

Broken = Literal["refuse", "quarantine", "note"]
BROKEN: tuple[str, ...] = ("refuse", "quarantine", "note")


@dataclass(frozen=True)
class Admitted:
    """What of a table may come in."""

    table: Tabular
    notes: tuple[Finding, ...] = ()
    quarantine: Path | None = None
    quarantined: int = 0


def proposed(context: Context, record: DatasetRecord) -> Contract:
    """A contract that the data set keeps, for its owner to edit."""
    return propose(context.datasets.table(record), record.schema)


def promise(context: Context, name: str, contract: Contract | None) -> None:
    """Set or take away the contract of a data set; the audit log says who did."""
    context.datasets.promise(name, contract)
    context.audit.append("contract", name, {"contract": plain(contract)})


def held(context: Context, name: str) -> Contract:
    """The contract of a data set.

    Raises
    ------
    NotFound
        It has none.
    """
    contract: Contract | None = context.datasets.contract(name)
    if contract is None:
        raise NotFound(
            f"{name} has no contract.",
            f"Have one proposed: workbench data contract {name} --propose.",
        )
    return contract


def exported(context: Context, name: str) -> str:
    """The contract of a data set as code for pandera."""
    return checkers.get("pandera").code(held(context, name))


def checked(
    context: Context, record: DatasetRecord, progress: Progress = silent
) -> tuple[Examination, Report]:
    """How a data set keeps the contract of its name, and the report of kind ``contract``.

    Raises
    ------
    NotFound
        It has no contract.
    """
    contract = held(context, record.name)
    found = _examined(context.datasets.table(record), contract, progress)
    return found, _report(record.ref, found)


def required(context: Context, record: DatasetRecord, progress: Progress = silent) -> None:
    """Refuse a data set that breaks its contract; one that has none passes.

    What was found is remembered by the digests of table and contract.

    Raises
    ------
    DataError
        It breaks its contract; the first cell is named.
    """
    contract = context.datasets.contract(record.name)
    if contract is None:
        return
    mark = context.root / "cache" / f"contract-{digest([record.digest, contract])[:16]}"
    if mark.is_file():
        return
    found = _examined(context.datasets.table(record), contract, progress)
    if not found.kept:
        raise _refused(record.ref, found, "Edit the contract, or import the data set again.")
    write_text(mark, "kept\n")


def admit(
    context: Context,
    name: str,
    table: Tabular,
    source: str,
    broken: str = "refuse",
    progress: Progress = silent,
) -> Admitted:
    """What of a new table may become the next version of ``name``.

    Parameters
    ----------
    broken
        What to do when the contract of ``name`` is broken: ``refuse`` the table, put the rows
        into ``quarantine`` and take the rest, or take all of it and ``note`` it.

    Raises
    ------
    DataError
        The contract is broken, and nothing else was asked for, or no row is to blame.
    UsageError
        ``broken`` is none of these.
    """
    if broken not in BROKEN:
        raise UsageError(f"{broken!r} says not what to do.", f"Use one of: {', '.join(BROKEN)}.")
    contract = context.datasets.contract(name)
    if contract is None:
        return Admitted(table)
    found = _examined(table, contract, progress)
    if found.kept:
        return Admitted(_kept(table, contract, None))
    if broken == "note":
        return Admitted(table, _notes(found))
    hint = "Mend it, have such rows put aside with broken='quarantine', or edit the contract."
    if broken == "refuse" or found.whole_columns or found.failing_rows == found.rows:
        raise _refused(source, found, hint)
    path = _aside(context, name, table, found)
    count = found.failing_rows
    said = f"{counted(count, 'row')} that broke the contract were put aside in {path}."
    note = Finding("quarantined", "warning", said, {"rows": count, "file": str(path)})
    return Admitted(_kept(table, contract, found.failing), (note, *_notes(found)), path, count)


def _examined(table: Tabular, contract: Contract, progress: Progress) -> Examination:
    return checkers.get("pandera").examine(table, contract, progress)


def _kept(table: Tabular, contract: Contract, failing: np.ndarray | None) -> Tabular:
    """The rows that keep the contract, in its types; a table on disk stays on disk."""
    types = {rule.column: rule.type for rule in contract.rules}
    if failing is None and all(types.get(f.name, str(f.type)) == str(f.type) for f in table.schema):
        return table
    parts = (conform(part, contract) for part in _parts(table, failing, False))
    if isinstance(table, ParquetTable):
        return write_parquet(table.path.with_suffix(".kept.parquet"), parts, digest=True)
    return pa.concat_tables(list(parts))


def _parts(table: Tabular, failing: np.ndarray | None, bad: bool) -> Iterator[pa.Table]:
    at = 0
    for part in batches(table):
        if failing is not None:
            mask = failing[at : at + part.num_rows]
            at += part.num_rows
            yield part.filter(pa.array(mask if bad else ~mask))
        else:
            yield part


def _aside(context: Context, name: str, table: Tabular, found: Examination) -> Path:
    """Write the failing rows, with their numbers, beside the workspace's data."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    path = context.folder("quarantine") / f"{name}-{stamp}.csv"
    number = 2
    while path.exists():
        path = path.with_name(f"{name}-{stamp}-{number}.csv")
        number += 1
    bad = pa.concat_tables(list(_parts(table, found.failing, True)))
    rows = np.flatnonzero(found.failing) + 1
    column = "row" if "row" not in bad.column_names else "row of the source"
    write(bad.add_column(0, column, pa.array(rows)), path)
    return path


def _refused(what: str, found: Examination, hint: str) -> DataError:
    first = found.violations[0]
    rest = sum(found.counts.values()) - 1 if first.row is not None else len(found.counts) - 1
    more = f" And {rest:,} more." if rest else ""
    return DataError(f"{what} breaks its contract. {first.sentence}{more}", hint)


def _notes(found: Examination) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "contract-broken",
            "warning",
            f"Column {column!r}: {counted(count, 'cell')} broke the rule {rule!r}.",
            {"cells": count, "rule": rule},
            column,
        )
        for (column, rule), count in found.counts.items()
    )


def _report(ref: str, found: Examination) -> Report:
    broken = len(found.counts)
    sentence = (
        f"All {counted(found.rows, 'row')} keep the contract."
        if found.kept
        else f"{counted(found.failing_rows, 'row')} of {found.rows:,} break "
        f"{counted(broken, 'rule')}."
    )
    pairs = list(found.counts.items())
    return Report(
        kind="contract",
        subject=ref,
        title=f"Contract of {ref}",
        sentence=sentence,
        facts={"rows": found.rows, "failing_rows": found.failing_rows, "broken_rules": broken},
        findings=_notes(found),
        tables=(
            Table.of(
                "broken",
                {
                    "column": [column for (column, _), _ in pairs],
                    "rule": [rule for (_, rule), _ in pairs],
                    "cells": [count for _, count in pairs],
                },
            ),
            Table.of(
                "violations",
                {
                    "row": [v.row for v in found.violations],
                    "column": [v.column for v in found.violations],
                    "value": [None if v.value is None else str(v.value) for v in found.violations],
                    "rule": [v.rule for v in found.violations],
                },
                "Rows count from 1; of each rule the first twenty.",
            ),
        ),
    )

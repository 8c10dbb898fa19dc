"""Diff: what changed between two versions of a table, in its columns, rows and distributions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.dataset import Schema
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.data.rows import common, marks
from workbench.data.target import numbers
from workbench.measures.distances import jensen_shannon, kolmogorov_smirnov, wasserstein
from workbench.measures.words import counted, listed
from workbench.tables import Tabular

MOVED = 0.1  # distance from which a distribution counts as another one
ALIKE = 0.9  # share of common values from which two columns are one under two names
LOOK = 200_000  # rows that distances are taken from
TELLING = 3  # distinct values below which two columns are alike by chance


@dataclass(frozen=True)
class Side:
    """One of the two versions."""

    ref: str
    table: Tabular
    schema: Schema
    digests: Mapping[str, str]  # of each column's cells


@dataclass(frozen=True)
class Change:
    """What became of one column; ``distance`` and ``shift`` are None where they cannot be said."""

    what: str  # same, cells, retyped, renamed, added, dropped
    before: str = ""
    after: str = ""
    distance: float | None = None
    shift: float | None = None


def diff(before: Side, after: Side, progress: Progress = silent) -> Report:
    """A report of kind ``diff``.

    Tables: ``columns``, one row for each column of either side. ``change`` is ``same``, ``cells``
    (other cells), ``retyped``, ``renamed`` (found by content), ``added`` or ``dropped``.
    ``distance`` lies between 0 and 1: Kolmogorov-Smirnov's of numbers and dates, Jensen-Shannon's
    of all else, on up to 200,000 rows spread over each side. ``shift`` says of numbers and dates
    how far they moved on average, in standard deviations of those before (Wasserstein's distance).
    Rows are compared over the columns that both sides have.
    """
    changes = list(_changes(before, after, progress))
    shared = [c for c in changes if c.before and c.after and c.what != "retyped"]
    progress(0.8, "comparing the rows")
    kept = _kept(before, after, shared) if shared else 0
    facts = {
        "before": before.ref,
        "after": after.ref,
        "rows_before": before.table.num_rows,
        "rows_after": after.table.num_rows,
        "rows_kept": kept,
        "rows_removed": before.table.num_rows - kept,
        "rows_added": after.table.num_rows - kept,
        **{w: sum(c.what == w for c in changes) for w in ("added", "dropped", "renamed")},
        "retyped": sum(c.what == "retyped" for c in changes),
        "moved": sum((c.distance or 0) >= MOVED for c in changes),
    }
    progress(1.0, "compared")
    return Report(
        kind="diff",
        subject=f"{before.ref}..{after.ref}",
        title=f"{before.ref} and {after.ref}",
        sentence=_sentence(facts, changes),
        facts=facts,
        findings=tuple(_findings(changes, before, after)),
        tables=(_columns(changes, before, after),),
    )


# columns -----------------------------------------------------------------------------------


def _changes(before: Side, after: Side, progress: Progress) -> Iterator[Change]:
    dropped = [n for n in before.schema.names if n not in after.schema]
    added = [n for n in after.schema.names if n not in before.schema]
    renamed = _renamed(before, after, dropped, added)
    names = [*before.schema.names, *added]
    for number, name in enumerate(names):
        progress(0.8 * number / len(names), f"column {number + 1} of {len(names)}")
        if name in renamed:
            moved = _moved(before, after, name, renamed[name])
            yield Change("renamed", name, renamed[name], *moved)
        elif name in dropped:
            yield Change("dropped", name)
        elif name not in before.schema:
            if name not in renamed.values():
                yield Change("added", after=name)
        elif _type(before, name) != _type(after, name):
            yield Change("retyped", name, name)
        elif before.digests[name] == after.digests[name]:
            yield Change("same", name, name, 0.0, None if _worded(before, name) else 0.0)
        else:
            yield Change("cells", name, name, *_moved(before, after, name, name))


def _type(side: Side, name: str) -> pa.DataType:
    return side.table.schema.field(name).type


def _renamed(
    before: Side, after: Side, dropped: Sequence[str], added: Sequence[str]
) -> dict[str, str]:
    """Columns under a new name: with the same cells, or else with nearly the same values.

    Where several could be meant, none is.
    """
    found: dict[str, str] = {}
    for old in dropped:
        free = [
            n for n in added if n not in found.values() and _type(after, n) == _type(before, old)
        ]
        same = [n for n in free if after.digests[n] == before.digests[old]]
        alike = same or [n for n in free if _alike(before.table.column(old), after.table.column(n))]
        if len(alike) == 1:
            found[old] = alike[0]
    return found


def _alike(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    first, second = (pc.unique(_some(v).drop_null()) for v in (one, other))
    if min(len(first), len(second)) < TELLING:
        return False
    both = pc.sum(pc.is_in(first, value_set=second)).as_py() or 0
    return bool(both >= ALIKE * max(len(first), len(second)))


def _some(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells spread over the column, ``LOOK`` at the most."""
    if len(values) <= LOOK:
        return values
    return values.take(pa.array(np.linspace(0, len(values) - 1, LOOK).astype(np.int64)))


def _worded(side: Side, name: str) -> bool:
    kind = _type(side, name)
    return bool(kinds.is_string(kind) or kinds.is_boolean(kind))


def _moved(before: Side, after: Side, name: str, called: str) -> tuple[float | None, float | None]:
    """How far apart the two distributions lie, and how far numbers moved."""
    one = _some(before.table.column(name)).drop_null()
    other = _some(after.table.column(called)).drop_null()
    if not len(one) or not len(other):
        return None, None
    if _worded(before, name):
        return _of_words(one, other), None
    first, second = numbers(one), numbers(other)
    return kolmogorov_smirnov(first, second), wasserstein(first, second)


def _of_words(one: pa.ChunkedArray, other: pa.ChunkedArray) -> float:
    counts: list[dict[object, int]] = []
    for values in (one, other):
        found = pc.value_counts(values)
        counts.append(dict(zip(*(found.field(i).to_pylist() for i in (0, 1)), strict=True)))
    words = [*dict.fromkeys([*counts[0], *counts[1]])]
    first, second = (np.array([c.get(w, 0) for w in words], float) for c in counts)
    return jensen_shannon(first, second)


# rows --------------------------------------------------------------------------------------


def _kept(before: Side, after: Side, shared: Sequence[Change]) -> int:
    if all(before.digests[c.before] == after.digests[c.after] for c in shared):
        return before.table.num_rows
    one = marks(before.table, [c.before for c in shared])
    return common(one, marks(after.table, [c.after for c in shared]))


# what is said ------------------------------------------------------------------------------


def _sentence(facts: Mapping[str, int], changes: Sequence[Change]) -> str:
    if all(c.what == "same" for c in changes) and facts["rows_before"] == facts["rows_after"]:
        return "Both hold the same columns with the same cells."
    parts = [
        f"{counted(facts[f'rows_{what}'], 'row')} {what}"
        for what in ("added", "removed")
        if facts[f"rows_{what}"]
    ]
    parts += [
        f"{counted(facts[what], 'column')} {what}"
        for what in ("added", "dropped", "renamed", "retyped")
        if facts[what]
    ]
    if facts["moved"]:
        parts.append(f"{counted(facts['moved'], 'column')} distributed otherwise")
    return f"{listed(parts) if parts else 'Cells were changed'}.".capitalize()


def _findings(changes: Sequence[Change], before: Side, after: Side) -> Iterator[Finding]:
    for change in changes:
        name = change.before or change.after
        if change.what == "dropped":
            role = before.schema[name].role
            severity = "error" if role == "target" else "warning"
            yield Finding("column-dropped", severity, f"{name!r} ({role}) is gone.", {}, name)
        elif change.what == "added":
            yield Finding("column-added", "info", f"{name!r} is new.", {}, name)
        elif change.what == "renamed":
            sentence = f"{name!r} is called {change.after!r} now."
            yield Finding("column-renamed", "warning", sentence, {"to": change.after}, name)
        elif change.what == "retyped":
            types = f"{_type(before, name)} became {_type(after, name)}"
            yield Finding("column-retyped", "warning", f"{name!r}: {types}.", {}, name)
        if change.distance is not None and change.distance >= MOVED:
            sentence = f"{name!r} is distributed otherwise: distance {change.distance:.2f}."
            yield Finding("column-moved", "warning", sentence, {"distance": change.distance}, name)


def _columns(changes: Sequence[Change], before: Side, after: Side) -> Table:
    def told(side: Side, name: str) -> str | None:
        return str(_type(side, name)) if name else None

    def missing(side: Side, name: str) -> float | None:
        if not name:
            return None
        return side.table.column(name).null_count / max(1, side.table.num_rows)

    return Table.of(
        "columns",
        {
            "name": [c.after or c.before for c in changes],
            "change": [c.what for c in changes],
            "name_before": [c.before or None for c in changes],
            "type_before": [told(before, c.before) for c in changes],
            "type_after": [told(after, c.after) for c in changes],
            "missing_before": [missing(before, c.before) for c in changes],
            "missing_after": [missing(after, c.after) for c in changes],
            "distance": [c.distance for c in changes],
            "shift": [c.shift for c in changes],
        },
        "Distance 0: distributed alike; 1: nothing in common. Shift: standard deviations before.",
    )

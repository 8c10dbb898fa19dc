"""Folds: how the rows that are not for testing take turns in being held out.

Dealt by the table, the split and the seed alone, so that two runs on the same data are validated
on the same folds and their differences are paired.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from workbench.core.dataset import Schema
from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.folds import Folds, Scheme
from workbench.core.split import TEST, TRAIN, VALID, Split
from workbench.data.content import groups_of
from workbench.data.target import encoded, numbers
from workbench.tables import Tabular


@dataclass(frozen=True, eq=False)
class Fold:
    """One turn.

    Parameters
    ----------
    parts
        Per row of the table ``TRAIN``, ``VALID`` (a piece of the training rows that decides when to
        stop), or ``TEST`` for all rows that the model must not see.
    held
        The numbers of the rows that are held out and judge, ascending.
    """

    repeat: int
    number: int
    parts: np.ndarray
    held: np.ndarray


def settled(folds: Folds, split: Split, classes: bool) -> Folds:
    """The folds with scheme and column decided.

    Raises
    ------
    UsageError
        The scheme needs a column and has none.
    """
    scheme = folds.scheme or _scheme(split, classes)
    if scheme == "stratified" and not classes:
        scheme = "random"
    column = folds.column
    if column is None and scheme in ("group", "time") and split.method == scheme:
        column = split.column
    if scheme in ("group", "time") and column is None:
        raise UsageError(f"Folds by {scheme} need a column.", "Name it: column=...")
    if scheme not in ("group", "time") and column is not None:
        raise UsageError(f"{scheme.capitalize()} folds take no column.", "Leave it out.")
    return replace(folds, scheme=scheme, column=column)


def _scheme(split: Split, classes: bool) -> Scheme:
    if split.method in ("group", "content", "time"):
        return split.method  # type: ignore[return-value]
    return "stratified" if classes else "random"


def deal(
    folds: Folds, parts: np.ndarray, truth: np.ndarray, split: Split, table: Tabular, schema: Schema
) -> list[Fold]:
    """The turns of all repeats.

    Parameters
    ----------
    folds
        As :func:`settled` gives them.
    parts
        Those of the run's split; its test rows are in no fold.
    truth
        (n,) class numbers, -1 where missing, or float values, NaN where missing.

    Raises
    ------
    DataError
        There are too few rows, groups or moments for so many folds.
    NotFound
        The column is not in the table.
    """
    if folds.column is not None and folds.column not in table.column_names:
        raise NotFound.among("column", folds.column, table.column_names)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    rows = np.flatnonzero(known & (parts != TEST))
    share = float((parts[rows] == VALID).mean())
    if len(rows) < 2 * folds.count:
        raise DataError(
            f"{len(rows)} rows are too few for {folds.count} folds.", "Use fewer folds."
        )
    found = []
    for repeat in range(folds.repeats):
        generator = np.random.default_rng([folds.seed, repeat])
        dealt = _dealt(folds, rows, truth, split, table, schema, share, generator)
        for number, (train, stop, held) in enumerate(dealt):
            mine = np.full(len(parts), TEST, np.int8)
            mine[rows[train]], mine[rows[stop]] = TRAIN, VALID
            found.append(Fold(repeat, number, mine, rows[held]))
    return found


def grouped(split: Split, table: Tabular, schema: Schema) -> np.ndarray | None:
    """Rows that a split keeps together, as whole numbers; None where there are none."""
    if split.method == "content":
        return groups_of(split, table, schema)
    if split.method != "group":
        return None
    codes, values = encoded(table.column(split.column))
    codes = codes.copy()
    # rows without a group are groups of their own, as the split deals them
    missing = np.flatnonzero(codes < 0)
    codes[missing] = len(values) + np.arange(len(missing))
    return codes


Turn = tuple[np.ndarray, np.ndarray, np.ndarray]  # places that train, stop and are held out


def _dealt(
    folds: Folds,
    rows: np.ndarray,
    truth: np.ndarray,
    split: Split,
    table: Tabular,
    schema: Schema,
    share: float,
    generator: np.random.Generator,
) -> Iterator[Turn]:
    if folds.scheme == "time":
        assert folds.column is not None
        yield from _in_time(folds, numbers(table.column(folds.column))[rows], share)
        return
    if folds.scheme in ("group", "content"):
        kept = split if split.method == "content" else Split("content")
        if folds.scheme == "group":
            kept = Split("group", column=folds.column)
        groups = grouped(kept, table, schema)
        assert groups is not None
        yield from _together(folds, groups[rows], share, generator)
        return
    strata = truth[rows] if folds.scheme == "stratified" else np.zeros(len(rows), np.int64)
    turn = _round_robin(strata, folds.count, generator)
    for number in range(folds.count):
        train, held = np.flatnonzero(turn != number), np.flatnonzero(turn == number)
        stops = _drawn(strata[train], share, generator)
        yield train[~stops], train[stops], held


def _round_robin(strata: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """The fold of each row: shuffled within its class, dealt on where the class before ended."""
    order = generator.permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    turn = np.empty(len(strata), np.int64)
    turn[order] = np.arange(len(strata)) % count
    return turn


def _drawn(strata: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Which rows decide when to stop, class by class; one of each class at least trains."""
    found = np.zeros(len(strata), bool)
    for code in np.unique(strata):
        members = generator.permutation(np.flatnonzero(strata == code))
        found[members[: min(round(len(members) * share), len(members) - 1)]] = True
    return found


def _together(
    folds: Folds, groups: np.ndarray, share: float, generator: np.random.Generator
) -> Iterator[Turn]:
    """Whole groups; the largest are dealt first, each to the fold with the fewest rows."""
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < max(3, folds.count):
        raise DataError(
            f"{len(sizes)} groups are too few for {folds.count} folds.",
            "Use fewer folds, or another column.",
        )
    order = generator.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    turn, filled = np.empty(len(sizes), np.int64), np.zeros(folds.count)
    for group in order:
        turn[group] = np.argmin(filled)
        filled[turn[group]] += sizes[group]
    for number in range(folds.count):
        mine = generator.permutation(np.flatnonzero(turn != number))
        reached = np.cumsum(sizes[mine]) <= share * sizes[mine].sum()
        reached[0], reached[-1] = share > 0 and len(mine) > 1, False
        stops = np.isin(codes, mine[reached])
        held = turn[codes] == number
        yield (np.flatnonzero(~held & ~stops), np.flatnonzero(stops), np.flatnonzero(held))


def _in_time(folds: Folds, when: np.ndarray, share: float) -> Iterator[Turn]:
    """An expanding window: each stretch is held out once all before it have been learned from.

    Equal moments stay together; rows without a moment train always, as in a split by time.
    """
    moments = np.unique(when[~np.isnan(when)])
    if len(moments) < folds.count + 2:
        raise DataError(
            f"Column {folds.column!r} has {len(moments)} moments, too few for {folds.count} folds.",
            "Use fewer folds, or another column.",
        )
    early = np.where(np.isnan(when), -np.inf, when)
    ordered = np.sort(when[~np.isnan(when)])
    places = np.linspace(0, len(ordered), folds.count + 2)[1:-1].astype(np.int64)
    starts = np.unique(ordered[places])
    if len(starts) < folds.count or starts[0] == moments[0]:
        raise DataError(
            f"The moments of {folds.column!r} are too uneven for {folds.count} folds.",
            "Use fewer folds.",
        )
    for start, end in zip(starts, [*starts[1:], np.inf], strict=True):
        before = np.flatnonzero(early < start)
        cut = _latest(early[before], share)
        held = np.flatnonzero((early >= start) & (early < end if end < np.inf else True))
        yield before[early[before] < cut], before[early[before] >= cut], held


def _latest(when: np.ndarray, share: float) -> float:
    """The moment from which on rows are the latest ``share``; some rows stay before it."""
    ordered = np.sort(when)
    cut = float(ordered[min(len(ordered) - 1, round(len(ordered) * (1 - share)))])
    return cut if share > 0 and cut > ordered[0] else np.inf

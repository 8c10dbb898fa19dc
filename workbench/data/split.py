"""Split: which rows train, validate and test; the same answer on every machine, every time."""

from __future__ import annotations

import numpy as np
import pyarrow.types as kinds

from workbench.core.dataset import Schema
from workbench.core.errors import DataError, NotFound
from workbench.core.split import PARTS, TEST, TRAIN, VALID, Split
from workbench.data.content import groups_of
from workbench.data.target import Target, encoded, numbers, target_of
from workbench.tables import Tabular

WORDS = {
    "train": TRAIN, "training": TRAIN, "valid": VALID, "validation": VALID, "val": VALID,
    "dev": VALID, "test": TEST, "testing": TEST,
}  # fmt: skip


def assign(
    split: Split, table: Tabular, schema: Schema, groups: np.ndarray | None = None
) -> np.ndarray:
    """The part of each row: ``TRAIN``, ``VALID`` or ``TEST`` as int8.

    Rows are dealt by the table and the seed alone, so equal tables are always dealt alike.

    Parameters
    ----------
    groups
        Those of a split by content, if they are known already.

    Raises
    ------
    DataError
        A part would be empty, a class has too few rows, or the column cannot split.
    NotFound
        A column of the split is not in the table.
    UsageError
        A split by content has no columns to look at.
    """
    for name in split.needs:
        if name not in table.column_names:
            raise NotFound.among("column", name, table.column_names)
    target = _classes(table, schema)
    if split.method in ("stratified", "random"):
        parts = _dealt(split, table.num_rows, target if split.method == "stratified" else None)
    elif split.method == "group":
        parts = _groups(split, table)
    elif split.method == "time":
        parts = _times(split, table)
    elif split.method == "content":
        known = groups_of(split, table, schema) if groups is None else groups
        parts = _contents(split, known, target)
    else:
        parts = _given(split, table, target)
    _check(parts, split)
    return parts


def _classes(table: Tabular, schema: Schema) -> Target | None:
    """The target, where it has classes that could be dealt evenly."""
    column = schema.target
    if column is None:
        return None
    target = target_of(table.column(column.name), column)
    return None if target.task == "regression" else target


def _dealt(split: Split, rows: int, target: Target | None) -> np.ndarray:
    generator = np.random.default_rng(split.seed)
    parts = np.full(rows, TRAIN, np.int8)
    if target is None:
        _deal(parts, generator.permutation(rows), split.valid, split.test)
        return parts
    _check_classes(target)
    for code in range(-1, len(target.classes)):
        members = generator.permutation(np.flatnonzero(target.codes == code))
        _deal(parts, members, split.valid, split.test, spread=code >= 0)
    return parts


def _deal(
    parts: np.ndarray, members: np.ndarray, valid: float, test: float, spread: bool = True
) -> None:
    """Deal shuffled rows; ``spread`` gives each part one of them while there are enough."""
    count = len(members)
    tests, valids = round(count * test), round(count * valid)
    if spread and test:
        tests = max(tests, int(count >= 2))
    if spread and valid:
        valids = max(valids, int(count >= 3))
    if spread and count and tests + valids >= count:  # one row at least to learn from
        valids = min(valids, max(0, count - 1 - tests))
        tests = min(tests, count - 1)
    parts[members[:tests]] = TEST
    parts[members[tests : tests + valids]] = VALID


def _check_classes(target: Target) -> None:
    counts = np.bincount(target.codes[target.codes >= 0], minlength=len(target.classes))
    single = np.flatnonzero(counts < 2)
    if len(single) == 0:
        return
    shown = str(target.classes[single[0]])
    if len(single) > 10:
        raise DataError(
            f"{len(single):,} of the {len(counts):,} classes of the target {target.name!r} have "
            "one row only.",
            "It may be no class at all: choose another target, or make its kind a number.",
        )
    raise DataError(
        f"Class {shown!r} of the target {target.name!r} has one row only.",
        "A class needs rows to learn from and rows to be judged by: add some or drop it.",
    )


def _groups(split: Split, table: Tabular) -> np.ndarray:
    """Whole groups, shuffled, until each part has its share of the rows."""
    codes, values = encoded(table.column(split.column))
    # rows without a group are groups of their own: nothing ties them to other rows
    missing = np.flatnonzero(codes < 0)
    codes = codes.copy()
    codes[missing] = len(values) + np.arange(len(missing))
    sizes = np.bincount(codes)
    if len(sizes) < 3:
        raise DataError(
            f"Column {split.column!r} has {len(sizes)} groups; a split needs three or more.",
            "Choose another column, or another split.",
        )
    order = np.random.default_rng(split.seed).permutation(len(sizes))
    # the middle of a group decides, so that one large group does not swallow two parts
    before = np.cumsum(sizes[order]) - sizes[order] / 2
    rows = len(codes)
    part = np.full(len(sizes), TRAIN, np.int8)
    part[order[before < rows * (split.test + split.valid)]] = VALID
    part[order[before < rows * split.test]] = TEST
    _fill_groups(part, order)
    parts: np.ndarray = part[codes]
    return parts


def _contents(split: Split, groups: np.ndarray, target: Target | None) -> np.ndarray:
    """Whole groups; those of one class are dealt among themselves, by their first rows."""
    first = np.unique(groups, return_index=True)[1]
    if len(first) < 3:
        raise DataError(
            f"The rows say {len(first)} different things; a split by content needs three or more.",
            "Use another split.",
        )
    if target is not None:
        _check_classes(target)
    classes = np.zeros(len(first), np.int64) if target is None else target.codes[first]
    sizes = np.bincount(groups)
    generator = np.random.default_rng(split.seed)
    part = np.full(len(first), TRAIN, np.int8)
    for code in np.unique(classes):
        members = generator.permutation(np.flatnonzero(classes == code))
        part[members] = _by_size(split, sizes[members])
    for wanted in (TEST, VALID):
        spare = _spare(part, classes)
        if not (part == wanted).any() and len(spare):
            part[generator.choice(spare)] = wanted
    parts: np.ndarray = part[groups]
    return parts


def _spare(part: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The groups that may go to another part: theirs has others, and their class still trains."""
    trains = part == TRAIN
    left = np.bincount(classes[trains] + 1, minlength=int(classes.max()) + 2)
    found: np.ndarray = np.flatnonzero(
        (np.bincount(part, minlength=3)[part] > 1) & (~trains | (left[classes + 1] > 1))
    )
    return found


def _by_size(split: Split, sizes: np.ndarray) -> np.ndarray:
    """Parts of shuffled groups by where their middles lie; the last one trains in any case."""
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    part = np.full(len(sizes), TRAIN, np.int8)
    part[middles < split.test + split.valid] = VALID
    part[middles < split.test] = TEST
    part[-1] = TRAIN
    return part


def _fill_groups(part: np.ndarray, order: np.ndarray) -> None:
    """Give an empty part one group; there are three at least."""
    for place, wanted in ((0, TEST), (1, VALID), (-1, TRAIN)):
        if not (part == wanted).any():
            part[order[place]] = wanted


def _times(split: Split, table: Tabular) -> np.ndarray:
    """The latest rows test, those before them validate; equal moments stay together."""
    values = table.column(split.column)
    if not (kinds.is_timestamp(values.type) or kinds.is_integer(values.type) or
            kinds.is_floating(values.type)):  # fmt: skip
        raise DataError(
            f"Column {split.column!r} holds {values.type}, no time to split by.",
            "Choose a column of dates or numbers.",
        )
    when = numbers(values)
    known = np.sort(when[~np.isnan(when)])
    if len(known) == 0:
        raise DataError(f"Column {split.column!r} has no values.", "Choose another column.")
    first_test = known[min(len(known) - 1, round(len(known) * (1 - split.test)))]
    earlier = known[known < first_test]
    parts = np.full(len(when), TRAIN, np.int8)  # rows without a time train
    parts[when >= first_test] = TEST
    if len(earlier):
        cut = round(len(known) * (1 - split.test - split.valid))
        first_valid = earlier[min(len(earlier) - 1, cut)]
        parts[(when >= first_valid) & (when < first_test)] = VALID
    return parts


def drawn(split: Split, table: Tabular) -> bool:
    """Whether its validation rows were dealt by chance, so that others could stand for them.

    Not those before the test rows in time, nor those that a column names.
    """
    if split.method != "given":
        return split.method != "time"
    _, values = encoded(table.column(split.column))
    return all(WORDS.get(str(value).strip().lower()) != VALID for value in values)


def _given(split: Split, table: Tabular, target: Target | None) -> np.ndarray:
    codes, values = encoded(table.column(split.column))
    words = [str(value).strip().lower() for value in values]
    for word, value in zip(words, values, strict=True):
        if word not in WORDS:
            raise DataError(
                f"Column {split.column!r} says {value!r}, which is no part of a split.",
                "It may say train, valid or test.",
            )
    if (codes < 0).any():
        raise DataError(f"Column {split.column!r} has missing cells.", "Name a part in each row.")
    parts: np.ndarray = np.array([WORDS[word] for word in words], np.int8)[codes]
    if not (parts == VALID).any():
        _draw_valid(parts, split, target)
    return parts


def _draw_valid(parts: np.ndarray, split: Split, target: Target | None) -> None:
    """``valid`` is then the share of the training rows, drawn class by class."""
    generator = np.random.default_rng(split.seed)
    train = np.flatnonzero(parts == TRAIN)
    codes = np.zeros(len(train), np.int64) if target is None else target.codes[train]
    for code in np.unique(codes):
        members = generator.permutation(train[codes == code])
        parts[members[: round(len(members) * split.valid)]] = VALID


def _check(parts: np.ndarray, split: Split) -> None:
    for part, name in enumerate(PARTS):
        if not (parts == part).any():
            raise DataError(
                f"The {split.method} split of {len(parts):,} rows leaves no {name} rows.",
                "Use more rows, other shares, or another split.",
            )

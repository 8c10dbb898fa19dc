"""Folds hold every row out once, keep together what belongs together, and never touch the test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.dataset import Column, Schema
from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.folds import Folds
from workbench.core.split import TEST, TRAIN, VALID, Split
from workbench.data.folds import Fold, deal, settled


def schema() -> Schema:
    kinds = {"y": "number", "g": "number", "t": "number"}
    return Schema(tuple(Column(n, "int64", k, "feature") for n, k in kinds.items()))


def dealt(
    folds: Folds, rows: int = 300, seed: int = 0, split: Split | None = None, groups: int = 40
) -> tuple[list[Fold], pa.Table, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.choice(3, rows, p=(0.6, 0.3, 0.1)).astype(np.int64)
    columns = {
        "y": truth,
        "g": random.integers(0, groups, rows),
        "t": random.integers(0, rows // 2, rows),
    }
    table = pa.table(columns)
    parts = random.choice(3, rows, p=(0.65, 0.15, 0.2)).astype(np.int8)
    split = split or Split()
    found = deal(settled(folds, split, True), parts, truth, split, table, schema())
    return found, table, parts, truth


@given(
    st.sampled_from(["stratified", "random", "group"]),
    st.integers(2, 8),
    st.integers(1, 3),
    st.integers(0, 10**6),
)
def test_every_row_that_is_not_for_testing_is_held_out_once_a_repeat(
    scheme: Any, count: int, repeats: int, seed: int
) -> None:
    column = "g" if scheme == "group" else None
    found, _, parts, _ = dealt(Folds(count, repeats, scheme, column, seed), seed=seed)
    assert len(found) == count * repeats
    for repeat in range(repeats):
        held = np.concatenate([f.held for f in found if f.repeat == repeat])
        np.testing.assert_array_equal(np.sort(held), np.flatnonzero(parts != TEST))
    for fold in found:
        assert (fold.parts[parts == TEST] == TEST).all()  # the test rows are seen by nobody
        assert (fold.parts[fold.held] == TEST).all()
        assert (fold.parts == TRAIN).any() and (fold.parts == VALID).any()


def test_classes_are_dealt_evenly() -> None:
    found, _, parts, truth = dealt(Folds(5, scheme="stratified"))
    for code in range(3):
        counts = [int((truth[f.held] == code).sum()) for f in found]
        assert max(counts) - min(counts) <= 1, counts
    sizes = [len(f.held) for f in found]
    assert max(sizes) - min(sizes) <= 1
    share = (parts == VALID).sum() / (parts != TEST).sum()
    for fold in found:
        mine = (fold.parts == VALID).sum() / (fold.parts != TEST).sum()
        assert mine == pytest.approx(share, abs=0.02)


@given(st.integers(0, 10**6), st.integers(6, 60))
def test_groups_are_never_parted(seed: int, groups: int) -> None:
    found, table, _, _ = dealt(Folds(5, scheme="group", column="g"), seed=seed, groups=groups)
    group = table["g"].to_numpy()
    for fold in found:
        three = [group[fold.parts == TRAIN], group[fold.parts == VALID], group[fold.held]]
        assert not set(three[0]) & set(three[1])
        assert not set(three[2]) & (set(three[0]) | set(three[1]))


@given(st.integers(0, 10**6), st.integers(2, 8))
def test_only_earlier_rows_train_in_order_of_time(seed: int, count: int) -> None:
    found, table, _, _ = dealt(Folds(count, scheme="time", column="t"), seed=seed)
    when = table["t"].to_numpy()
    assert len(found) == count
    trained = 0
    for fold in found:
        train, stop = when[fold.parts == TRAIN], when[fold.parts == VALID]
        assert train.max() < stop.min() and stop.max() < when[fold.held].min()
        assert len(train) + len(stop) > trained  # the window grows
        trained = len(train) + len(stop)
    latest = found[-1].held
    assert when[latest].max() == max(when[f.held].max() for f in found)


def test_the_split_says_how_and_the_seed_says_which() -> None:
    assert settled(Folds(), Split("group", column="g"), True) == Folds(5, 1, "group", "g")
    assert settled(Folds(), Split("time", column="t"), True).scheme == "time"
    assert settled(Folds(), Split("content"), True).scheme == "content"
    assert settled(Folds(), Split("stratified"), False).scheme == "random"
    first, again, other = (dealt(Folds(seed=s))[0] for s in (1, 1, 2))
    assert all(np.array_equal(a.held, b.held) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.held, b.held) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"count": 1}, UsageError),
        ({"repeats": 0}, UsageError),
        ({"scheme": "odd"}, UsageError),
        ({"scheme": "time", "repeats": 2}, UsageError),
        ({"scheme": "group"}, UsageError),
        ({"scheme": "stratified", "column": "g"}, UsageError),
        ({"scheme": "group", "column": "nowhere"}, NotFound),
        ({"count": 200}, DataError),
        ({"count": 30, "scheme": "group", "column": "g"}, DataError),
    ],
)
def test_folds_that_cannot_be_dealt_are_refused(wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        dealt(Folds(**wrong), groups=12)

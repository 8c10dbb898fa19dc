"""Splits keep their promises, and always the same ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.split import TEST, TRAIN, VALID, Split
from workbench.data.schema import infer
from workbench.data.split import assign, drawn

GOLDEN = "20100201020000102100"  # old runs would be judged on rows they learned from otherwise

CONTENT = "11220011220000000000"


def parts_of(split: Split, target: str | None = "y", **columns: Any) -> np.ndarray:
    table = pa.table(columns)
    return assign(split, table, infer(table, target=target))


def test_stratified_keeps_the_shares_of_the_classes() -> None:
    y = ["yes"] * 100 + ["no"] * 900
    parts = parts_of(Split(valid=0.1, test=0.2), y=y, x=[1.5, 2.5] * 500)
    assert parts.dtype == np.int8
    for code, share in ((TEST, 0.2), (VALID, 0.1), (TRAIN, 0.7)):
        chosen = np.array(y)[parts == code]
        assert (chosen == "yes").sum() == round(100 * share)
        assert (chosen == "no").sum() == round(900 * share)


def test_the_same_seed_deals_alike_and_another_seed_does_not() -> None:
    columns: dict[str, Any] = {"y": [0, 1] * 100, "x": [0.5, 1.5, 2.5, 3.5] * 50}
    first = parts_of(Split(seed=3), **columns)
    assert np.array_equal(first, parts_of(Split(seed=3), **columns))
    assert not np.array_equal(first, parts_of(Split(seed=4), **columns))


def test_a_split_is_the_same_on_every_machine() -> None:
    parts = parts_of(Split(seed=7), y=[0, 1] * 10, x=[0.5] * 19 + [1.5])
    assert "".join(map(str, parts)) == GOLDEN


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(2, 30), min_size=2, max_size=6),
    valid=st.floats(0.05, 0.4),
    test=st.floats(0.05, 0.4),
    seed=st.integers(0, 99),
)
def test_every_class_is_learned_from_and_judged(
    counts: list[int], valid: float, test: float, seed: int
) -> None:
    y = [f"c{i}" for i, count in enumerate(counts) for _ in range(count)]
    table = pa.table({"y": y})
    schema = infer(table, target="y", semantics={"y": "category"})
    split = Split(valid=valid, test=test, seed=seed)
    if max(counts) < 3:  # nothing is left for validation where all classes have two rows
        with pytest.raises(DataError, match="leaves no valid rows"):
            assign(split, table, schema)
        return
    parts = assign(split, table, schema)
    for name in set(y):
        mine = parts[np.array(y) == name]
        assert (mine == TRAIN).any()
        assert (mine == TEST).any()


def test_regression_is_dealt_at_random() -> None:
    parts = parts_of(Split(), y=np.linspace(0, 1, 100).tolist(), x=[1, 2] * 50)
    assert np.bincount(parts).tolist() == [65, 15, 20]


def test_random_does_not_mind_a_class_of_one_row() -> None:
    y = ["a"] * 50 + ["b"] * 49 + ["c"]
    assert len(parts_of(Split("random"), y=y)) == 100


def test_groups_stay_together() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 1000)
    parts = parts_of(Split("group", column="who"), y=[0, 1] * 500, who=groups.tolist())
    for group in range(40):
        assert len(set(parts[groups == group])) == 1
    assert np.bincount(parts, minlength=3).min() > 60


def test_three_groups_fill_three_parts_and_two_cannot() -> None:
    who = ["a"] * 90 + ["b"] * 5 + ["c"] * 5
    split = Split("group", column="who")
    assert set(parts_of(split, y=[0, 1] * 50, who=who)) == {TRAIN, VALID, TEST}
    with pytest.raises(DataError, match="2 groups"):
        parts_of(split, y=[0, 1] * 50, who=["a", "b"] * 50)


def test_the_latest_rows_test_and_equal_moments_stay_together() -> None:
    days = [dt.datetime(2020, 1, 1) + dt.timedelta(days=i // 3) for i in range(300)]
    order = np.random.default_rng(0).permutation(300)
    parts = parts_of(Split("time", column="day"), y=[0, 1] * 150, day=[days[i] for i in order])
    shuffled = np.array(days)[order]
    assert shuffled[parts == TRAIN].max() < shuffled[parts == VALID].min()
    assert shuffled[parts == VALID].max() < shuffled[parts == TEST].min()
    assert abs((parts == TEST).sum() - 60) <= 3


def test_given_parts_are_taken_and_validation_is_drawn_from_train() -> None:
    given_parts = ["Train"] * 80 + [" test"] * 20
    split = Split("given", valid=0.25, column="part")
    parts = parts_of(split, y=["a", "b"] * 50, part=given_parts)
    assert (parts[80:] == TEST).all()
    assert (parts[:80] == VALID).sum() == 20
    full = parts_of(split, y=["a", "b"] * 2, part=["train", "train", "valid", "test"])
    assert full.tolist() == [TRAIN, TRAIN, VALID, TEST]


def test_only_rows_that_chance_dealt_can_be_replaced_by_others() -> None:
    def of(split: Split, *part: str) -> bool:
        return drawn(split, pa.table({"part": part}))

    assert of(Split()) and of(Split("group", column="part"), "a", "b")
    assert not of(Split("time", column="part"), "1", "2")
    assert of(Split("given", column="part"), "train", "Test")
    assert not of(Split("given", column="part"), "train", " Validation", "test")


@pytest.mark.parametrize(
    ("split", "columns", "sentence"),
    [
        (Split("given", column="p"), {"p": ["train", "tset"] * 5}, "'tset'"),
        (Split("given", column="p"), {"p": ["train", None] * 5}, "missing cells"),
        (Split("given", column="p"), {"p": ["train", "valid"] * 5}, "no test rows"),
        (Split("time", column="p"), {"p": ["a", "b"] * 5}, "no time to split by"),
        (Split("time", column="p"), {"p": [1, 1] * 5}, "leaves no"),
        (Split(), {"p": ["a", "b"] * 5, "y": ["u"] * 9 + ["v"]}, "has one row only"),
    ],
)
def test_splits_that_cannot_be_are_refused(
    split: Split, columns: dict[str, Any], sentence: str
) -> None:
    target = "y" if "y" in columns else None
    with pytest.raises(DataError, match=sentence):
        parts_of(split, target, **columns)


def test_a_column_that_is_not_there_offers_near_names() -> None:
    with pytest.raises(NotFound, match="'dya'"):
        parts_of(Split("time", column="dya"), None, day=[1, 2, 3])


def test_rows_without_a_target_are_dealt_too() -> None:
    parts = parts_of(Split(), y=["a", "b", None, "a", "b"] * 20)
    assert len(parts) == 100
    assert (parts == TEST).sum() == 20


@settings(max_examples=60, deadline=None)
@given(
    copies=st.lists(st.integers(1, 6), min_size=40, max_size=120),
    classes=st.integers(2, 4),
    seed=st.integers(0, 99),
)
def test_rows_that_say_the_same_are_dealt_to_one_part(
    copies: list[int], classes: int, seed: int
) -> None:
    what = np.repeat(np.arange(len(copies)), copies)
    names = [f"Row {i}" if k % 2 else f" rOW {i} " for k, i in enumerate(what)]
    y = [f"c{i % classes}" for i in what]
    order = np.random.default_rng(seed).permutation(len(what))
    table = pa.table({"n": np.array(names)[order], "x": what[order] / 7, "y": np.array(y)[order]})
    schema = infer(table, target="y", roles={"n": "feature"})
    parts = assign(Split("content", seed=seed), table, schema)
    seen = {i: set(parts[what[order] == i]) for i in set(what)}
    assert all(len(found) == 1 for found in seen.values())
    assert set(np.array(y)[order][parts == TRAIN]) == set(y)
    assert abs((parts == TEST).mean() - 0.2) <= classes * 6 / len(what)


def test_a_split_by_content_is_the_same_on_every_machine() -> None:
    x = np.arange(20) // 2 * 0.5
    columns: dict[str, Any] = {"y": [0, 0, 1, 1] * 5, "x": x, "t": [*"aabbccddeeffgghhiijj"]}
    parts = parts_of(Split("content", seed=7, columns=("x", "t")), **columns)
    assert "".join(map(str, parts)) == CONTENT
    with pytest.raises(NotFound):
        parts_of(Split("content", columns=("nowhere",)), **columns)
    with pytest.raises(UsageError, match="one column"):
        Split("random", columns=("x",))


def test_links_by_a_column_join_rows_that_say_different_things() -> None:
    x = [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, *np.arange(10, 40)]
    group = ["a", "a", "b", "b", "c", "c", *[None] * 30]
    parts = parts_of(
        Split("content", column="group", columns=("x",)), None, x=x, group=group, y=[0.5] * 36
    )
    assert len(set(parts[:6])) == 1 and set(parts[6:]) == {TRAIN, VALID, TEST}


@pytest.mark.parametrize("seed", range(8))
def test_a_part_is_filled_from_where_one_can_be_spared(seed: int) -> None:
    names = [*"abcd"] * 10
    parts = parts_of(Split("content", seed=seed, columns=("n",)), n=names, y=[0, 0, 1, 1] * 10)
    assert [(parts == part).sum() for part in (TRAIN, VALID, TEST)] == [20, 10, 10]
    assert {n in "ab" for n, part in zip(names, parts, strict=True) if part == TRAIN} == {
        True,
        False,
    }

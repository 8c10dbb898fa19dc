"""Each step against a library, a closed form, or the definition written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold
from sklearn.preprocessing import KBinsDiscretizer, TargetEncoder
from sklearn.utils import murmurhash3_32

from workbench.core.feature import Feature
from workbench.core.signature import Field, Signature
from workbench.encoding import DATE_PARTS, encode, inputs
from workbench.features.step import made

CELL = st.none() | st.integers(-50, 50).map(float)


def step(name: str, columns: int = 1, **params: Any) -> Any:
    return made(Feature(name, tuple("abc"[:columns]), params))


def numbers(*columns: Any) -> pd.DataFrame:
    return pd.DataFrame({f"n{i}": np.asarray(c, np.float32) for i, c in enumerate(columns)})


def texts(*cells: str) -> pd.DataFrame:
    return pd.DataFrame({"t": np.array(cells, object)})


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("ratio", [2, np.nan, np.nan, np.nan]),
        ("difference", [3, 5, 1e30, np.nan]),
        ("product", [18, 0, np.nan, np.nan]),
        ("sum", [9, 5, 1e30, np.nan]),
    ],
)
def test_arithmetic_leaves_nothing_infinite(how: str, wanted: list[float]) -> None:
    rows = numbers([6, 5, 1e30, np.nan], [3, 0, 1e-20, 1])
    if how == "product":
        rows.iloc[2, 1] = 1e30
    found = step("combine", 2, how=how).fit_transform(rows)
    np.testing.assert_allclose(found.ravel(), np.array(wanted, np.float32), rtol=1e-6)


def test_numbers_are_read_among_words() -> None:
    cells = "12", "-3.5e1", ".5", "5.", "n.k.", "", "1 2", "0x10", "1_000", "nan", "inf", "1e39"
    found = step("number").fit_transform(texts(*cells))
    assert found.dtype == np.float32 and found.shape == (12, 1)
    np.testing.assert_array_equal(found[:4, 0], [12, -35, 0.5, 5])
    assert np.isnan(found[4:]).all()


@settings(max_examples=100, deadline=None)
@given(st.floats(-(2.0**99), 2.0**99, width=32, allow_subnormal=False))
def test_a_number_is_read_as_it_was_written(value: float) -> None:
    (found,) = step("number").fit_transform(texts(f"{value:.9g}"))[0]
    assert found == np.float32(value)


def test_a_date_counts_in_days_where_it_is_an_amount() -> None:
    signature = Signature((Field("from", "datetime"), Field("to", "datetime")), "", "regression")
    day = pd.to_datetime(["2024-02-28", "2024-12-31"]).to_numpy()
    arrays = encode({"from": day, "to": day + np.timedelta64(36, "h")}, signature)
    names = [i.name for i in inputs(signature) if i.part == "day"]
    rows = pd.DataFrame({n: arrays[n] for n in reversed(names)})
    assert step("combine", 2, how="difference").fit_transform(rows).ravel().tolist() == [1.5, 1.5]


def test_the_logarithm_is_signed() -> None:
    found = step("log").fit_transform(numbers([0, math.e - 1, 1 - math.e, np.nan])).ravel()
    np.testing.assert_allclose(found, [0, 1, -1, np.nan], rtol=1e-6)


def test_bounds_are_quantiles_of_the_training_rows_unless_said() -> None:
    values = np.arange(1001, dtype=np.float32)
    found = step("clip").fit_transform(numbers(values)).ravel()
    assert (found.min(), found.max()) == (10, 990)
    found = step("clip", low=100).fit_transform(numbers([1, np.nan, 5000])).ravel()
    np.testing.assert_array_equal(found[:2], [100, np.nan])


def test_stand_ins_become_missing() -> None:
    found = step("missing", values="-999, 99").fit_transform(numbers([-999, 99, 5])).ravel()
    np.testing.assert_array_equal(found, [np.nan, np.nan, 5])
    found = step("missing", values=["?", "N/A"]).fit_transform(texts("?", "N/A", "ok")).ravel()
    assert found.tolist() == ["", "", "ok"]


@pytest.mark.parametrize(("how", "strategy"), [("quantile", "quantile"), ("width", "uniform")])
def test_bins_are_those_of_scikit_learn(how: str, strategy: str) -> None:
    values = np.random.default_rng(0).gamma(2, 10, 2000).astype(np.float32)
    theirs = KBinsDiscretizer(
        8, encode="ordinal", strategy=strategy, quantile_method="linear", subsample=None
    ).fit_transform(values[:, None].astype(float))
    ours = step("bins", count=8, how=how).fit_transform(numbers(values))
    assert (ours == theirs).mean() > 0.999  # edges are rounded to float32


def test_a_date_says_quarter_weekend_and_cycles() -> None:
    signature = Signature((Field("d", "datetime"),), "", "regression")
    days = pd.to_datetime(
        ["2024-12-31T18:00", "2024-06-01T00:00", None]
    ).to_numpy()  # Tuesday, Saturday
    arrays = encode({"d": days}, signature)
    made = step("date")
    found = pd.DataFrame(made.fit_transform(pd.DataFrame(arrays)), columns=made.parts())
    assert found["quarter"].tolist()[:2] == [4, 2]
    assert found["weekend"].tolist()[:2] == [0, 1]
    np.testing.assert_allclose(found["hour_sin"][0], -1, atol=1e-6)
    assert found.iloc[2].isna().all()
    assert len(arrays) == len(DATE_PARTS)


@pytest.mark.parametrize("classes", [2, 3, 0])
def test_the_mean_of_the_target_is_that_of_scikit_learn(classes: int) -> None:
    draw = np.random.default_rng(0)
    rows = texts(*draw.choice(["a", "b", "c", ""], 500))
    y = draw.integers(0, classes, 500) if classes else draw.normal(size=500)
    kind = {2: "binary", 3: "multiclass", 0: "continuous"}[classes]
    theirs = TargetEncoder(target_type=kind, cv=KFold(5, shuffle=True, random_state=0))
    wanted = theirs.fit_transform(rows.to_numpy(object), y)
    ours = step("target_mean")
    skip = int(classes > 2)
    np.testing.assert_allclose(ours.fit_transform(rows, y), wanted[:, skip:], rtol=1e-6)
    new = texts("a", "never seen", "")
    np.testing.assert_allclose(
        ours.transform(new), theirs.transform(new.to_numpy(object))[:, skip:], rtol=1e-6
    )


def test_the_mean_of_the_target_does_not_leak() -> None:
    """Categories that say nothing must say nothing of the rows that they were learned from."""
    draw = np.random.default_rng(0)
    rows, y = texts(*(f"k{i}" for i in draw.integers(0, 300, 3000))), draw.integers(0, 2, 3000)
    made = step("target_mean")
    assert abs(roc_auc_score(y, made.fit_transform(rows, y).ravel()) - 0.5) < 0.05
    assert roc_auc_score(y, made.transform(rows).ravel()) > 0.6  # what leaking would look like


def test_buckets_are_those_of_murmur_hash() -> None:
    found = step("hash", buckets=50, seed=7).fit_transform(texts("a@b.org", "", "ü")).ravel()
    mark = [murmurhash3_32(t.encode(), seed=7, positive=True) % 50 for t in ("a@b.org", "ü")]
    assert found.tolist() == [str(mark[0]), "", str(mark[1])]


def test_lengths_are_characters_and_words() -> None:
    found = step("length").fit_transform(texts("", "one", "ein  Öl\nfass", "日本 語"))
    assert found.tolist() == [[0, 0], [3, 1], [12, 3], [4, 2]]


def test_words_are_counted_as_by_scikit_learn(datasets: Any) -> None:
    sms = pd.read_csv(datasets / "sms_spam" / "sms.tsv", sep="\t", header=None, quoting=3).iloc[
        :, 1
    ]
    ours = step("words", most=40)
    found = ours.fit_transform(pd.DataFrame({"t": sms.astype(object)}))
    theirs = CountVectorizer(token_pattern="[a-z0-9_]+", vocabulary=ours.vocabulary)
    lower = [t.encode().lower().decode() for t in sms]
    np.testing.assert_array_equal(found, theirs.fit_transform(lower).toarray())
    counts = CountVectorizer(token_pattern="[a-z0-9_]+", binary=True).fit(lower)
    texts_with = np.asarray(counts.transform(lower).sum(axis=0)).ravel()
    assert sorted(texts_with)[-40:] == sorted(
        texts_with[[counts.vocabulary_[w] for w in ours.vocabulary]]
    )


# ---- aggregates ----


def said(values: list[float | None], how: str) -> float:
    known = [v for v in values if v is not None]
    if how == "count":
        return float(len(values))
    if not known:
        return math.nan
    return {"mean": np.mean, "sum": np.sum, "spread": np.std}[how](known)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), CELL, st.none() | st.integers(0, 30)),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["count", "mean", "sum", "spread"]),
    st.none() | st.integers(1, 20),
)
def test_with_a_time_a_row_knows_its_own_past_alone(
    rows: list[tuple[str, float | None, int | None]], how: str, days: int | None
) -> None:
    made = step("aggregate", 3, how=how, **({"days": days} if days else {}))
    keys, values, moments = zip(*rows, strict=True)
    frame = pd.DataFrame({"k": np.array(keys, object)})
    frame["v"] = np.array(values, dtype=np.float32)
    frame["day"] = np.array(moments, dtype=np.float32)
    found = made.fit_transform(frame).ravel()
    span = days or math.inf

    def window(key: str, before: float, closed: bool) -> list[float | None]:
        return [
            v for k, v, t in rows
            if k == key and t is not None and before - span <= t and (t < before or closed)
        ]  # fmt: skip

    wanted = [said(window(k, t, False) if t is not None else [], how) for k, _, t in rows]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)
    last = max((t for t in moments if t is not None), default=0)
    ends = made.transform(frame).ravel()
    np.testing.assert_allclose(
        ends, [said(window(k, last, True), how) for k in keys], rtol=1e-4, atol=1e-3
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), CELL), min_size=2, max_size=40),
    st.sampled_from(["count", "mean", "sum", "spread"]),
)
def test_without_a_time_a_row_knows_other_folds_alone(
    rows: list[tuple[str, float | None]], how: str
) -> None:
    keys, values = zip(*rows, strict=True)
    frame = pd.DataFrame({"k": np.array(keys, object), "v": np.array(values, dtype=np.float32)})
    made = step("aggregate", 2, how=how, folds=3, seed=4)
    fold = np.random.default_rng(4).integers(0, 3, len(rows))
    found = made.fit_transform(frame).ravel()
    wanted = [
        said([v for (k, v), f in zip(rows, fold, strict=True) if k == key and f != own], how)
        for key, own in zip(keys, fold, strict=True)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)
    whole = [said([v for k, v in rows if k == key], how) for key in keys]
    np.testing.assert_allclose(made.transform(frame).ravel(), whole, rtol=1e-4, atol=1e-3)
    unknown = made.transform(pd.DataFrame({"k": np.array(["new"], object), "v": np.float32([1])}))
    assert unknown.item() == 0 if how == "count" else np.isnan(unknown.item())


def test_a_missing_key_is_nobodys() -> None:
    frame = pd.DataFrame({"k": np.array(["", "", "", "a", "a"], object), "v": np.float32(range(5))})
    made = step("aggregate", 2, how="count", folds=2)
    assert made.fit_transform(frame)[:3].ravel().tolist() == [0, 0, 0]
    assert made.transform(frame).ravel().tolist() == [0, 0, 0, 2, 2]


@pytest.mark.parametrize("columns", [2, 3])
@pytest.mark.parametrize("how", ["mean", "sum", "spread"])
def test_large_values_of_one_key_do_not_drown_another(how: str, columns: int) -> None:
    values = [1e30, -1e30, 1e30, 1, 2, 3]
    frame = pd.DataFrame({"k": np.array(list("aaabbb"), object), "v": np.float32(values)})
    frame["day"] = np.float32(range(6))
    made = step("aggregate", columns, how=how).fit(frame.iloc[:, :columns])
    wanted = {"mean": 2, "sum": 6, "spread": np.std([1, 2, 3])}[how]
    assert made.transform(frame.iloc[3:, :columns])[0, 0] == pytest.approx(wanted)

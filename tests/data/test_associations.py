"""Associations equal those of scipy, scikit-learn and pandas; patterns and time are counted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import normalized_mutual_info_score

from workbench.core.report import Report
from workbench.data.associations import Sampled, associations, cramers_v
from workbench.data.coverage import coverage
from workbench.data.profile import profile
from workbench.data.read import read
from workbench.data.schema import infer


def numbers(name: str, cells: Any) -> Sampled:
    return Sampled(name, np.asarray(cells, np.float64), True)


def codes(name: str, cells: Any) -> Sampled:
    return Sampled(name, np.asarray(cells, np.int64), False)


def test_numbers_go_together_as_scipy_says() -> None:
    generator = np.random.default_rng(0)
    a = generator.normal(size=500)
    b = np.round(np.exp(a + generator.normal(size=500)), 1)  # with ties
    (found,) = associations([numbers("a", a), numbers("b", b)])
    assert found.measure == "spearman"
    assert found.value == pytest.approx(stats.spearmanr(a, b).statistic)
    assert found.pearson == pytest.approx(stats.pearsonr(a, b).statistic)
    bins = [pd.qcut(x, 10, labels=False, duplicates="drop") for x in (a, b)]
    told = normalized_mutual_info_score(*bins)
    assert found.mutual_information == pytest.approx(told, abs=0.02)  # edges of ties differ


def test_missing_cells_are_left_out_pair_by_pair() -> None:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(400, 3)) @ generator.normal(size=(3, 3)))
    frame = frame.mask(generator.random((400, 3)) < 0.2)
    found = associations([numbers(str(c), frame[c]) for c in frame])
    truth = frame.corr()
    for pair in found:
        one, other = int(pair.one), int(pair.other)
        assert pair.pearson == pytest.approx(truth.loc[one, other])
        assert pair.rows == frame[[one, other]].dropna().shape[0]


def test_categories_go_together_as_scipy_says() -> None:
    generator = np.random.default_rng(2)
    a = generator.integers(0, 4, 600)
    b = np.where(generator.random(600) < 0.5, a, generator.integers(0, 4, 600))
    (found,) = associations([codes("a", a), codes("b", b)])
    table = pd.crosstab(a, b).to_numpy()
    plain = stats.contingency.association(table, "cramer", correction=False)
    phi = plain**2 * 3
    corrected = max(0, phi - 9 / 599) / (4 - 9 / 599 - 1)
    assert found.value == pytest.approx(np.sqrt(corrected))
    assert found.mutual_information == pytest.approx(normalized_mutual_info_score(a, b))


def test_a_category_explains_the_variance_of_a_number() -> None:
    generator = np.random.default_rng(3)
    group = generator.integers(0, 3, 300)
    x = group * 2 + generator.normal(size=300)
    (found,) = associations([codes("g", group), numbers("x", x)])
    frame = pd.DataFrame({"g": group, "x": x})
    within = (frame.x - frame.groupby("g").x.transform("mean")).pow(2).sum()
    total = (frame.x - frame.x.mean()).pow(2).sum()
    assert (found.measure, found.rows) == ("correlation_ratio", 300)
    assert found.value == pytest.approx(np.sqrt(1 - within / total))


def test_what_does_not_vary_has_no_associations() -> None:
    same = [numbers("a", [1.0] * 50), codes("b", [0] * 50), numbers("c", [np.nan] * 50)]
    assert associations([*same, numbers("d", np.arange(50.0))]) == ()
    assert cramers_v(np.array([[3, 4]])) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 5), st.floats(-1e9, 1e9) | st.none()), min_size=25,
                max_size=60))  # fmt: skip
def test_strengths_stay_in_their_range(cells: list[tuple[int, float | None]]) -> None:
    x = [np.nan if number is None else number for _, number in cells]
    found = associations([codes("a", [c for c, _ in cells]), numbers("b", x),
                          numbers("c", x[::-1])])  # fmt: skip
    for pair in found:
        assert -1 <= pair.value <= 1
        assert 0 <= pair.mutual_information <= 1


def table_of(report: Report, name: str) -> list[dict[str, Any]]:
    return list(report[name].records())


def test_cells_missing_together_are_counted(datasets: Path) -> None:
    table = read(datasets / "titanic" / "titanic.csv").table
    report = profile(table, infer(table), "t")
    lacking = table.to_pandas().isna()
    truth = lacking.apply(lambda row: tuple(lacking.columns[row]), axis=1).value_counts()
    found = {tuple(r["columns"]): r["rows"] for r in table_of(report, "missing")}
    assert found == truth.to_dict()
    assert sum(r["share"] for r in table_of(report, "missing")) == pytest.approx(1)


def test_only_the_first_64_columns_are_followed() -> None:
    table = pa.table({f"c{i}": pa.array([1.5, None] * 20) for i in range(70)})
    found = table_of(profile(table, infer(table), "t"), "missing")
    assert sorted((r["lacking"], r["rows"]) for r in found) == [(0, 20), (64, 20)]


def test_time_is_covered_with_its_gaps() -> None:
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(days=i) for i in range(20) if i not in (5, 6)]
    report = profile(table := pa.table({"day": days}), infer(table), "t")
    (row,) = table_of(report, "time")
    assert (row["first"], row["last"], row["period"]) == ("2024-01-01", "2024-01-20", "day")
    assert (row["periods"], row["gaps"], row["longest_gap"]) == (20, 2, 3 * 86_400)
    assert (row["gap_from"], row["gap_to"]) == ("2024-01-05", "2024-01-08")
    assert sum(r["count"] for r in table_of(report, "periods")) == 18


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-(10**10), 10**10), min_size=1, max_size=40))
def test_every_moment_lies_in_one_period(seconds: list[int]) -> None:
    found = coverage(np.sort(np.array(seconds, np.float64)))
    assert sum(found.counts) == len(seconds)
    assert len(found.starts) == len(found.counts) <= 330
    assert found.counts[0] > 0 and found.counts[-1] > 0


@pytest.mark.parametrize("unit", ["week", "month", "year", "day", "hour"])
def test_periods_are_those_of_pandas(unit: str) -> None:
    generator = np.random.default_rng(4)
    span = {"week": 200, "month": 1500, "year": 15000, "day": 50, "hour": 2}[unit] * 86_400
    seconds = np.sort(generator.integers(0, span, 300)).astype(np.float64)
    found = coverage(seconds)
    assert found.period == unit
    code = {"week": "W", "month": "M", "year": "Y", "day": "D", "hour": "h"}[unit]
    periods = pd.Series(pd.to_datetime(seconds, unit="s")).dt.to_period(code).value_counts()
    truth = {str(p.start_time).removesuffix(" 00:00:00").replace(" ", "T"): n
             for p, n in periods.items()}  # fmt: skip
    shown = dict(zip(found.starts, found.counts, strict=True))
    assert {start: n for start, n in shown.items() if n} == truth


def test_quantiles_skew_and_outliers_equal_those_of_numpy_and_scipy(datasets: Path) -> None:
    table = read(datasets / "california_housing" / "housing.csv").table
    frame = table.to_pandas()
    for row in table_of(profile(table, infer(table), "t"), "columns"):
        if row["mean"] is None:
            continue
        x = frame[row["name"]].dropna().to_numpy()
        told = [row[q] for q in ("q01", "q05", "q95", "q99")]
        assert told == pytest.approx(np.quantile(x, [0.01, 0.05, 0.95, 0.99]))
        assert row["skew"] == pytest.approx(stats.skew(x))
        q25, q75 = np.quantile(x, [0.25, 0.75])
        far = (x < q25 - 3 * (q75 - q25)) | (x > q75 + 3 * (q75 - q25))
        assert row["outliers"] == far.sum()

"""A profile tells the truth about a table, and quickly."""

from __future__ import annotations

import datetime as dt
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from workbench.core.errors import Cancelled
from workbench.core.report import Report
from workbench.core.wire import dumps
from workbench.data.catalogue import fetch
from workbench.data.hashed import hashes
from workbench.data.profile import profile
from workbench.data.read import read
from workbench.data.schema import infer


def report_of(name: str, datasets: Path) -> tuple[pd.DataFrame, Report]:
    fetched = fetch(name, str(datasets))
    table, hints = fetched.imported.table, fetched.hints
    schema = infer(
        table, target=hints["target"], sensitive=hints["sensitive"], roles=hints["roles"]
    )
    return table.to_pandas(), profile(table, schema, f"{name}@1")


def codes(report: Report, subject: str | None = None) -> set[str]:
    return {f.code for f in report.findings if subject in (None, f.subject)}


def test_numbers_equal_those_of_pandas(datasets: Path) -> None:
    frame, report = report_of("california_housing", datasets)
    for row in report["columns"].records():
        values = frame[row["name"]]
        assert row["missing"] == values.isna().sum()
        assert row["distinct"] == values.nunique()
        if row["semantic"] != "number":
            assert row["top"] == values.mode()[0]
            assert row["top_share"] == pytest.approx((values == row["top"]).sum() / values.count())
            continue
        told = [row[k] for k in ("mean", "std", "min", "q25", "median", "q75", "max")]
        known = values.describe()[["mean", "std", "min", "25%", "50%", "75%", "max"]].tolist()
        known[1] = values.std(ddof=0)
        assert told == pytest.approx(known)


def test_bars_hold_every_filled_cell_once(datasets: Path) -> None:
    frame, report = report_of("penguins", datasets)
    bars = report["histograms"].frame()
    for name, found in bars.groupby("column"):
        assert found["count"].sum() == frame[name].count()


def test_adult_is_profiled_within_a_moment(datasets: Path) -> None:
    fetched = fetch("adult", str(datasets))
    schema = infer(fetched.imported.table, target="income")
    began = time.perf_counter()
    report = profile(fetched.imported.table, schema, "adult@1")
    assert time.perf_counter() - began < 1.5  # 0.06 s on a quiet machine
    assert report["target"].column("count") == [37155, 11687]
    assert "'capital-gain' holds 99999 in 244 rows" in str([f.sentence for f in report.findings])
    assert "twin-columns" in codes(report, "education-num") | codes(report, "education")


def test_the_relation_to_the_target_is_an_honest_auc(datasets: Path) -> None:
    frame, report = report_of("adult", datasets)
    told = dict(zip(report["columns"].column("name"), report["columns"].column("target_relation"),
                    strict=True))  # fmt: skip
    truth = frame["income"] == ">50K"
    assert told["education-num"] == pytest.approx(
        roc_auc_score(truth, frame["education-num"]), abs=0.01
    )
    rate = truth.groupby(frame["relationship"]).transform("mean")
    assert told["relationship"] == pytest.approx(roc_auc_score(truth, rate), abs=0.01)
    assert told["income"] is None


def test_many_values_alone_tell_nothing_about_the_target() -> None:
    generator = np.random.default_rng(0)
    table = pa.table(
        {"name": [f"n{i % 1500}" for i in range(3000)], "y": generator.integers(0, 2, 3000)}
    )
    report = profile(table, infer(table, target="y"), "t")
    relation = report["columns"].column("target_relation")[0]
    assert 0.4 < relation < 0.6


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_column_that_knows_the_target_is_suspected(task: str) -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=1000)
    y = {"binary": x > 0.3, "multiclass": np.digitize(x, [-0.5, 0.5]), "regression": x**3}[task]
    table = pa.table({"leak": x * 2 + 1, "noise": generator.normal(size=1000), "y": y})
    report = profile(table, infer(table, target="y"), "t")
    assert codes(report, "leak") == {"leakage"}
    assert "leakage" not in codes(report, "noise")
    assert report.facts["task"] == task


def test_known_faults_of_real_data_are_found(datasets: Path) -> None:
    assert report_of("diamonds", datasets)[1].facts["duplicate_rows"] == 146
    assert report_of("default_credit", datasets)[1].facts["duplicate_rows"] == 35
    assert report_of("wine_quality", datasets)[1].facts["duplicate_rows"] == 240 + 937
    assert report_of("sms_spam", datasets)[1].facts["duplicate_rows"] == 403
    titanic = report_of("titanic", datasets)[1]
    assert codes(titanic, "cabin") == {"high-missing"}
    assert codes(titanic, "name") == {"free-text", "personal-data"}
    bank = report_of("bank_marketing", datasets)[1]
    assert "disguised-missing" in codes(bank, "pdays") & codes(bank, "poutcome")
    forest = report_of("covertype_10k", datasets)[1]
    constant = {f.subject for f in forest.findings if f.code == "constant"}
    assert constant == {"Soil_Type7", "Soil_Type15", "Soil_Type25"}


def test_uneven_and_missing_targets_are_told() -> None:
    table = pa.table({"y": ["a"] * 480 + ["b"] * 15 + [None] * 5, "x": [0.5, 1.5] * 250})
    assert {"imbalance", "target-missing"} <= codes(
        profile(table, infer(table, target="y"), "t"), "y"
    )


def test_dates_get_bars_and_ends_as_text() -> None:
    days = [dt.datetime(2020, 1, 1) + dt.timedelta(days=i) for i in range(100)]
    report = profile(table := pa.table({"day": days}), infer(table), "t")
    row = next(report["columns"].records())
    assert (row["min"], row["max"]) == ("2020-01-01", "2020-04-09")
    assert sum(report["histograms"].column("count")) == 100


def test_extreme_numbers_do_no_harm() -> None:
    table = pa.table(
        {
            "huge": [1e308, -1e308, 0.0] * 20,
            "close": [1e15, 1e15 + 0.125, 1e15] * 20,
            "long": [2**63 - 1, -(2**63), 0] * 20,
            "gaps": [None, None, 1.5] * 20,
        }
    )
    report = profile(table, infer(table), "t")
    assert report["columns"].column("distinct") == [3, 2, 3, 1]


def test_awkward_names_and_cells_pass_through_unharmed(tmp_path: Path) -> None:
    name = '<b>"x"</b>\n| `é`'
    frame = pd.DataFrame({name: ["<script>alert(1)</script>", "b", "b"], "y": [1, 2, 3]})
    table = read(frame).table
    report = profile(table, infer(table), "t")
    assert report["columns"].column("name")[0] == name
    assert Report.from_dict(json.loads(dumps(report.to_dict()))).tables == report.tables


def test_a_table_without_a_target_has_a_profile_too(datasets: Path) -> None:
    table = read(datasets / "penguins" / "penguins.csv").table
    report = profile(table, infer(table), "penguins@1")
    assert report.facts["target"] is None
    assert set(report["columns"].column("target_relation")) == {None}


def test_a_profile_can_be_stopped(datasets: Path) -> None:
    def stop(*_: object) -> None:
        raise Cancelled

    table = read(datasets / "penguins" / "penguins.csv").table
    with pytest.raises(Cancelled):
        profile(table, infer(table), "penguins@1", stop)


def test_texts_that_all_differ_are_counted_by_their_hashes() -> None:
    generator = np.random.default_rng(0)
    words = [f"k{i}" * (1 + i % 3) + "é" * (i % 2) for i in range(250_000)]
    words[5], words[9], words[77], words[100] = words[6], words[6], None, ""
    table = pa.table({"key": pa.chunked_array([words[:100_001], words[100_001:]]),
                      "n": generator.normal(size=250_000)})  # fmt: skip
    row = next(profile(table, infer(table, roles={"key": "id"}), "t")["columns"].records())
    truth = pd.Series(words)
    assert (row["missing"], row["distinct"]) == (truth.isna().sum(), truth.nunique())
    assert (row["top"], row["top_share"]) == (words[6], 3 / 249_999)
    marks = hashes(table["key"])
    assert len(np.unique(marks)) == truth.nunique() + 1  # a missing cell is none of them


@given(st.lists(st.none() | st.text(max_size=20), max_size=60), st.integers(0, 5))
def test_equal_texts_have_equal_hashes_and_others_differ(words: list[str | None], cut: int) -> None:
    array = pa.chunked_array([pa.array(words, pa.string())[cut:], pa.array(words, pa.string())])
    marks = hashes(array).tolist()
    for one, mark in zip(array.to_pylist(), marks, strict=True):
        for other, second in zip(array.to_pylist(), marks, strict=True):
            assert (one == other) == (mark == second)

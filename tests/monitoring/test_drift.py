"""Drift is found where the world moved, named in a sentence, and drawn on an offline page."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
from scipy.stats import wasserstein_distance

from workbench.core.errors import DataError
from workbench.core.report import Report
from workbench.core.signature import Field, Kind, Signature
from workbench.core.wire import dumps
from workbench.data.catalogue import fetch
from workbench.data.diff import Side, diff
from workbench.data.schema import infer
from workbench.measures.distances import wasserstein
from workbench.monitoring.drift import drift
from workbench.store.digest import column_digests

SIGNATURE = Signature(
    (
        Field("dteday", "datetime"),
        Field("temp", "number"),
        Field("hum", "number"),
        Field("hr", "number"),
        Field("season", "category"),
        Field("holiday", "boolean"),
        Field("registered", "number"),
    ),
    "cnt",
    "regression",
)


@pytest.fixture(scope="module")
def bikes(datasets: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The hours of 2011 and of 2012."""
    frame = pd.read_csv(datasets / "bike_sharing" / "hour.csv", parse_dates=["dteday"])
    return frame[frame["yr"] == 0], frame[frame["yr"] == 1]


@pytest.fixture(scope="module")
def found(bikes: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[Report, str, str]:
    return drift(*bikes, SIGNATURE, "bikes")


def test_2012_is_not_2011(found: tuple[Report, str, str]) -> None:
    report = found[0]
    drifted = {r["column"]: r["drifted"] for r in report["drift"].records()}
    assert drifted["dteday"] and drifted["registered"]  # more riders, and another year
    assert not drifted["hr"] and not drifted["season"] and not drifted["holiday"]
    assert re.fullmatch(r"3 of 7 columns drifted: .*\.", report.sentence)
    assert report.facts["drifted"] == 3


def test_every_column_is_tested_by_a_declared_method(found: tuple[Report, str, str]) -> None:
    table = found[0]["drift"]
    methods = dict(zip(table.column("column"), table.column("method"), strict=True))
    assert set(methods) == set(SIGNATURE.names)
    assert methods["season"] == methods["holiday"] == "jensenshannon"
    assert methods["temp"] == methods["dteday"] == "wasserstein"


def test_scores_are_wasserstein_distances_in_reference_deviations(
    bikes: tuple[pd.DataFrame, pd.DataFrame], found: tuple[Report, str, str]
) -> None:
    then, now = bikes
    row = next(r for r in found[0]["drift"].records() if r["column"] == "hum")
    own = wasserstein_distance(then["hum"], now["hum"]) / np.std(then["hum"])
    assert row["score"] == pytest.approx(own, rel=1e-3)


def test_the_page_needs_no_network_and_the_json_is_json(found: tuple[Report, str, str]) -> None:
    report, page, raw = found
    outside = set(re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)=["'](?:https?:)?//""", page))
    assert not outside
    assert json.loads(raw)["metrics"]
    assert Report.from_dict(report.to_dict()).tables == report.tables
    assert "NaN" not in dumps(report)


def test_a_few_rows_of_the_same_year_are_no_drift(
    bikes: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    then, _ = bikes
    report, _, _ = drift(then, then.sample(40, random_state=1), SIGNATURE, "bikes")
    assert report.sentence == "None of 7 columns drifted."
    assert report.facts["methods"] == ["chisquare", "ks"]


def test_names_and_values_cannot_put_markup_into_the_page() -> None:
    bad = "</script><img src=x onerror=alert(1)>"
    frame = pd.DataFrame({bad: [bad, "b"] * 40, "n": np.arange(80.0)})
    signature = Signature((Field(bad, "category"), Field("n", "number")), "y", "regression")
    report, page, _ = drift(frame, frame, signature, "bad")
    assert "<img src=x" not in page and "onerror=alert(1)>" not in page
    assert bad in report["drift"].column("column")


def test_missing_and_unseen_values_are_told() -> None:
    random = np.random.default_rng(0)
    then = pd.DataFrame({"town": random.choice(["a", "b"], 300), "n": random.normal(size=300)})
    now = then.copy()
    now.loc[:89, "n"] = np.nan
    now.loc[:59, "town"] = "new"
    now["empty"] = then["empty"] = None
    kinds = (Field("town", "category"), Field("n", "number"), Field("empty", "number"))
    report, _, _ = drift(then, now, Signature(kinds, "y", "regression"), "x")
    sentences = [f.sentence for f in report.findings]
    assert "n is missing in 30% of the rows, 0% in training." in sentences
    assert any(s.startswith("town holds 1 value not seen") for s in sentences)
    assert "empty" not in report["drift"].column("column")


def test_nothing_to_compare_is_refused_in_one_sentence(
    bikes: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    then, now = bikes
    with pytest.raises(DataError):
        drift(then, now[:0], SIGNATURE, "x")
    with pytest.raises(DataError):
        drift(then, now.drop(columns="hum"), SIGNATURE, "x")


def test_our_own_distances_are_those_of_evidently(datasets: Path) -> None:
    """Adult as it was published, in two parts: what a profile and a diff say at once."""
    table = fetch("adult", str(datasets)).imported.table
    schema = infer(table, target="income")
    train = pc.equal(table.column("part"), "train")
    sides = [table.filter(train), table.filter(pc.invert(train))]
    ours = diff(*(Side(str(i), t, schema, column_digests(t)) for i, t in enumerate(sides)))
    own = {r["name"]: r for r in ours["columns"].records()}
    kinds: dict[str, Kind] = {"string": "category", "int64": "number"}
    fields = tuple(Field(c.name, kinds[c.dtype]) for c in schema.columns if c.name != "part")
    signature = Signature(fields, "", "regression")
    report = drift(*(t.to_pandas() for t in sides), signature, "adult", against="train")[0]
    assert {r["method"] for r in report["drift"].records()} == {"wasserstein", "jensenshannon"}
    for row in report["drift"].records():
        mine = own[row["column"]]
        if row["method"] == "wasserstein":
            assert row["score"] == pytest.approx(mine["shift"], rel=1e-9)
        else:  # Evidently counts in nats
            in_nats = mine["distance"] * math.sqrt(math.log(2))
            assert row["score"] == pytest.approx(in_nats, rel=1e-9)
            assert mine["shift"] is None
    assert len(report["drift"]) == 15


def test_free_text_is_tested_by_its_length() -> None:
    short = pd.DataFrame({"words": [f"a few words {i}" for i in range(600)]})
    long = pd.DataFrame({"words": [f"a few words and then some more {i}" for i in range(600)]})
    signature = Signature((Field("words", "text"),), "", "regression")
    report = drift(short, long, signature, "texts")[0]
    (row,) = report["drift"].records()
    lengths = [side["words"].str.len() for side in (short, long)]
    assert row["score"] == pytest.approx(wasserstein(*(s.to_numpy(float) for s in lengths)))
    few = drift(short[:100], long[:100], signature, "texts")[0]
    assert few["drift"].column("method") == ["ks"] and few["drift"].column("drifted") == [True]

"""A choice of bars leaves the rows that pandas would leave."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.core.dataset import Column, Schema
from workbench.core.report import Report
from workbench.data import facets as module
from workbench.data.catalogue import fetch
from workbench.data.facets import Facets, bars_of
from workbench.data.profile import profile
from workbench.data.schema import infer
from workbench.store.datasets import DatasetStore
from workbench.tables import GROUP, write_parquet


def described(table: pa.Table) -> tuple[Schema, Report]:
    schema = infer(table)
    return schema, profile(table, schema, "t@1")


def bars(report: Report) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in report["histograms"].records():
        found.setdefault(row["column"], []).append(row["count"])
    return found


@pytest.mark.parametrize("name", ["adult", "titanic", "electricity", "compas"])
def test_without_a_choice_the_bars_are_those_of_the_profile(name: str, datasets: Path) -> None:
    table = fetch(name, str(datasets)).imported.table
    _, report = described(table)
    found = Facets(table, bars_of(report)).counts({})
    assert {n: c.tolist() for n, c in found.items()} == bars(report)


def test_a_choice_filters_the_other_columns(datasets: Path) -> None:
    table = fetch("adult", str(datasets)).imported.table
    _, report = described(table)
    facets = Facets(table, bars_of(report))
    frame = table.to_pandas()
    labels = [r["label"] for r in report["histograms"].records() if r["column"] == "sex"]
    women = labels.index("Female")
    ages = [r for r in report["histograms"].records() if r["column"] == "age"]
    left = facets.counts({"sex": [women], "age": [0, 1]})
    young = (frame["age"] >= ages[0]["low"]) & (frame["age"] < ages[1]["high"])
    both = frame[young & (frame["sex"] == "Female")]
    race = [r["label"] for r in report["histograms"].records() if r["column"] == "race"]
    assert left["race"].tolist() == [int((both["race"] == label).sum()) for label in race]
    assert left["sex"].tolist() == [int((frame[young]["sex"] == label).sum()) for label in labels]
    assert left["age"].sum() == int((frame["sex"] == "Female").sum())


def test_the_rows_of_the_table_are_those_of_the_facets(tmp_path: Path, datasets: Path) -> None:
    """What DuckDB finds for a bar is what the bar says."""
    table = fetch("titanic", str(datasets)).imported.table
    when = [
        None if i % 9 == 0 else dt.datetime(2020, 1, 1) + dt.timedelta(i) for i in range(len(table))
    ]
    table = table.append_column("when", pa.array(when, pa.timestamp("us")))
    table = table.append_column("flag", pc.greater(table.column("fare"), 20))
    long = [f"{'x' * (100 + i % 40)}{i % 3}" for i in range(len(table))]
    table = table.append_column("long", pa.array(long))
    schema, report = described(table)
    schema = schema.edited(semantics={"long": "text"})
    report = profile(table, schema, "t@1")
    store = DatasetStore(tmp_path)
    record = store.save(table, name="t", schema=schema)
    facets = Facets(store.table(record), bars_of(report))
    counts = facets.counts({})
    assert {"when", "flag", "long", "age", "name"} & set(counts)
    for name, expected in counts.items():
        for bar, count in enumerate(expected):
            found = store.page(record, where=facets.filters({name: [bar]}))[2]
            assert found == count, (name, bar)


def test_large_tables_are_sampled_and_scaled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 2 * GROUP)
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": random.normal(size=6 * GROUP), "c": random.choice(["a", "b"], 6 * GROUP)}
    )
    schema = pa.schema({"x": pa.float64(), "c": pa.string()})
    table = write_parquet(tmp_path / "t.parquet", [pa.Table.from_pandas(frame, schema)])
    columns = (Column("x", "double", "number"), Column("c", "string", "category"))
    report = profile(table.read(), Schema(columns), "t@1")
    facets = Facets(table, bars_of(report))
    assert facets.sampled and facets.rows == 2 * GROUP
    counts = facets.counts({"c": [0]})
    assert counts["c"].sum() == pytest.approx(6 * GROUP, abs=2)
    assert counts["x"].sum() == pytest.approx(3 * GROUP, rel=0.02)

"""Two versions of a table: what was added, dropped, retyped, renamed, moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.core.report import Report
from workbench.data.catalogue import fetch
from workbench.data.diff import Side, diff
from workbench.data.schema import infer
from workbench.store.digest import column_digests


def side(table: pa.Table, ref: str, target: str | None = None) -> Side:
    return Side(ref, table, infer(table, target=target), column_digests(table))


def changes(report: Report) -> dict[str, str]:
    found = report["columns"]
    return dict(zip(found.column("name"), found.column("change"), strict=True))


@pytest.fixture(scope="module")
def adult(datasets: Path) -> pa.Table:
    return fetch("adult", str(datasets)).imported.table


def test_a_table_does_not_differ_from_itself(adult: pa.Table) -> None:
    report = diff(side(adult, "a@1"), side(adult, "a@2"))
    assert report.sentence == "Both hold the same columns with the same cells."
    assert set(changes(report).values()) == {"same"}
    assert (report.facts["rows_kept"], report.facts["rows_added"]) == (adult.num_rows, 0)
    assert report.findings == ()


def test_every_kind_of_change_is_found(adult: pa.Table) -> None:
    after = adult.drop(["fnlwgt"]).append_column("new", pa.array([1] * adult.num_rows))
    after = after.rename_columns(
        ["hours" if n == "hours-per-week" else n for n in after.column_names]
    )
    place = after.column_names.index("education-num")
    after = after.set_column(place, "education-num", after.column(place).cast(pa.string()))
    place = after.column_names.index("age")
    after = after.set_column(place, "age", pc.add(after.column(place), 10))
    after = after.slice(1000)
    report = diff(side(adult, "a@1", "income"), side(after, "a@2", "income"))
    found = changes(report)
    assert {n for n, c in found.items() if c == "dropped"} == {"fnlwgt"}
    assert {n for n, c in found.items() if c == "added"} == {"new"}
    assert {n for n, c in found.items() if c == "retyped"} == {"education-num"}
    assert {n for n, c in found.items() if c == "renamed"} == {"hours"}
    renamed = next(r for r in report["columns"].records() if r["name"] == "hours")
    assert renamed["name_before"] == "hours-per-week"
    codes = {f.code for f in report.findings}
    assert codes == {
        "column-dropped", "column-added", "column-renamed", "column-retyped", "column-moved",
    }  # fmt: skip
    moved = [f.subject for f in report.findings if f.code == "column-moved"]
    assert moved == ["age"], "a thousand rows less move nothing else"


def test_appended_and_removed_rows_are_counted(adult: pa.Table) -> None:
    report = diff(side(adult.slice(0, 20_000), "a@1"), side(adult.slice(500, 25_000), "a@2"))
    facts = report.facts
    assert facts["rows_after"] == 25_000
    assert (facts["rows_kept"], facts["rows_added"], facts["rows_removed"]) == (19_500, 5500, 500)
    assert report.sentence == "5,500 rows added and 500 rows removed."


def test_shuffled_rows_are_the_same_rows(adult: pa.Table) -> None:
    order = np.random.default_rng(0).permutation(adult.num_rows)
    report = diff(side(adult, "a@1"), side(adult.take(pa.array(order)), "a@2"))
    assert (report.facts["rows_kept"], report.facts["moved"]) == (adult.num_rows, 0)
    assert set(changes(report).values()) == {"cells"}


def test_a_dropped_target_is_an_error(adult: pa.Table) -> None:
    report = diff(side(adult, "a@1", "income"), side(adult.drop(["income"]), "a@2"))
    assert report.worst == "error"
    assert "'income' (target) is gone." in [f.sentence for f in report.findings]


def test_a_rename_that_could_be_several_is_none() -> None:
    one = pa.table({"a": [1, 2, 3, 4], "key": ["x", "y", "z", "w"]})
    two = pa.table({"b": [1, 2, 3, 4], "c": [1, 2, 3, 4], "key": ["x", "y", "z", "w"]})
    assert changes(diff(side(one, "t@1"), side(two, "t@2"))) == {
        "a": "dropped", "b": "added", "c": "added", "key": "same",
    }  # fmt: skip


def test_tables_with_nothing_in_common_are_told_apart() -> None:
    one, two = pa.table({"a": [1, 2, 3]}), pa.table({"b": ["x", "y", "y"]})
    report = diff(side(one, "t@1"), side(two, "t@2"))
    assert changes(report) == {"a": "dropped", "b": "added"}
    assert report.facts["rows_kept"] == 0

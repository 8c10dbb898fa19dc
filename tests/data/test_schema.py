"""What columns mean, with reasons; what people say comes first."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.dataset import Column, Schema
from workbench.core.errors import NotFound, UsageError
from workbench.data import hashed
from workbench.data.read import read
from workbench.data.schema import LARGE, _distinct, infer
from workbench.tables import GROUP, write_parquet


def column(values: list[Any], name: str = "x") -> Column:
    return infer(pa.table({name: values}))[name]


@pytest.mark.parametrize(
    ("name", "values", "semantic", "role", "reason"),
    [
        ("x", [0.5, 1.5, 2.5], "number", "feature", "number: 0.5 to 2.5"),
        ("x", [3, 1, 2, 2], "number", "feature", "number: whole, 1 to 3"),
        ("x", [0, 1, 1, None], "boolean", "feature", "boolean: only 0 and 1"),
        ("x", [True, False, True], "boolean", "feature", "boolean: true and false"),
        ("x", list("abcdefghijkl") * 2, "category", "feature", "category: 12 values"),
        ("x", ["m", "f", "m"], "category", "feature", "category: 2 values (m, f)"),
        ("x", [dt.datetime(2020, 1, 1), dt.datetime(2021, 5, 1)], "datetime", "feature",
         "datetime: 2020-01-01 to 2021-05-01"),
        ("x", list(range(7, 40)), "identifier", "id", "identifier: unique and increasing"),
        ("customer_id", [5, 3, 9, 1, *range(100, 120)], "identifier", "id",
         "identifier: unique, and called like one"),
        ("x", [f"k{i:03}" for i in range(30)], "identifier", "id",
         "identifier: every value differs"),
        ("x", [f"the {i}th story of a long day" for i in range(60)], "text", "ignore",
         "text: free text, 7 words a cell on average; ignored"),
        ("x", [f"Ann {i}" for i in range(55)] + ["Ann 1"] * 5, "category", "ignore",
         "category: 55 values in 60 filled rows, too fine to learn from; ignored"),
        ("x", ["a", "a", "a"], "category", "ignore", "category: always a; ignored"),
        ("x", [1.0, None, 1.0], "number", "feature", "number: 1.0 or missing"),
    ],
)  # fmt: skip
def test_columns_are_told_with_a_reason(
    name: str, values: list[Any], semantic: str, role: str, reason: str
) -> None:
    found = column(values, name)
    assert (found.semantic, found.role, found.reason) == (semantic, role, reason)


def test_rising_measurements_of_few_rows_are_no_identifiers() -> None:
    assert column([1950 + 3 * i for i in range(25)], "year").semantic == "number"


def test_what_people_say_comes_first() -> None:
    table = pa.table({"id": range(30), "sex": ["m", "f", "d"] * 10, "y": [0, 1] * 15})
    schema = infer(
        table, target="y", sensitive=["sex"], roles={"id": "feature"}, semantics={"id": "number"}
    )
    assert [(c.role, c.semantic) for c in schema.columns] == [
        ("feature", "number"),
        ("sensitive", "category"),
        ("target", "boolean"),
    ]
    assert schema["id"].reason == "set by you"
    assert schema["sex"].reason == "category: 3 values (m, f, d)"


def test_a_target_is_no_identifier_even_if_its_values_differ() -> None:
    target = infer(pa.table({"y": range(30), "x": [1, 2] * 15}), target="y")["y"]
    assert (target.role, target.semantic) == ("target", "number")


def test_impossible_wishes_are_refused() -> None:
    table = pa.table({"a": [1, 2, 3], "b": [4, 5, 6]})
    with pytest.raises(NotFound):
        infer(table, sensitive=["c"])
    with pytest.raises(UsageError, match="both target and sensitive"):
        infer(table, target="a", sensitive=["a"])
    with pytest.raises(UsageError, match="no role"):
        infer(table, roles={"a": "hero"})


def test_real_columns_are_understood(datasets: Path) -> None:
    titanic = infer(read(datasets / "titanic" / "titanic.csv").table, target="survived")
    assert kinds(titanic, "survived", "sex", "age", "name", "ticket") == [
        ("boolean", "target"),
        ("category", "feature"),
        ("number", "feature"),
        ("text", "ignore"),
        ("category", "ignore"),
    ]
    ames = infer(read(datasets / "ames" / "ames_iowa.csv").table, target="price")
    assert kinds(ames, "Order", "PID", "Year.Built", "Neighborhood") == [
        ("identifier", "id"),
        ("identifier", "id"),
        ("number", "feature"),
        ("category", "feature"),
    ]
    bikes = infer(read(datasets / "bike_sharing" / "hour.csv").table, target="cnt")
    assert kinds(bikes, "instant", "dteday", "holiday", "temp") == [
        ("identifier", "id"),
        ("datetime", "feature"),
        ("boolean", "feature"),
        ("number", "feature"),
    ]


def kinds(schema: Schema, *names: str) -> list[tuple[str, str]]:
    return [(schema[name].semantic, schema[name].role) for name in names]


def test_groups_are_audited_before_numbers() -> None:
    columns = ("age", "number"), ("sex", "category"), ("race", "category")
    schema = Schema(tuple(Column(n, "string", s, "sensitive") for n, s in columns))  # type: ignore[arg-type]
    assert schema.audited() == ("sex", "race", "age")


@pytest.mark.parametrize(
    ("name", "values", "semantic", "basis", "reason"),
    [
        ("level", ["high", "Low", "medium"] * 3, "ordinal", "category", "Low < medium < high"),
        ("age", ["65+", "18-24", "<18", "25-34"] * 3, "ordinal", "category",
         "<18 < 18-24 < 25-34 < 65+"),
        ("rating", [1, 2, 3, 4, 5] * 3, "ordinal", "number",
         "whole, 1 to 5, called like a rating"),
        ("contact", [f"u{i}@example.org" for i in range(30)], "email", "text",
         "30 addresses; ignored"),
        ("file", [f"img/{i}.JPG" for i in range(30)], "image_path", "text",
         "30 names of image files; ignored"),
        ("home_lat", [48.1, 52.5, 53.6], "geographic", "number", "latitude, 48.1 to 53.6"),
        ("zip", [10115, 80331, 80331], "geographic", "number",
         "whole, 10,115 to 80,331, called like a place"),
        ("birth country", ["DE", "FR", "DE"], "geographic", "category",
         "2 values (DE, FR), called like a place"),
        ("long", [480.1, 52.5, 53.6], "number", "number", "52.5 to 480.1"),
        ("yes", ["a", "b", "c"], "category", "category", "3 values (a, b, c)"),
    ],
)  # fmt: skip
def test_meanings_beyond_the_type_are_told_with_a_reason(
    name: str, values: list[Any], semantic: str, basis: str, reason: str
) -> None:
    found = column(values, name)
    assert (found.semantic, found.basis) == (semantic, basis)
    assert found.reason == f"{semantic}: {reason}"


def test_a_target_is_no_address() -> None:
    table = pa.table({"mail": [f"u{i}@example.org" for i in range(30)], "x": range(30)})
    assert infer(table, target="mail")["mail"].semantic == "category"


def test_real_columns_have_meanings(datasets: Path) -> None:
    homes = infer(read(datasets / "california_housing" / "housing.csv").table)
    assert kinds(homes, "longitude", "latitude") == [("geographic", "feature")] * 2
    stones = infer(read(datasets / "diamonds" / "diamonds.csv").table)
    assert stones["cut"].reason == "ordinal: Fair < Good < Very Good < Premium < Ideal"
    assert stones["color"].semantic == "category"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=6) | st.none(), max_size=30), min_size=1, max_size=4))
def test_texts_are_counted_by_their_hashes_as_by_themselves(parts: list[list[Any]]) -> None:
    texts = pa.chunked_array([pa.array(part, pa.string()) for part in parts])
    known = {text for part in parts for text in part if text is not None}
    assert hashed.distinct(texts) == len(known)


def test_a_large_column_of_text_is_judged_as_a_small_one() -> None:
    rows = LARGE + 1
    table = pa.table(
        {
            "key": pa.array([f"k{i}" for i in range(rows)]),
            "city": pa.array(["Bern", "Ulm", None] * (rows // 3 + 1)).slice(0, rows),
        }
    )
    schema = infer(table)
    assert schema["key"].role == "id"
    assert schema["city"].reason == "geographic: 2 values (Bern, Ulm), called like a place"


def test_moments_are_counted_like_numbers() -> None:
    moments = [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2), dt.datetime(2026, 1, 1), None]
    assert _distinct(pa.chunked_array([pa.array(moments, pa.timestamp("us"))])) == 2


def test_a_table_on_disk_has_the_schema_of_one_in_memory(tmp_path: Path) -> None:
    """Texts that repeat are counted by their codes there, others by their hashes."""
    rows = 150_000
    table = pa.table(
        {
            "visited": pa.array(["Rome", None, "Oslo", "Bonn", "Rome"] * (rows // 5)),
            "none": pa.array([None] * rows, pa.string()),
            "same": ["x"] * rows,
            "code": [f"{n % 140_000:06d}" for n in range(rows)],
            "key": [None if n == 7 else f"k{n}" for n in range(rows)],
            "level": ["low", "medium", "high"] * (rows // 3),
        }
    )
    schema = infer(table)
    assert infer(write_parquet(tmp_path / "t.parquet", [table])) == schema
    assert schema["visited"].reason == "category: 3 values (Rome, Oslo, Bonn)"
    assert schema["none"].reason == "category: no values; ignored"
    assert "140,000 values" in schema["code"].reason
    assert schema["key"].reason == "identifier: every value differs"
    assert schema["level"].semantic == "ordinal"


CELLS = st.sampled_from(
    [
        [None, 0, 1], [0, 1, 2, 3], [None], [7], [None, 7], [-0.0, 0.0], [0.0, 1.0],
        [0.0, 0.5, 1.0], [None, 1.5, -2.5], [True, False], [True], [None, False],
        ["a"], ["a", "b", None], [None, ""],
        [dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1, 0, 0, 0, 1), None],
    ]
)  # fmt: skip
TYPES = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}


def typed(cells: list[Any]) -> pa.Array:
    kind = next((type(c) for c in cells if c is not None), float)
    return pa.array(cells, TYPES.get(kind, pa.timestamp("us")))


@settings(max_examples=40)
@given(
    st.data(),
    st.sampled_from(["x", "key_id", "rating", "lat", "zip"]),
    st.sampled_from([1, 30, 120]),
)
def test_a_file_that_tells_its_spans_gives_the_schema_of_its_table(
    data: st.DataObject, name: str, rows: int
) -> None:
    cells = data.draw(CELLS)
    found = data.draw(st.lists(st.sampled_from(cells), min_size=rows, max_size=rows))
    table = pa.table({name: typed(found), "n": pa.array(range(rows), pa.int64())})
    with tempfile.TemporaryDirectory() as folder:
        kept = write_parquet(Path(folder) / "t.parquet", [table.slice(0, 7), table.slice(7)])
        assert infer(kept) == infer(table)


@pytest.mark.parametrize("broken", [None, 1, GROUP - 1, GROUP, GROUP + 1])
def test_rows_are_numbered_only_if_all_rise(tmp_path: Path, broken: int | None) -> None:
    numbers = np.arange(0, 2 * (GROUP + 3), 2)
    if broken is not None:
        numbers[broken] = numbers[broken - 1]
    kept = write_parquet(tmp_path / "t.parquet", [pa.table({"x": numbers})])
    for table in (kept, kept.read(), pa.table({"x": numbers})):
        assert infer(table)["x"].semantic == ("number" if broken else "identifier")

"""Values go to JSON and come back as they were."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from workbench.core.dataset import Column, DatasetRecord, Schema
from workbench.core.recipe import Recipe
from workbench.core.report import Finding, Report, Table
from workbench.core.split import Split
from workbench.core.wire import digest, dumps, load

texts = st.text(max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(texts, values, max_size=5))
def test_digest_ignores_the_order_of_keys(data: dict) -> None:
    assert digest(data) == digest(dict(reversed(list(data.items()))))


@given(texts, texts, st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), texts)))
def test_a_report_comes_back_equal(title: str, sentence: str, rows: list) -> None:
    report = Report(
        "profile",
        "adult@1",
        title,
        sentence,
        {"n": 3},
        (Finding("constant", "warning", sentence, {"share": 0.5}, "age"),),
        (Table("columns", ("a", "b"), tuple(rows)),),
    )
    assert Report.from_dict(json.loads(dumps(report.to_dict()))) == report


def test_a_recipe_comes_back_with_the_same_digest() -> None:
    recipe = Recipe(
        "adult@1", "lightgbm", params={"num_leaves": 31}, split=Split("group", column="id"), seed=7
    )
    again = Recipe.from_dict(json.loads(dumps(recipe.to_dict())))
    assert again == recipe
    assert again.digest == recipe.digest


def test_numbers_that_json_cannot_hold_become_null() -> None:
    assert json.loads(dumps({"a": math.nan, "b": math.inf})) == {"a": None, "b": None}


def test_a_dataset_record_comes_back_equal() -> None:
    schema = Schema((Column("age", "int64", "number"), Column("y", "string", "category", "target")))
    record = DatasetRecord("adult", 2, "ab", 10, schema, split=Split("time", column="age"))
    assert load(DatasetRecord, json.loads(dumps(record))) == record


def test_keys_of_a_newer_writer_are_left_aside() -> None:
    assert load(Split, {"method": "random", "brand_new": 1}) == Split("random")

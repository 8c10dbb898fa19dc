"""Contracts: proposed, kept, broken cell by cell, and the same as pandera code."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from workbench.core.contract import Contract, Rule
from workbench.core.errors import NotFound, UsageError
from workbench.core.wire import load, plain
from workbench.data.catalogue import fetch
from workbench.data.checkers.pandera import PANDERA, pandera_schema
from workbench.data.contract import conform, propose
from workbench.data.schema import infer

GOOD = pa.table(
    {
        "id": list(range(1, 31)),
        "age": [20 + 7 * i % 30 for i in range(30)],  # in no order: not an identifier
        "group": ["a", "b", "c"] * 10,
        "when": pa.array([dt.datetime(2026, 1, 1 + i) for i in range(30)], pa.timestamp("us")),
        "x": pa.array([None if i == 3 else i / 2 for i in range(30)], pa.float64()),
    }
)


def broken(**columns: Any) -> pa.Table:
    table = GOOD
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


def found(table: pa.Table, contract: Contract) -> set[tuple[int | None, str, Any, str]]:
    return {(v.row, v.column, v.value, v.rule) for v in PANDERA.examine(table, contract).violations}


@pytest.fixture
def contract() -> Contract:
    return propose(GOOD, infer(GOOD))


def test_a_table_keeps_the_contract_that_it_suggests(contract: Contract) -> None:
    result = PANDERA.examine(GOOD, contract)
    assert result.kept and result.failing_rows == 0
    assert contract["group"].allowed == ("a", "b", "c")
    assert (contract["id"].unique, contract["age"].low) == (True, 0)
    assert [contract[n].nullable for n in ("age", "x")] == [False, True]


@pytest.mark.parametrize("name", ["adult", "titanic", "california_housing", "compas"])
def test_real_tables_keep_their_own_contracts(name: str, datasets: Path) -> None:
    table = fetch(name, str(datasets)).imported.table
    assert PANDERA.examine(table, propose(table, infer(table))).kept


def test_each_bad_cell_is_named_with_its_rule(contract: Contract) -> None:
    contract = contract.edited("age", high=49).edited("when", high="2026-01-29T00:00:00")
    contract = contract.edited("group", pattern="[a-c]", longest=1, allowed=())
    age = [None, 17.0, *[20 + i for i in range(27)], 50]  # a missing cell makes them decimal
    group = ["a", "d", "bb", *["c"] * 27]
    bad = found(broken(age=age, group=group, id=[1, 1, *range(3, 31)]), contract)
    assert bad == {
        (1, "age", None, "never missing"),
        (30, "age", 50, "at most 49"),
        (30, "when", dt.datetime(2026, 1, 30), "at most 2026-01-29T00:00:00"),
        (2, "group", "d", "matches [a-c]"),
        (3, "group", "bb", "matches [a-c]"),
        (3, "group", "bb", "at most 1 characters"),
        (1, "id", 1, "each value once"),
        (2, "id", 1, "each value once"),
    }


def test_one_stray_word_is_blamed_and_not_its_column(contract: Contract) -> None:
    age = [str(20 + i) for i in range(30)]
    age[4], age[7], age[9] = "unknown", "-3", "2.5"
    when = [f"2026-01-{1 + i:02d}" for i in range(30)]
    when[2] = "soon"
    table = broken(age=age, when=when)
    assert found(table, contract) == {
        (5, "age", "unknown", "a whole number"),
        (10, "age", "2.5", "a whole number"),
        (8, "age", "-3", "at least 0"),
        (3, "when", "soon", "a date"),
    }
    failing = PANDERA.examine(table, contract).failing
    rest = conform(table.filter(pa.array(~failing)), contract)
    assert PANDERA.examine(rest, contract).kept
    assert rest.schema == GOOD.schema
    assert rest.column("age")[0].as_py() == 20


def test_columns_are_missed_and_strange_ones_refused_when_strict(contract: Contract) -> None:
    table = GOOD.drop(["age"]).append_column("new", pa.array(range(30)))
    assert found(table, contract) == {(None, "age", None, "it is missing")}
    strict = Contract(contract.rules, strict=True)
    assert found(table, strict) == {
        (None, "age", None, "it is missing"), (None, "new", None, "there is no rule for it"),
    }  # fmt: skip
    assert PANDERA.examine(table, contract.edited("age", required=False)).kept
    assert not PANDERA.examine(table, contract).whole_columns[0].row


def test_a_key_stands_in_one_row(contract: Contract) -> None:
    keyed = Contract(contract.rules, key=("group", "age"))
    assert PANDERA.examine(GOOD, keyed).kept
    twice = broken(age=[20, 21, 22, 20, *range(24, 50)])
    assert {(v.row, v.column) for v in PANDERA.examine(twice, keyed).violations} == {
        (4, "group, age")
    }


def test_many_bad_cells_are_counted_and_a_few_shown(contract: Contract) -> None:
    result = PANDERA.examine(broken(group=["z"] * 30), contract)
    assert result.counts == {("group", "one of the allowed values"): 30}
    assert (len(result.violations), result.failing_rows) == (20, 30)


CELLS = st.none() | st.integers(-3, 120)
WORDS = st.none() | st.sampled_from(["a", "b", "c", "d", "", "ab", "a\n"])


@given(st.lists(st.tuples(CELLS, WORDS), min_size=1, max_size=25))
def test_pandera_and_its_exported_code_say_the_same(rows: list[tuple[Any, Any]]) -> None:
    contract = Contract(
        (
            Rule("n", "int64", nullable=False, low=0, high=100, unique=True),
            Rule("w", "string", allowed=("a", "b", "ab", "a\n"), pattern="[ab]+", longest=1),
        )
    )
    numbers, words = zip(*rows, strict=True)
    table = pa.table({"n": pa.array(numbers, pa.int64()), "w": pa.array(words, pa.string())})
    frame = table.to_pandas().astype({"n": "Int64", "w": "string"})
    module: dict[str, Any] = {}
    exec(PANDERA.code(contract), module)
    ours = sorted((v.row or 0, v.column) for v in PANDERA.examine(table, contract).violations)
    for schema in (pandera_schema(contract), module["schema"]):
        try:
            schema.validate(frame, lazy=True)
            theirs = []
        except SchemaErrors as errors:
            cases = errors.failure_cases
            theirs = sorted(zip(cases["index"] + 1, cases["column"], strict=True))
        assert ours == theirs


def test_hostile_names_stay_names_in_the_code() -> None:
    name = '"]); import os; os.system("touch /tmp/owned") #\n'
    contract = Contract((Rule(name, "string", allowed=("'", '"""')),))
    module: dict[str, Any] = {}
    exec(PANDERA.code(contract), module)
    assert list(module["schema"].columns) == [name]
    assert "os" not in module


def test_rules_that_make_no_sense_are_refused(contract: Contract) -> None:
    for change, sentence in (
        ({"low": "soon"}, "cannot bound"),
        ({"low": 3, "high": 1}, "is above"),
        ({"pattern": "("}, "only texts"),
        ({"colour": 1}, "has no 'colour'"),
        ({"type": "int7"}, "no type"),
    ):
        with pytest.raises(UsageError, match=sentence):
            contract.edited("age", **change)
    with pytest.raises(UsageError, match="no pattern"):
        contract.edited("group", pattern="(")
    with pytest.raises(UsageError, match="no date"):
        contract.edited("when", low="yesterday")
    with pytest.raises(NotFound):
        contract.edited("agee", low=1)
    with pytest.raises(NotFound):
        Contract(contract.rules, key=("nobody",))


def test_a_contract_survives_json(contract: Contract) -> None:
    assert load(Contract, plain(contract)) == contract


def test_a_million_rows_are_checked_in_seconds() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"n": random.integers(0, 100, 10**6), "w": random.choice(["a", "b"], 10**6)}
    )
    table = pa.Table.from_pandas(frame).cast(pa.schema({"n": pa.int64(), "w": pa.string()}))
    result = PANDERA.examine(table, propose(table, infer(table)).edited("n", high=98))
    assert result.failing_rows == int((frame["n"] > 98).sum())

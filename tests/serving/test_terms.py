"""The contract on every request: what an import would refuse, an endpoint refuses too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.contract import Contract, Rule
from workbench.core.signature import Field, Signature
from workbench.data.checker import checkers
from workbench.objects import Endpoint, Run
from workbench.serving.runtime.terms import Terms
from workbench.workspace import Workspace

CONTRACT = Contract(
    (
        Rule("age", "int64", nullable=False, low=18, high=120),
        Rule("score", "double", low=-0.5),
        Rule("grade", "string", allowed=("a", "b", "1")),
        Rule("code", "string", pattern=r"[A-Z]\d+", longest=4),
        Rule("since", "timestamp[us]", low="2020-01-01", high="2020-12-31"),
        Rule("member", "bool", nullable=False),
    )
)
ALLOWED = "one of a, b, 1"
KINDS = {"age": "number", "score": "number", "grade": "category", "code": "category",
         "since": "datetime", "member": "boolean"}  # fmt: skip
SIGNATURE = Signature(tuple(Field(n, k) for n, k in KINDS.items()), "", "regression")
DAYS = st.dates(pd.Timestamp("2019-12-01").date(), pd.Timestamp("2021-02-01").date())
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": st.none() | st.integers(0, 150),
            "score": st.none() | st.floats(-2, 2, allow_nan=False),
            "grade": st.none() | st.sampled_from(["a", "b", "c", "1"]),
            "code": st.none() | st.sampled_from(["A1", "B22", "C12345", "a1", "A"]),
            "since": st.none() | DAYS.map(str),
            "member": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=120, deadline=None)
@given(ROWS)
def test_an_endpoint_judges_as_an_import_does(rows: list[dict[str, Any]]) -> None:
    columns = {name: [row[name] for row in rows] for name in KINDS}
    told = {(v.column, v.rule): v.row for v in Terms(CONTRACT, SIGNATURE).broken(columns)}
    types = {
        "age": pa.int64(),
        "score": pa.float64(),
        "member": pa.bool_(),
        "since": pa.timestamp("us"),
    }
    table = pa.table(
        {
            n: pa.array(
                pd.to_datetime(pd.Series(v)) if n == "since" else v, types.get(n, pa.string())
            )
            for n, v in columns.items()
        }
    )
    found = checkers.get("pandera").examine(table, CONTRACT)
    wanted: dict[tuple[str, str], int] = {}
    for violation in found.violations:
        wanted.setdefault((violation.column, violation.rule), (violation.row or 0) - 1)
    assert told == {(c, ALLOWED if rule == "one of the allowed values" else rule): row
                    for (c, rule), row in wanted.items()}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "said"), [(18.5, "a whole number"), ("old", "a whole number"), ("17", "at least 18")]
)
def test_a_number_of_a_wrong_kind_breaks_its_rule(value: Any, said: str) -> None:
    row = {
        "age": [value],
        "score": [None],
        "grade": [1],
        "code": [None],
        "since": [None],
        "member": [0],
    }
    broken = list(Terms(CONTRACT, SIGNATURE).broken(row))
    assert [(v.column, v.rule, v.row) for v in broken] == [("age", said, 0)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    ws = Workspace(tmp_path_factory.mktemp("terms"))
    data = ws.import_data("penguins")
    proposed = data.propose()
    data.contract = proposed.edited("bill_length_mm", low=30, high=60).edited(
        "island", nullable=False
    )
    return ws.train(data, families=["logistic"]).best


def ask(endpoint: Endpoint, rows: list[dict[str, Any]]) -> httpx.Response:
    return httpx.post(
        f"{endpoint.url}/predict",
        json={"rows": rows},
        headers={"Authorization": f"Bearer {endpoint.token}"},
        trust_env=False,
    )


def good(run: Run) -> dict[str, Any]:
    frame = run.workspace.datasets["penguins"].frame().dropna()
    row = frame.iloc[0][list(run.record.signature.names)]  # type: ignore[union-attr]
    return {n: v.item() if isinstance(v, np.generic) else v for n, v in row.items()}


def test_rows_that_break_the_contract_are_refused(run: Run, tmp_path: Path) -> None:
    bundle = run.export(tmp_path / "bundle")
    assert bundle.manifest.contract is not None
    assert "species" not in bundle.manifest.contract
    assert "at least 30" in (bundle.path / "README.md").read_text()
    row = good(run)
    with bundle.serve() as endpoint:
        assert ask(endpoint, [row]).status_code == 200
        answer = ask(endpoint, [row, row | {"bill_length_mm": 900, "body_mass_g": -1}])
        assert answer.status_code == 422
        said = answer.json()
        assert said["detail"] == (
            "Column 'bill_length_mm', row 1: 900 breaks the contract: at most 60."
        )
        assert (said["column"], said["row"], said["rule"]) == ("bill_length_mm", 1, "at most 60")
        assert {b["column"] for b in said["broken"]} == {"bill_length_mm", "body_mass_g"}
        assert 'workbench_broken_total 1.0' in httpx.get(
            f"{endpoint.url}/metrics", headers={"Authorization": f"Bearer {endpoint.token}"},
            trust_env=False,
        ).text  # fmt: skip


@pytest.mark.parametrize(("contract", "codes"), [("note", {"broken_contract"}), ("leave", set())])
def test_what_is_done_with_them_is_said_at_export(
    run: Run, tmp_path: Path, contract: str, codes: set[str]
) -> None:
    bundle = run.export(tmp_path / "bundle", contract=contract)
    with bundle.serve() as endpoint:
        answer = ask(endpoint, [good(run) | {"island": None}])
        assert answer.status_code == 200
        assert {w["code"] for w in answer.json()["warnings"]} == codes

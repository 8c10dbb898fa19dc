"""The leaf of pandera: carries out a contract, and exports it as pandera code.

One column is checked at a time, so that a table larger than memory can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandera.errors import SchemaErrors

from workbench.core.contract import Contract, Examination, Rule, Violation, bare
from workbench.core.progress import Progress, silent
from workbench.data.contract import DTYPES, cells
from workbench.data.rows import marks
from workbench.tables import Tabular

SHOWN = 20  # violations of a rule that are listed
KINDS = {
    "int64": "a whole number",
    "double": "a number",
    "bool": "true or false",
    "string": "a text",
    "timestamp[us]": "a date",
}


class PanderaChecker:
    """Checks by pandera."""

    def examine(
        self, table: Tabular, contract: Contract, progress: Progress = silent
    ) -> Examination:
        """Hold every cell of ``table`` against ``contract``."""
        blame = _Blame(table.num_rows)
        names = table.column_names
        for rule in contract.rules:
            if rule.required and rule.column not in names:
                blame.column(rule.column, "it is missing")
        if contract.strict:
            for name in names:
                if name not in contract:
                    blame.column(name, "there is no rule for it")
        present = [rule for rule in contract.rules if rule.column in names]
        for number, rule in enumerate(present):
            progress(number / len(present), f"checking {rule.column!r}")
            _examine_column(table.column(rule.column), rule, blame)
        key = [n for n in contract.key if n in names]
        if key and len(key) == len(contract.key):
            _examine_key(table, key, blame)
        progress(1.0, "checked")
        return blame.examination()

    def code(self, contract: Contract) -> str:
        """The contract as a Python module that needs pandera and pandas alone."""
        lines = [f"        {json.dumps(r.column)}: {_column_code(r)}," for r in contract.rules]
        return "\n".join(
            [
                '"""A data contract; check a frame with ``schema.validate(frame, lazy=True)``."""',
                "",
                "import pandas as pd",
                "import pandera.pandas as pa",
                "",
                "schema = pa.DataFrameSchema(",
                "    {",
                *lines,
                "    },",
                f"    strict={contract.strict},",
                f"    unique={list(contract.key) or None!r},",
                ")",
                "",
            ]
        )


PANDERA = PanderaChecker()


def pandera_schema(contract: Contract) -> pandera.DataFrameSchema:
    """The contract as a pandera schema, for pandas frames."""
    return pandera.DataFrameSchema(
        {rule.column: _column(rule) for rule in contract.rules},
        strict=contract.strict,
        unique=list(contract.key) or None,
    )


def _examine_column(values: pa.ChunkedArray, rule: Rule, blame: _Blame) -> None:
    found, odd = cells(values, rule)
    if odd.any():
        blame.cells(rule.column, KINDS[rule.type], odd, values)
    frame = pd.DataFrame({rule.column: found})
    if odd.any():
        frame = frame[~odd]
    try:
        pandera.DataFrameSchema({rule.column: _column(rule)}).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        for check, bad_cells in cases[cases["index"].notna()].groupby("check", sort=False):
            bad = np.zeros(len(values), bool)
            bad[bad_cells["index"].to_numpy(np.int64)] = True
            blame.cells(rule.column, _spoken(str(check), rule), bad, values)


def _column(rule: Rule) -> pandera.Column:
    return pandera.Column(
        DTYPES[rule.type],
        [check(*arguments) for _, check, arguments in _checks(rule)],
        nullable=rule.nullable,
        unique=rule.unique,
        required=rule.required,
    )


def _checks(rule: Rule) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """Name, pandera's check, and its arguments."""
    check = pandera.Check
    if rule.low is not None:
        yield "ge", check.ge, (_bound(rule.low),)
    if rule.high is not None:
        yield "le", check.le, (_bound(rule.high),)
    if rule.allowed:
        yield "isin", check.isin, (list(rule.allowed),)
    if rule.pattern:
        yield "str_matches", check.str_matches, (rf"(?:{rule.pattern})\Z",)
    if rule.longest is not None:
        yield "str_length", check.str_length, (0, rule.longest)


def _bound(bound: Any) -> Any:
    return pd.Timestamp(bound) if isinstance(bound, str) else bound


def _column_code(rule: Rule) -> str:
    checks = [
        f"pa.Check.{name}({', '.join(_literal(a) for a in arguments)})"
        for name, _, arguments in _checks(rule)
    ]
    flags = f"nullable={rule.nullable}, unique={rule.unique}, required={rule.required}"
    return f"pa.Column({json.dumps(DTYPES[rule.type])}, [{', '.join(checks)}], {flags})"


def _literal(value: Any) -> str:
    return f"pd.Timestamp({str(value)!r})" if isinstance(value, pd.Timestamp) else repr(value)


def _spoken(check: str, rule: Rule) -> str:
    """Pandera's name of a check as people say it."""
    named: Mapping[str, str] = {
        "not_nullable": "never missing",
        "field_uniqueness": "each value once",
        "greater_than_or_equal_to": f"at least {bare(rule.low)}",
        "less_than_or_equal_to": f"at most {bare(rule.high)}",
        "isin": "one of the allowed values",
        "str_matches": f"matches {rule.pattern}",
        "str_length": f"at most {rule.longest} characters",
    }
    return named.get(check.partition("(")[0], check)


def _examine_key(table: Tabular, key: list[str], blame: _Blame) -> None:
    found = marks(table, key)
    _, first, counts = np.unique(found, return_index=True, return_counts=True)
    if (counts > 1).any():
        bad = np.ones(len(found), bool)
        bad[first] = False  # the first of several rows may stay
        shown = pa.chunked_array([pa.array(["an earlier row has the same key"] * len(found))])
        blame.cells(", ".join(key), "together in one row only", bad, shown)


class _Blame:
    """Collects what is wrong."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.violations: list[Violation] = []
        self.counts: dict[tuple[str, str], int] = {}
        self.failing: np.ndarray | None = None

    def column(self, name: str, rule: str) -> None:
        self.violations.append(Violation(name, rule))
        self.counts[name, rule] = self.rows

    def cells(self, name: str, rule: str, bad: np.ndarray, values: pa.ChunkedArray) -> None:
        places = np.flatnonzero(bad)
        self.counts[name, rule] = len(places)
        self.failing = bad if self.failing is None else self.failing | bad
        for place in places[:SHOWN]:
            value = values[int(place)].as_py()
            self.violations.append(Violation(name, rule, int(place) + 1, value))

    def examination(self) -> Examination:
        return Examination(self.rows, tuple(self.violations), self.counts, self.failing)

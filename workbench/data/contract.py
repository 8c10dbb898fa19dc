"""Contracts: proposed from a table, and tables brought into the types that one names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.contract import Contract, Rule
from workbench.core.dataset import Column, Schema
from workbench.tables import Tabular

if TYPE_CHECKING:
    import pandas as pd

FEW = 50  # values of a category up to which all of them are listed
DTYPES = {
    "int64": "Int64",
    "double": "Float64",
    "bool": "boolean",
    "string": "string",
    "timestamp[us]": "datetime64[us]",
}
ARROW = {
    "int64": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "timestamp[us]": pa.timestamp("us"),
}


def propose(table: Tabular, schema: Schema) -> Contract:
    """A contract that this table keeps, to be edited by who knows better.

    Categories of up to 50 values promise these values; numbers that are never negative promise to
    stay so; identifiers promise to differ; columns without a missing cell promise to stay full.
    """
    return Contract(tuple(_proposed(table.column(c.name), c) for c in schema.columns))


def _proposed(values: pa.ChunkedArray, column: Column) -> Rule:
    kind = str(values.type)
    known = values.drop_null()
    more: dict[str, Any] = {}
    if column.basis == "identifier" and len(known):
        more["unique"] = pc.count_distinct(known).as_py() == len(known)
    elif kind == "string" and column.basis not in ("text", "identifier"):
        words = pc.unique(known)
        if 0 < len(words) <= FEW:
            more["allowed"] = tuple(sorted(words.to_pylist()))
    elif kind in ("int64", "double") and len(known) and pc.min(known).as_py() >= 0:
        more["low"] = 0
    return Rule(column.name, kind, nullable=values.null_count > 0 or not len(values), **more)


def conform(table: pa.Table, contract: Contract) -> pa.Table:
    """A table that keeps the contract in the types that it names: what was text turns number."""
    for rule in contract.rules:
        if rule.column in table.column_names:
            values = table.column(rule.column)
            if str(values.type) != rule.type:
                place = table.column_names.index(rule.column)
                found, _ = cells(values, rule)
                typed = pa.array(found, ARROW[rule.type], from_pandas=True)
                table = table.set_column(place, rule.column, pa.chunked_array([typed]))
    return table


def cells(values: pa.ChunkedArray, rule: Rule) -> tuple[pd.Series, np.ndarray]:
    """The cells in the rule's type, and which of them cannot be.

    One stray word makes a whole column text, so each cell is read anew.
    """
    import pandas as pd  # 0.2 s, in which an import without a contract begins to read

    series = values.to_pandas()
    missing = series.isna().to_numpy()
    dtype = DTYPES[rule.type]
    if str(values.type) == rule.type:
        return series.astype(dtype), np.zeros(len(series), bool)
    if rule.type in ("int64", "double"):
        read = pd.to_numeric(series, errors="coerce")
        if rule.type == "int64":
            read = read.where(read.isna() | (read == read.round()))
    elif rule.type == "timestamp[us]":
        read = pd.to_datetime(series.astype("string"), errors="coerce", format="ISO8601")
    elif rule.type == "bool":
        words = series.astype("string").str.lower()
        read = words.map({"true": True, "false": False, "1": True, "0": False})
    else:
        read = series.astype("string")
    odd = read.isna().to_numpy() & ~missing
    return read.astype(dtype), odd

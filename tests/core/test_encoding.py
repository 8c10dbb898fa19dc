"""One step turns a user's columns into arrays, the same for a frame and for JSON."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import InvalidValue
from workbench.core.signature import Field, Signature
from workbench.encoding import decide, encode, inputs, labels, text

SIGNATURE = Signature(
    (
        Field("age <b>", "number"),
        Field("member", "boolean"),
        Field("cat", "category"),
        Field("when", "datetime"),
    ),
    "y",
    "binary",
    ("0", "1"),
    target_dtype="int64",
)


def test_names_are_safe_and_unique_whatever_columns_are_called() -> None:
    fields = tuple(Field(n, "number") for n in ("cat", "a b", "a_b", "<x>", "\n", "é", ""))
    names = [i.name for i in inputs(Signature(fields, "y", "regression"))]
    assert len(set(names)) == len(names)
    assert all(n.isascii() and n.isidentifier() and n != "cat" for n in names)


def test_a_frame_and_its_json_rows_give_the_same_arrays() -> None:
    frame = pd.DataFrame(
        {
            "age <b>": [1, None, 2.5],
            "member": pd.array([True, None, False], dtype="boolean"),
            "cat": ["x", None, ""],
            "when": pd.to_datetime(["2025-01-31T12:30:00", None, "2024-02-29T00:00:00"]),
        }
    )
    wire = {
        "age <b>": [1, None, 2.5],
        "member": [True, None, False],
        "cat": ["x", None, ""],
        "when": ["2025-01-31T12:30:00", None, "2024-02-29"],
    }
    ours = encode({c: frame[c].to_numpy() for c in frame}, SIGNATURE)
    theirs = encode(wire, SIGNATURE)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)))
def test_parts_of_a_date_are_those_of_the_calendar(moment: dt.datetime) -> None:
    parts = encode({"age <b>": [1], "member": [1], "cat": ["a"], "when": [moment]}, SIGNATURE)
    found = {
        name.rsplit("_", 1)[1]: float(v[0]) for name, v in parts.items() if name.startswith("c3")
    }
    days = (moment - dt.datetime(2000, 1, 1)) / dt.timedelta(days=1)
    assert found["day"] == pytest.approx(days, rel=1e-6, abs=1e-3)
    assert (found["year"], found["month"]) == (moment.year, moment.month)
    assert (found["weekday"], found["hour"]) == (moment.weekday(), moment.hour)


@pytest.mark.parametrize(
    ("column", "value"),
    [("age <b>", "old"), ("age <b>", 10**400), ("age <b>", [1]), ("member", "maybe"), ("member", 2),
     ("when", "yesterday"), ("when", 12), ("cat", {"a": 1})],
)  # fmt: skip
def test_a_misfit_is_named_by_column_row_and_value(column: str, value: object) -> None:
    row = {"age <b>": 1, "member": True, "cat": "a", "when": None}
    columns = {k: [v, value if k == column else v] for k, v in row.items()}
    with pytest.raises(InvalidValue, match="row 1") as misfit:
        encode(columns, SIGNATURE)
    assert (misfit.value.column, misfit.value.row) == (column, 1)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InvalidValue, match="'cat' is missing"):
        encode({"age <b>": [1], "member": [True]}, SIGNATURE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, "3"), (3.0, "3"), (3.5, "3.5"), (True, "true"), (None, ""), (math.nan, ""), (pd.NA, ""),
     (np.int64(4), "4"), (np.float32(4), "4"), ("3.0", "3.0"), (pd.NaT, "")],
)  # fmt: skip
def test_categories_read_the_same_in_every_type(value: object, expected: str) -> None:
    assert text(value) == expected


def test_the_threshold_decides_and_labels_keep_their_type() -> None:
    scores = np.array([[0.6, 0.4], [0.5, 0.5], [0.1, 0.9]])
    codes = decide(scores, SIGNATURE)
    assert codes.tolist() == [0, 1, 1]
    assert labels(codes, SIGNATURE) == [0, 1, 1]


_CELLS = st.sampled_from(
    [1.5, -0.0, 0, True, None, math.nan, 2**53 + 1, 2**64 + 3, 10**400, 1e39, 1e-46, 0.1, "5"]
)


def _outcome(columns: dict[str, list[object]], *signatures: Signature) -> object:
    """The bytes of all arrays, or the words of the refusal."""
    try:
        return [v.tobytes() for s in signatures for v in encode(columns, s).values()]
    except InvalidValue as error:
        return str(error), error.row


@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS), max_size=4))
def test_numbers_are_the_same_together_and_column_by_column(rows: list[tuple[object, ...]]) -> None:
    fields = tuple(Field(f"c{k}", "number") for k in range(3))
    columns = {f.name: [row[k] for row in rows] for k, f in enumerate(fields)}
    singles = [Signature((f,), "y", "regression") for f in fields]
    assert _outcome(columns, Signature(fields, "y", "regression")) == _outcome(columns, *singles)

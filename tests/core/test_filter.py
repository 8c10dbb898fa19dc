"""What people write as a filter, and how it is said."""

from __future__ import annotations

import pytest

from workbench.core.errors import NotFound, UsageError
from workbench.core.filter import Among, Missing, Within, filters, said
from workbench.core.wire import plain

KINDS = {"sex": "category", "age": "number", "seen": "datetime", "member": "category"}


def test_values_lists_ranges_and_missing_cells() -> None:
    found = filters(
        {"sex": ["F", None], "age": (20, None), "seen": ("2024-01-01", "2024-02-01"),
         "member": True}, KINDS,
    )  # fmt: skip
    assert found == {
        "sex": [Among(("F",)), Missing()],
        "age": [Within(20.0, float("inf"), closed=True)],
        "seen": [Within("2024-01-01T00:00:00", "2024-02-01T00:00:00", closed=True)],
        "member": [Among(("true",))],
    }
    assert said(found) == (
        "sex is F or missing and age is at least 20 and seen is 2024-01-01 to 2024-02-01"
        " and member is true"
    )


def test_one_number_is_itself_and_tests_stay_as_they_are() -> None:
    assert filters({"age": 30}, KINDS)["age"] == [Within(30.0, 30.0, closed=True)]
    assert said(filters({"age": 30}, KINDS)) == "age is 30"
    given = {"age": [Within(1.0, 2.0)], "sex": [Among(("F",), others=True), Missing()]}
    assert filters(given, KINDS) == given
    assert filters(plain(given), KINDS) == given  # as a job's parameters


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "names at least one column"),
        ({"sex": []}, "No value of sex"),
        ({"age": (9, 3)}, "ends before it begins"),
        ({"age": "old"}, "age takes numbers"),
        ({"seen": ("soon", None)}, "seen takes dates"),
        ({"sex": [{"what": 1}]}, "no test of a column"),
    ],
)
def test_what_fits_no_test_is_told(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        filters(given, KINDS)


def test_an_unknown_column_is_told_with_the_near_ones() -> None:
    with pytest.raises(NotFound) as raised:
        filters({"sexx": "F"}, KINDS)
    assert "sex" in raised.value.hint

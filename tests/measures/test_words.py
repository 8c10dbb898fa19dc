"""Numbers read as a person would write them."""

from __future__ import annotations

import pytest

from workbench.measures.words import counted, listed, noun, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.92743, "0.927"),
        (0.00432, "0.0043"),
        (0.0, "0.000"),
        (1.0, "1.000"),
        (23.456, "23.46"),
        (456.78, "456.8"),
        (28123.4, "28,123"),
        (-0.5, "-0.500"),
        (None, "unknown"),
    ],
)
def test_numbers_have_about_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_names_are_listed_with_an_and() -> None:
    assert listed(["age", "sex", "race"]) == "age, sex and race"
    assert listed(["age"]) == "age"
    assert counted(1, "row") == "1 row"
    assert counted(16281, "test row") == "16,281 test rows"


def test_titles_keep_their_capitals_where_they_are_names() -> None:
    assert [noun(t) for t in ("AUC", "Log loss", "Brier score", "R²", "Macro F1")] == [
        "AUC",
        "log loss",
        "Brier score",
        "R²",
        "macro F1",
    ]

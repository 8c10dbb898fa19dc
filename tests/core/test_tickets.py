"""Tickets: for a minute, for who holds the token, and for nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.tickets import SECONDS, admits, ticket


def test_a_ticket_opens_for_a_minute() -> None:
    given = ticket("secret", now=1000)
    assert admits("secret", given, now=1000) and admits("secret", given, now=1000 + SECONDS)
    assert not admits("secret", given, now=1001 + SECONDS)
    assert not admits("another", given, now=1000)
    assert "secret" not in given


@pytest.mark.parametrize("change", ["9999999999", "", "١٠٦٠", "-1", "1060 "])
def test_its_end_cannot_be_moved(change: str) -> None:
    _, _, mark = ticket("secret", now=1000).partition(".")
    assert not admits("secret", f"{change}.{mark}", now=1000)


@given(st.text())
def test_nothing_else_opens(text: str) -> None:
    assert not admits("secret", text, now=1000)

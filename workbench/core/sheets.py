"""Texts that a spreadsheet would run as formulas."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how they begin


def guarded(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text

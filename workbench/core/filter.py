"""Filters: which rows of a table are looked at, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Within:
    """Cells from ``low`` on and below ``high``; ISO text bounds dates.

    Parameters
    ----------
    closed
        Whether ``high`` itself belongs to it.
    length
        The number of characters of a text is meant, not the text.
    """

    low: float | str
    high: float | str
    closed: bool = False
    length: bool = False


@dataclass(frozen=True)
class Among:
    """Cells that print themselves as one of ``words``; with ``others``, as anything else.

    A word that ends in "…" stands for all that begin like it.
    """

    words: tuple[str, ...]
    others: bool = False


@dataclass(frozen=True)
class Missing:
    """Cells that are missing."""


Test: TypeAlias = Within | Among | Missing
# a row passes when, in each of the columns, it passes one of the tests
Filters: TypeAlias = Mapping[str, Sequence[Test]]

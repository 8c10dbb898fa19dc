"""Where a family's parameters may lie, as data that any tuner can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Real:
    """A number between two ends, both included; ``log`` spreads attempts over its magnitudes."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Whole:
    """A whole number between two ends, both included."""

    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few values, each of them plain data."""

    options: tuple[Any, ...]


Domain = Real | Whole | Choice
Space = Mapping[str, Domain]

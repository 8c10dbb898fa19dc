"""Mitigation: how a run is made fairer, as data; part of its recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import UsageError

Method = Literal[
    "reweighing", "correlation_remover", "exponentiated_gradient", "grid_search", "thresholds"
]
Aim = Literal["demographic_parity", "equal_opportunity", "equalized_odds"]
METHODS: Mapping[str, str] = {
    "reweighing": "Reweighing",
    "correlation_remover": "Correlation remover",
    "exponentiated_gradient": "Exponentiated gradient",
    "grid_search": "Grid search",
    "thresholds": "Thresholds per group",
}
AIMS: Mapping[str, str] = {
    "demographic_parity": "demographic parity",
    "equal_opportunity": "equal opportunity",
    "equalized_odds": "equalized odds",
}
METRIC = {  # the gap that an aim is about
    "demographic_parity": "selection_rate",
    "equal_opportunity": "tpr",
    "equalized_odds": "equalized_odds",
}
ASKING = {"thresholds", "correlation_remover"}  # their models take the group columns


@dataclass(frozen=True)
class Mitigation:
    """What is done for the groups of some columns.

    ``strength`` is 0 for nothing and 1 for all: how far weights go (reweighing), how much of the
    correlation is removed, how much a gap costs beside an error (grid search).
    """

    method: Method
    by: tuple[str, ...]
    aim: Aim = "demographic_parity"
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(
                f"{self.method!r} is no way to mitigate.", f"Use one of: {', '.join(METHODS)}."
            )
        if self.aim not in AIMS:
            raise UsageError(f"{self.aim!r} is no aim.", f"Use one of: {', '.join(AIMS)}.")
        if not self.by:
            raise UsageError("A mitigation needs a column that forms the groups.", "Say by=...")
        if not 0 <= self.strength <= 10:
            raise UsageError(f"A strength lies between 0 and 10, not at {self.strength:g}.")

    @property
    def asks(self) -> bool:
        """Whether the model takes the group columns, whatever else it learned from."""
        return self.method in ASKING

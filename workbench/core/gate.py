"""Gates: rules that read reports and say pass, warn or block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import Blocked
from workbench.core.report import Finding, renderers

Decision = Literal["pass", "warn", "block"]


@dataclass(frozen=True)
class Verdict:
    """What a gate decided, and the findings that decided it."""

    gate: str
    decision: Decision
    sentence: str
    findings: tuple[Finding, ...] = ()

    def require(self) -> None:
        """Raise :class:`Blocked` unless it passed or only warned."""
        if self.decision == "block":
            raise Blocked(self.sentence, [f.sentence for f in self.findings])

    def _repr_html_(self) -> str:
        return str(renderers.get("verdict")(self))


@dataclass(frozen=True)
class ParityGate:
    """How far an exported model may be from the one that was judged.

    Few rows may sit so close to a tree threshold that a last-bit difference flips them, so the
    rule has a share of rows that may differ by more than ``tolerance`` besides hard limits.
    """

    tolerance: float = 1e-4  # absolute, on probabilities; relative to the target's spread otherwise
    outliers: float = 0.001  # share of rows that may exceed the tolerance
    agreement: float = 0.999  # share of equal labels
    mean: float = 1e-4

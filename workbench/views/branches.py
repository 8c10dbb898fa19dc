"""An error tree, read for drawing: its nodes in order, each with what is drawn of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.report import Report

CHANCE = 0.05  # p from which on a leaf is like the others


@dataclass(frozen=True)
class Branch:
    """One node: its value with the ends of its interval, None where no row came by.

    ``side`` is ``worse`` or ``better`` for a leaf that stands out, and for one where the first of
    two models is behind or ahead beyond chance; else ``alike``.
    """

    place: int
    depth: int
    above: int | None  # the place of the node above
    said: str
    leaf: bool
    rows: int
    share: float
    value: float | None
    low: float | None
    high: float | None
    side: str
    others: tuple[float | None, ...]  # the two models' own errors


@dataclass(frozen=True)
class Branches:
    """All nodes, and what their values are."""

    nodes: tuple[Branch, ...]
    measure: str  # what a value is called: error rate
    rates: bool  # whether values are shares
    signed: bool  # whether values are differences of two models
    names: tuple[str, str]

    @classmethod
    def of(cls, report: Report) -> Branches:
        """Those of a report of kind ``error_tree``."""
        facts = report.facts
        first, second = (str(n) for n in facts["names"])
        signed, rates = bool(facts["signed"]), facts["metric"] == "accuracy"
        nodes = tuple(_nodes(report, signed))
        return cls(nodes, str(facts["measure"]), rates, signed, (first, second))

    @property
    def axis(self) -> str:
        """What the values are, in words."""
        if not self.signed:
            return self.measure
        return f"{self.measure}: {self.names[0]} minus {self.names[1]}"

    @property
    def caption(self) -> str:
        """What the picture shows."""
        if self.signed:
            return (
                "Each node's difference on rows that did not grow the tree; dashed: none. Coloured:"
                " leaves where one is ahead beyond chance."
            )
        return (
            "Each node's error on rows that did not grow the tree; dashed: over all rows. Coloured:"
            " leaves that stand out beyond chance."
        )

    @property
    def reference(self) -> float:
        """What a value is held against: no difference, or the error of all rows."""
        return 0.0 if self.signed else float(self.nodes[0].value or 0.0)

    @property
    def span(self) -> tuple[float, float]:
        """From the smallest to the largest value that is drawn."""
        known = [
            v for n in self.nodes for v in (n.low, n.value, n.high, self.reference) if v is not None
        ]
        low, high = min(known), max(known)
        return (low, high) if high > low else (low - 0.5, high + 0.5)


def _nodes(report: Report, signed: bool) -> Iterator[Branch]:
    key = "difference" if signed else "error"
    whole: float | None = None
    way: list[int] = []
    for place, one in enumerate(report["tree"].records()):
        whole = one[key] if place == 0 else whole
        way = way[: one["depth"]]
        yield Branch(
            place,
            one["depth"],
            way[-1] if way else None,
            str(one["branch"]),
            one["question"] is None,
            one["rows"],
            one["share"],
            one[key],
            one[f"{key}_low"],
            one[f"{key}_high"],
            _lead(one) if signed else _side(one[key], whole, one["p"]),
            (one["error"], one["other"]) if signed else (),
        )
        way = [*way, place]


def _lead(one: Mapping[str, Any]) -> str:
    low, high = one["difference_low"], one["difference_high"]
    if one["question"] is not None or low is None or high is None:
        return "alike"
    return "worse" if low > 0 else "better" if high < 0 else "alike"


def _side(value: float | None, whole: float | None, p: Any) -> str:
    if value is None or whole is None or p is None or p > CHANCE or value == whole:
        return "alike"
    return "worse" if value > whole else "better"

"""The tests of a comparison as people read them: which test, of what, how sure and how large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.report import Report, Table
from workbench.views import words

TESTS = {
    "mcnemar": "McNemar",
    "delong": "DeLong",
    "losses": "Paired t-test",
    "folds": "Corrected t-test, folds",
}
G, D = "Cohen's g", "Cohen's d"
SIZES = {G: (0.05, 0.15, 0.25), D: (0.2, 0.5, 0.8)}  # from where it is small, medium, large
NAMES = ("negligible", "small", "medium", "large")
ALPHA = 0.05


@dataclass(frozen=True)
class OneTest:
    """One test of two models; ``a`` and ``b`` are ids."""

    a: str
    b: str
    record: Mapping[str, Any]

    @property
    def test(self) -> str:
        return TESTS.get(self.record["test"], words.spoken(self.record["test"]))

    @property
    def of(self) -> str:
        """What is tested."""
        return words.metric(self.record["metric"])

    @property
    def effect(self) -> str:
        """The effect size and how it is called: ``0.250, large``."""
        value = self.record["effect"]
        if value is None:
            return words.NOTHING
        size = sum(abs(value) >= edge for edge in SIZES[self.measure])
        return f"{words.number(value)}, {NAMES[size]}"

    @property
    def measure(self) -> str:
        """Which effect size it is."""
        return G if self.record["test"] == "mcnemar" else D

    @property
    def winner(self) -> str:
        """The id of the better one, where that holds with all pairs in mind."""
        return str(self.record["better"]) if self.record["p_adjusted"] < ALPHA else ""

    @property
    def lost(self) -> bool:
        """Whether the difference counts alone and no longer among all pairs."""
        return bool(self.record["better"]) and not self.winner

    def verdict(self, names: Mapping[str, str]) -> str:
        """What the test says, with models called as ``names`` has it."""
        if self.winner:
            return f"{names[self.winner]} is better"
        if self.lost:
            return "better alone, not with all pairs counted"
        return "no evidence of a difference"


def tested(report: Report) -> list[OneTest]:
    """The tests of a comparison, pair by pair, the best models first."""
    return [OneTest(r["a"], r["b"], r) for r in report["tests"].records()]


def readable(report: Report) -> Table:
    """The same as a table to print."""
    called = {r["id"]: r["title"] for r in report["ranking"].records()}
    columns = ("pair", "test", "p", "p_adjusted", "effect", "difference", "low", "high", "verdict")
    return Table("tests", columns, tuple(_rows(tested(report), called)), report["tests"].caption)


def _rows(found: list[OneTest], called: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    for one in found:
        record = one.record
        yield (
            f"{called[one.a]} − {called[one.b]}",
            f"{one.test} of {one.of}",
            record["p"],
            record["p_adjusted"],
            f"{one.effect} ({one.measure})" if record["effect"] is not None else one.effect,
            *(record[name] for name in ("difference", "low", "high")),
            one.verdict(called),
        )

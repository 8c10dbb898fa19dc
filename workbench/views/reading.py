"""An explanation, read for one class: what each column did to the rows, and one row's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.report import Report

FIXED = 5  # row, class, base, output, prediction; the columns of the data follow by place
SPACES = {
    "log-odds": "log-odds",
    "probability": "probability",
    "value": "units of the target",
}


@dataclass(frozen=True)
class Effect:
    """What one column did to each row: its contributions, and its values as they were."""

    name: str
    values: Sequence[float]
    raw: Sequence[Any]


@dataclass(frozen=True)
class Reading:
    """An explanation, read for one class."""

    report: Report
    of_class: Any

    @property
    def columns(self) -> list[str]:
        return list(self.report["values"].columns[FIXED:])

    @property
    def lines(self) -> list[tuple[Any, ...]]:
        """The rows of table ``values`` for this class."""
        return [row for row in self.report["values"].rows if row[1] == self.of_class]

    @property
    def raw(self) -> dict[Any, tuple[Any, ...]]:
        """Row number to the values of its columns."""
        return {row[0]: row[1:] for row in self.report["data"].rows}

    @property
    def order(self) -> list[Any]:
        """Rows with like contributions beside each other; reports of older versions have none."""
        return self.report["order"].column("row") if "order" in self.report else []

    def effects(self) -> list[Effect]:
        """One effect for each column, the most important first."""
        lines, raw = self.lines, self.raw
        found = {
            name: Effect(
                name,
                [line[FIXED + place] for line in lines],
                [raw[line[0]][place] for line in lines],
            )
            for place, name in enumerate(self.columns)
        }
        ranked = [r["column"] for r in self.report["importance"].records()]
        return [found[name] for name in dict.fromkeys(ranked)]

    def parts(self, line: tuple[Any, ...]) -> list[tuple[str, float, Any]]:
        """Name, contribution and value of each column in one row."""
        raw = self.raw[line[0]]
        return [
            (name, line[FIXED + place] or 0.0, raw[place])
            for place, name in enumerate(self.columns)
        ]


@dataclass(frozen=True)
class Step:
    """One column's part of the way from the base to the output of a row."""

    name: str
    raw: Any
    value: float
    start: float
    end: float
    rest: bool = False  # several columns together


def fall(base: float, parts: Sequence[tuple[str, float, Any]], most: int) -> list[Step]:
    """The way from ``base`` to the output, the largest part last and first in the list.

    Parameters
    ----------
    parts
        Name, contribution and value of each column.
    most
        Columns that have a step of their own; all others share one.
    """
    parts = sorted(parts, key=lambda part: -abs(part[1]))
    found = [(name, raw, value, False) for name, value, raw in parts[:most]]
    if len(parts) > most:
        others = sum(value for _, value, _ in parts[most:])
        found.append((f"{len(parts) - most} other columns", None, others, True))
    steps: list[Step] = []
    here = base
    for name, raw, value, rest in reversed(found):
        steps.append(Step(name, raw, value, here, here + value, rest))
        here += value
    return steps[::-1]

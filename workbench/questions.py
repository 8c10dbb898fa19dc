"""Questions of a shallow tree: asked of a user's columns, and said in their own words.

A tree of scikit-learn is grown on :func:`answers`, one column a question; :func:`walk` reads it
back. What it is grown for is the business of the rooms: what a model says, or where it fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.signature import Field, Kind
from workbench.encoding import text

Floats = NDArray[np.float64]

LEVELS = 12  # of a category, the commonest
LONGEST = 40  # characters of a level
FAR = 3e38  # trees of scikit-learn compare in float32


@dataclass(frozen=True)
class Question:
    """Where a column's value lies, or whether it is one level.

    Parameters
    ----------
    level
        The level that is asked for, ``""`` where none is there; None asks for the value itself.
    other
        The only other level, where there are two.
    gaps
        Whether cells are missing: a side then says whether it takes them.
    whole
        Whether all values are whole numbers: ``> 60.5`` is then said as ``> 60``.
    """

    column: str
    kind: Kind
    level: str | None = None
    other: str | None = None
    gaps: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Side:
    """One way on from a node: the rows at or below the limit (those of another level), or above."""

    question: Question
    limit: float
    below: bool
    missing: bool  # whether rows without a value go this way

    @property
    def said(self) -> str:
        """``age > 60``, ``town is not east``, ``day until 2025-03-01 (or missing)``."""
        return f"{self._said} (or missing)" if self.missing and self.bounded else self._said

    @property
    def bounded(self) -> bool:
        """Whether the limit is one of numbers or days; else there are two answers only."""
        return self.question.level is None and math.isfinite(self.limit)

    @property
    def _said(self) -> str:
        name = self.question.column
        no = "not " if self.below else ""
        if self.below and self.question.other is not None:
            return f"{name} is {_level(self.question.other)}"
        if self.question.level is not None:
            return f"{name} is {no}{_level(self.question.level)}"
        if not self.bounded:
            return f"{name} is {no}missing"
        if self.question.kind == "boolean":
            return f"{name} is {'false' if self.below else 'true'}"
        if self.question.kind == "datetime":
            day = np.datetime64("1970-01-01") + np.timedelta64(math.floor(self.limit), "D")
            return f"{name} {'until' if self.below else 'after'} {day}"
        limit = math.floor(self.limit) if self.question.whole else self.limit
        return f"{name} {'≤' if self.below else '>'} {_limit(limit)}"


@dataclass(frozen=True)
class Node:
    """A node of a tree, with the way that leads to it; ``sides`` is empty at a leaf."""

    number: int
    way: tuple[Side, ...]
    sides: tuple[Side, ...]

    @property
    def depth(self) -> int:
        return len(self.way)

    @property
    def branch(self) -> str:
        """What is said of the rows that come here from the node above."""
        return self.way[-1].said if self.way else "all rows"

    @property
    def asks(self) -> str | None:
        """What the node asks; None at a leaf."""
        return self.sides[0].said if self.sides else None


def positions(values: Any, kind: str) -> Floats:
    """Numbers, booleans and dates on a line, float64, NaN where missing; dates in days since 1970.

    ``values`` is a pandas Series; categories have no place on a line.
    """
    if kind == "datetime":
        moments = values.to_numpy(dtype="datetime64[us]")
        days = moments.astype("int64") / 86_400_000_000
        return np.where(np.isnat(moments), np.nan, days)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def questions(frame: Any, fields: Sequence[Field]) -> list[Question]:
    """What can be asked of the rows of a pandas frame; texts are left aside."""
    found: list[Question] = []
    for field in fields:
        if field.kind == "category":
            found += _of_levels(frame[field.name], field)
        elif field.kind != "text":
            line = positions(frame[field.name], field.kind)
            there = line[np.isfinite(line)]
            whole = field.kind == "number" and bool((there == np.floor(there)).all())
            gaps = len(there) < len(line)
            found.append(Question(field.name, field.kind, gaps=gaps, whole=whole))
    return found


def _of_levels(values: Any, field: Field) -> list[Question]:
    codes, levels = _levels(values)
    counts = np.bincount(codes, minlength=len(levels))
    common = [levels[k] for k in np.argsort(-counts, kind="stable")[:LEVELS]]
    if len(levels) == 2:  # one question tells them apart
        return [Question(field.name, field.kind, common[1], common[0])]
    return [Question(field.name, field.kind, level) for level in common]


def answers(frame: Any, asked: Sequence[Question]) -> NDArray[np.float32]:
    """(rows, questions): values on a line, NaN where missing; 1 where a level is the row's."""
    found = np.empty((len(frame), len(asked)), dtype=np.float32)
    named: dict[str, tuple[NDArray[np.int64], list[str]]] = {}
    for place, question in enumerate(asked):
        if question.level is None:
            line = positions(frame[question.column], question.kind)
            found[:, place] = np.clip(line, -FAR, FAR)
            continue
        if question.column not in named:
            named[question.column] = _levels(frame[question.column])
        codes, levels = named[question.column]
        found[:, place] = np.array([level == question.level for level in levels])[codes]
    return found


def walk(tree: Any, asked: Sequence[Question]) -> Iterator[Node]:
    """The nodes of a fitted scikit-learn tree, each before those below it, the left ones first."""
    yield from _below(tree.tree_, asked, 0, ())


def _below(
    inner: Any, asked: Sequence[Question], number: int, way: tuple[Side, ...]
) -> Iterator[Node]:
    left, right = int(inner.children_left[number]), int(inner.children_right[number])
    if left < 0:
        yield Node(number, way, ())
        return
    question = asked[inner.feature[number]]
    limit = float(inner.threshold[number])
    leftward = bool(inner.missing_go_to_left[number])
    gaps = question.gaps and all(s.missing for s in _about(question.column, way))
    sides = (
        Side(question, limit, True, gaps and leftward),
        Side(question, limit, False, gaps and not leftward),
    )
    yield Node(number, way, sides)
    for child, side in zip((left, right), sides, strict=True):
        yield from _below(inner, asked, child, (*way, side))


def rule(way: Sequence[Side], everywhere: str = "always") -> str:
    """The way to a node as one condition, without what another part of it says already.

    ``age > 40 and age ≤ 60 and town is east``; ``everywhere`` for the root.
    """
    kept = [side for side in way if not any(_implies(o, side) for o in way if o is not side)]
    told = [
        replace(s, missing=all(o.missing for o in _about(s.question.column, way))).said
        for s in kept
    ]
    return " and ".join(told) or everywhere


def _about(column: str, way: Sequence[Side]) -> list[Side]:
    return [side for side in way if side.question.column == column]


def _implies(one: Side, other: Side) -> bool:
    """Whether what holds on one side holds on the other, too, by being the narrower."""
    if one.question.column != other.question.column:
        return False
    if not other.bounded:  # another level was named, or some value is there
        stands = one.question.level not in (None, other.question.level) and not one.below
        there = one.bounded and not one.missing and other.question.level is None
        return other.below and (stands or there)
    narrower = one.limit < other.limit if one.below else one.limit > other.limit
    return one.bounded and one.below == other.below and narrower and one.missing <= other.missing


def _levels(values: Any) -> tuple[NDArray[np.int64], list[str]]:
    """Each row's place among the column's levels as text; missing cells are one of them."""
    codes, found = values.factorize(use_na_sentinel=False)
    names, places = np.unique(np.array([text(v) for v in found], dtype=object), return_inverse=True)
    return places[codes].astype(np.int64), [str(name) for name in names]


def _limit(value: float) -> str:
    if abs(value) >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def _level(name: str) -> str:
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return shown or "missing"

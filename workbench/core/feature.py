"""A feature: a column that a model sees and the table does not have, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.core.errors import UsageError


@dataclass(frozen=True)
class Feature:
    """A derived column, or several of one making.

    Parameters
    ----------
    step
        How it is made: a name among the steps of :mod:`workbench.features`.
    columns
        What it is made from, in the order that the step asks for: columns of the table, or
        features that come before it.
    params
        The step's own parameters.
    name
        What it is called; made from step and columns when left out. A feature that is called like
        a column stands in its place from there on.
    keep
        Whether models go on seeing the columns themselves; None: as the step does.
    """

    step: str
    columns: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    keep: bool | None = None

    def __post_init__(self) -> None:
        given: Any = self.columns
        if isinstance(given, str) or not given:
            raise UsageError(
                f"The feature {self.step!r} names no columns.", 'Give a list: columns=["age"].'
            )
        object.__setattr__(self, "columns", tuple(given))

    @property
    def called(self) -> str:
        """Its name, or one made from step, columns and parameters: ``ratio(debt, income)``."""
        if self.name:
            return self.name
        said = [f"{k}={_short(v)}" for k, v in self.params.items() if k != "how"]
        return f"{self.params.get('how', self.step)}({', '.join([*self.columns, *said])})"

    @classmethod
    def parse(cls, text: str) -> Feature:
        """A feature as one writes it: ``combine(debt, income, how=ratio) as debt_ratio``.

        Names with a comma, a parenthesis or an equals sign stand in double quotes; ``keep=yes`` or
        ``keep=no`` says whether models go on seeing the columns.

        Raises
        ------
        UsageError
            It cannot be read.
        """
        whole = WRITTEN.fullmatch(text)
        parts = _parts(whole["inside"]) if whole else []
        keeps = {"yes": True, "no": False, "": None}
        params: dict[str, Any] = {name: value for name, value in parts if name}
        keep = params.pop("keep", "")
        if whole is None or not parts or keep not in keeps:
            raise UsageError(
                f"{text!r} is no feature.",
                'Write STEP(COLUMN, ...), as in: combine(debt, "net income", how=ratio) as burden.',
            )
        columns = tuple(value for name, value in parts if not name)
        name = whole["quoted"] or whole["name"] or ""
        return cls(whole["step"], columns, params, name.strip(), keeps[keep])


WRITTEN = re.compile(
    r'\s*(?P<step>\w+)\s*\((?P<inside>(?:"[^"]*"|[^"()])*)\)\s*'
    r'(?:as\s+(?:"(?P<quoted>[^"]+)"|(?P<name>[^"]+?))\s*)?',
    re.DOTALL,
)
PART = re.compile(
    r'\s*(?:(?P<name>\w+)\s*=\s*)?(?:"(?P<quoted>[^"]*)"|(?P<bare>[^",=]*?))\s*(?:,|$)', re.DOTALL
)


def _parts(inside: str) -> list[tuple[str, str]]:
    """What stands between commas: parameters with their names, columns without; none if odd."""
    found, at = [], 0
    while at < len(inside):
        part = PART.match(inside, at)
        if part is None or part.end() == at:
            return []
        value = part["quoted"] if part["quoted"] is not None else part["bare"]
        if not value and not part["name"]:
            return []
        found.append((part["name"] or "", value))
        at = part.end()
    return found


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return text if len(text) <= 24 else f"{text[:23]}…"


def still_possible(features: Iterable[Feature], columns: Iterable[str]) -> tuple[Feature, ...]:
    """Those of the features that can be made from these columns, and from each other."""
    known, kept = set(columns), []
    for feature in features:
        if set(feature.columns) <= known:
            kept.append(feature)
            known.add(feature.called)
    return tuple(kept)


def with_features(known: Iterable[Feature], more: Iterable[Feature]) -> tuple[Feature, ...]:
    """The known features and more; one of the same name is replaced in its place."""
    found = {feature.called: feature for feature in known}
    return tuple((found | {feature.called: feature for feature in more}).values())


# steps that clean a column come before those that turn it into something else
CLEANING = {"missing": 0, "number": 1, "clip": 2}
TURNING = len(CLEANING)


def chain(column: str, features: Iterable[Feature]) -> list[Feature]:
    """The features that stand for a column one after another, made from it alone."""
    found: list[Feature] = []
    name = column
    for feature in features:
        if feature.columns == (name,) and not feature.keep:
            found.append(feature)
            name = feature.called
    return found


def with_remedy(known: Sequence[Feature], new: Feature) -> tuple[Feature, ...]:
    """The known features and one more for a column of the table, put where it belongs.

    What cleans a column comes before what turns it into something else, whenever it was asked
    for; stand-ins are gathered in one feature, and all that is made from the column sees it clean.
    """
    column = new.columns[0]
    there = chain(column, known)
    same = next((f for f in there if f.step == new.step), None)
    if same is not None:
        return tuple(_merged(same, new) if f is same else f for f in known)
    rank = CLEANING.get(new.step, TURNING)
    at = sum(CLEANING.get(f.step, TURNING) <= rank for f in there)
    made = replace(new, columns=(there[at - 1].called if at else column,))
    if rank == TURNING:
        return (*known, made)
    place = known.index(there[at - 1]) + 1 if at else 0
    later = [_made_from(f, made.columns[0], made.called) for f in known[place:]]
    return (*known[:place], made, *later)


def _merged(old: Feature, new: Feature) -> Feature:
    params = dict(new.params)
    if new.step == "missing":
        params["values"] = list(dict.fromkeys([*old.params["values"], *new.params["values"]]))
    return replace(old, params=params, name=old.called)


def _made_from(feature: Feature, old: str, new: str) -> Feature:
    """The feature made from another column; its name stays, since others may use it."""
    if old not in feature.columns:
        return feature
    columns = tuple(new if name == old else name for name in feature.columns)
    return replace(feature, columns=columns, name=feature.called)

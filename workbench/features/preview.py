"""Preview: what a feature would look like on the training rows, and what it tells of the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from workbench.core.feature import Feature
from workbench.core.report import Finding, Report, Table
from workbench.encoding import Input
from workbench.features.derive import Derive
from workbench.features.step import steps
from workbench.measures.words import counted, listed, number

SHOWN = 12  # rows that it shows
MOST = 12  # made columns that it judges


class Group(Protocol):
    """Rows with like values, and the mean of the target among them."""

    @property
    def label(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def mean(self) -> float | None: ...


class Judged(Protocol):
    """What one column tells about the target; ``relation`` is None where nothing can be said."""

    @property
    def relation(self) -> float | None: ...
    @property
    def missing(self) -> int: ...
    @property
    def distinct(self) -> int: ...
    @property
    def groups(self) -> Sequence[Group]: ...


# a column of numbers (NaN where missing) or of texts ("" where missing) against the target
Judge = Callable[[np.ndarray], Judged]


@dataclass(frozen=True)
class Aim:
    """The target, and what a relation to it is called: an AUC, a correlation."""

    name: str
    task: str
    measure: str


@dataclass(frozen=True)
class Rows:
    """Training rows that a preview looks at.

    Parameters
    ----------
    frame
        The columns as they stand in the table.
    inputs, arrays
        The same columns encoded, each array of shape (n,).
    truth
        Class codes or values, (n,); None where there is no target.
    whole
        Whether these are all training rows.
    by_time
        Whether the split lets no later row into training.
    """

    frame: pd.DataFrame
    inputs: Sequence[Input]
    arrays: Mapping[str, np.ndarray]
    truth: np.ndarray | None
    whole: bool
    by_time: bool


@dataclass(frozen=True)
class _Made:
    """The new columns as training rows get them, (n, k), and their names."""

    feature: Feature
    values: np.ndarray
    labels: list[str]


def needed(feature: Feature, known: Sequence[Feature]) -> list[Feature]:
    """The features that one is made from, directly or not, and it at the end."""
    wanted, chain = set(feature.columns), [feature]
    for other in reversed(known):
        if other.called in wanted:
            wanted |= set(other.columns)
            chain.insert(0, other)
    return chain


def preview(
    chain: Sequence[Feature], rows: Rows, judge: Judge, aim: Aim | None, subject: str
) -> Report:
    """A report of kind ``feature`` about the last feature of a chain.

    Tables: ``effect`` (columns ``column``, ``made``, ``relation``, ``missing``, ``distinct``),
    ``groups`` (``column``, ``label``, ``rows``, ``mean``: of the target) and ``values`` (first
    rows). ``facts["relation"]`` says what a relation is, ``facts["exact"]`` whether the step has
    an ONNX form.

    Parameters
    ----------
    chain
        The features that it is made from, in order, and it at the end.
    judge
        Says what a column tells about the target.
    """
    made = _made(chain, rows)
    sources = {name: judge(cells(rows.frame[name])) for name in _named(chain, rows.frame)}
    found = {label: judge(made.values[:, i]) for i, label in enumerate(made.labels[:MOST])}
    kind = steps.get(made.feature.step)
    return Report(
        "feature",
        subject,
        f"Preview of {made.feature.called}",
        _sentence(made.feature, sources, found, aim),
        {
            "rows": len(rows.frame),
            "step": made.feature.step,
            "title": kind.title,
            "columns": len(made.labels),
            "exact": kind.exact,
            "target": aim.name if aim else None,
            "task": aim.task if aim else None,
            "relation": aim.measure if aim else None,
        },
        (*_findings(made, found), *_cautions(made, rows)),
        (_effects(sources, found), _groups(found), _values(made, rows, sources)),
    )


def _named(chain: Sequence[Feature], frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(n for f in chain for n in f.columns if n in frame))


def _made(chain: Sequence[Feature], rows: Rows) -> _Made:
    derive = Derive.of(chain, rows.inputs, ())
    found = derive.fit_transform(pd.DataFrame(rows.arrays), rows.truth)
    called = chain[-1].called
    labels = [f"{called}: {part}" if part else called for part in derive.steps_[-1].parts()]
    return _Made(chain[-1], found[list(derive.layouts[-1].makes)].to_numpy(), labels)


def cells(values: pd.Series) -> np.ndarray:
    """A column as it stands, as numbers (dates in days) or texts."""
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values - pd.Timestamp("2000-01-01")) / pd.Timedelta(days=1)
        moments: np.ndarray = days.to_numpy(np.float64)
        return moments
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return pd.to_numeric(values).to_numpy(np.float64)
    return values.astype(object).where(values.notna(), "").to_numpy(object)


# the tables ----------------------------------------------------------------------------------


def _effects(sources: Mapping[str, Judged], found: Mapping[str, Judged]) -> Table:
    judged = [
        *((n, False, e) for n, e in sources.items()),
        *((n, True, e) for n, e in found.items()),
    ]
    return Table.of(
        "effect",
        {
            "column": [name for name, _, _ in judged],
            "made": [is_made for _, is_made, _ in judged],
            "relation": [told.relation for _, _, told in judged],
            "missing": [told.missing for _, _, told in judged],
            "distinct": [told.distinct for _, _, told in judged],
        },
        "How well each column alone tells the target, on rows it was not learned from.",
    )


def _groups(found: Mapping[str, Judged]) -> Table:
    groups = [(name, group) for name, told in found.items() for group in told.groups]
    return Table.of(
        "groups",
        {
            "column": [name for name, _ in groups],
            "label": [group.label for _, group in groups],
            "rows": [group.rows for _, group in groups],
            "mean": [group.mean for _, group in groups],
        },
        "Rows with like values, and the mean of the target among them.",
    )


def _values(made: _Made, rows: Rows, sources: Mapping[str, Judged]) -> Table:
    shown = {name: _shown(rows.frame[name].iloc[:SHOWN].tolist()) for name in sources}
    made_ones = enumerate(made.labels[:MOST])
    shown |= {name: _shown(made.values[:SHOWN, i].tolist()) for i, name in made_ones}
    return Table.of("values", shown, "The first rows.")


def _shown(found: Sequence[Any]) -> list[Any]:
    """Cells as a table shows them: None where missing, dates as text."""
    return [None if c is None or c != c or c == "" else _plain(c) for c in found]


def _plain(cell: Any) -> Any:
    return str(cell) if isinstance(cell, pd.Timestamp) else cell


# what is said --------------------------------------------------------------------------------


def _sentence(
    feature: Feature, sources: Mapping[str, Judged], found: Mapping[str, Judged], aim: Aim | None
) -> str:
    if aim is None:
        return f"{feature.called} makes {counted(len(found), 'column')}; no target is set."
    best = _best(found)
    if best is None:
        return f"{feature.called} does not tell {aim.name}."
    name, told = best
    said = f"{name} tells {aim.name} with {_a(aim.measure)} of {number(told)}"
    before = _best(sources)
    if before is None:
        return f"{said}."
    return f"{said}; of what it is made from, {before[0]} alone tells most: {number(before[1])}."


def _best(effects: Mapping[str, Judged]) -> tuple[str, float] | None:
    told = [(n, e.relation) for n, e in effects.items() if e.relation is not None]
    return max(told, key=lambda pair: pair[1], default=None)


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "AEIO" else f"a {what}"


def _findings(made: _Made, found: Mapping[str, Judged]) -> Iterator[Finding]:
    called = made.feature.called
    if not steps.get(made.feature.step).exact:
        sentence = f"{called} has no ONNX form: a model with it cannot be exported."
        yield Finding("no-onnx", "warning", sentence, {}, called)
    constant = [name for name, told in found.items() if told.distinct < 2]
    if constant:
        sentence = (
            f"{listed(constant[:5])} {'is' if len(constant) == 1 else 'are'} always the same."
        )
        yield Finding("constant", "warning", sentence, {"columns": constant}, called)
    if len(made.labels) > len(found):
        sentence = f"{len(made.labels):,} columns are made; the first {len(found)} are shown."
        yield Finding("more", "info", sentence, {"columns": len(made.labels)}, called)


def _cautions(made: _Made, rows: Rows) -> Iterator[Finding]:
    """What to know before such a feature is trusted."""
    feature = made.feature
    looks_back = feature.step == "aggregate" and len(feature.columns) > 2
    if looks_back and not rows.by_time:
        sentence = (
            f"{feature.called} looks back in time, and the split does not: test rows get what was "
            "known at the end of the training rows, later ones included. Split by time to judge it."
        )
        yield Finding("split-not-by-time", "warning", sentence, {}, feature.called)
    if feature.step == "aggregate" and not rows.whole:
        count = len(rows.frame)
        sentence = f"Of {count:,} rows only: counts and sums will be larger in training."
        yield Finding("sampled", "info", sentence, {"rows": count}, feature.called)
    if _same(made, rows.frame):
        sentence = f"{feature.called} changes nothing in these rows."
        yield Finding("no-change", "warning", sentence, {}, feature.called)


def _same(made: _Made, frame: pd.DataFrame) -> bool:
    """Whether the one new column holds what the first of its sources does."""
    source = made.feature.columns[0]
    if made.values.shape[1] != 1 or source not in frame:
        return False
    before, after = cells(frame[source]), made.values[:, 0]
    if object in (before.dtype, after.dtype):
        return bool(before.dtype == after.dtype and (before == after).all())
    return bool(np.array_equal(before.astype("f4"), after, equal_nan=True))

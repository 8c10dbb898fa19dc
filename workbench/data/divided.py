"""A table with the part of each row, and the splits that would suit it better.

A split is proposed only once it was tried on the table: it must deal the shares that were asked
for, and mend what it is proposed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from workbench.core.dataset import Schema
from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.split import TEST, TRAIN, Split
from workbench.data.content import groups_of
from workbench.data.personal import BIRTH
from workbench.data.split import assign
from workbench.data.summary import Summary
from workbench.data.target import numbers
from workbench.data.telling import pinned
from workbench.tables import Tabular

SHUFFLED = ("random", "stratified")
SEEDS = 5  # deals of groups that are tried
NEWER = 0.9  # AUC of when a row was, from which the test rows are the newer ones


@dataclass(frozen=True)
class Divided:
    """A table with the part of each row."""

    table: Tabular
    schema: Schema
    split: Split
    parts: np.ndarray

    @classmethod
    def of(
        cls, table: Tabular, schema: Schema, split: Split, groups: np.ndarray | None = None
    ) -> Divided | None:
        """The rows dealt to their parts, unless this table cannot be split so."""
        try:
            return cls(table, schema, split, assign(split, table, schema, groups))
        except (DataError, NotFound, UsageError):
            return None  # training says what is wrong with it

    @property
    def shuffled(self) -> bool:
        """Whether chance alone decides between rows that say different things."""
        content = self.split.method == "content" and self.split.column is None
        return content or self.split.method in SHUFFLED

    def straddling(self, marks: np.ndarray, twice: np.ndarray) -> int:
        """How many test rows have the mark of a training row.

        Parameters
        ----------
        marks, twice
            A hash of each row, and the hashes that come more than once.
        """
        if not len(twice):
            return 0
        tests, train = (marks[self.parts == part] for part in (TEST, TRAIN))
        tests = tests[np.isin(tests, twice)]
        return int(np.isin(tests, train[np.isin(train, twice)]).sum())

    def dealt(self, split: Split, groups: np.ndarray | None = None) -> Divided | None:
        """The same rows by another split, if it deals about the shares that were asked for."""
        other = Divided.of(self.table, self.schema, split, groups)
        if other is None or split == self.split:
            return None
        share = float((other.parts == TEST).mean())
        return other if split.test / 2 <= share <= 2 * split.test else None

    @cached_property
    def together(self) -> Split | None:
        """One that keeps rows together that say the same, and groups that are kept already.

        Not instead of a split by time: what comes again later comes again in use, too.
        """
        split = self.split
        if split.method == "time":
            return None
        column = split.column if split.method in ("group", "content") else None
        other = replace(split, method="content", column=column, columns=())
        other = pinned(other, self.schema)
        if not other.columns or other == split:
            return None
        groups = groups_of(other, self.table, self.schema)
        largest = int(np.bincount(groups).max())
        if largest > len(groups) * split.test / 2:  # a few different rows would judge a model
            return None
        return other if self.dealt(other, groups) is not None else None

    def by_time(self, summaries: Sequence[Summary]) -> Iterator[Divided]:
        """The same rows by each column that is told to be their time."""
        for summary in summaries:
            if summary.column.role == "time" and tells_time(summary):
                split = replace(self.split, method="time", column=summary.name, columns=())
                if (other := self.dealt(split)) is not None:
                    yield other

    def evened(self, even: Callable[[Divided], bool]) -> Split | None:
        """One whose parts look alike, as far as the table allows.

        Groups stay together: other deals of them are tried. Parts that were given are dealt anew.
        """
        split = self.split
        if split.method == "given":
            tried = [replace(split, method="stratified", column=None)]
        elif split.method in ("group", "content"):
            tried = [replace(split, seed=split.seed + more) for more in range(1, SEEDS + 1)]
        else:
            tried = []
        found = (other for other in map(self.dealt, tried) if other is not None)
        return next((other.split for other in found if even(other)), None)

    def newer_by(self, summaries: Sequence[Summary]) -> str | None:
        """The column by which nearly all test rows are newer than the training rows."""
        for summary in summaries:
            if tells_time(summary) and self._later(numbers(self.table.column(summary.name))):
                return summary.name
        return None

    @property
    def in_order(self) -> bool:
        """Whether the parts lie one behind the other in the table."""
        places = np.arange(len(self.parts), dtype=np.float64)
        return self._later(places) or self._later(-places)

    def _later(self, when: np.ndarray) -> bool:
        train, test = (when[self.parts == part] for part in (TRAIN, TEST))
        train, test = np.sort(train[~np.isnan(train)]), test[~np.isnan(test)]
        if not len(train) or not len(test):
            return False
        before = np.searchsorted(train, test, "left") + np.searchsorted(train, test, "right")
        return float(before.mean()) / (2 * len(train)) >= NEWER


def tells_time(summary: Summary) -> bool:
    """Whether a column says when its row was."""
    if summary.column.role == "time":
        return summary.coverage is not None or summary.column.basis == "number"
    moments = summary.coverage is not None and summary.used
    return moments and not BIRTH.search(summary.name)

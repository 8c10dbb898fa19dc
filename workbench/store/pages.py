"""One page of a table at a time, by DuckDB, locked to the one file that it reads.

Of a large table the rows that pass a filter, and the whole order of a column once somebody has
looked at two places further than its beginning or end, are kept as row numbers
(:mod:`workbench.store.orders`): any later page is a slice of them. The first pages of an order, the
last ones, and the first place between are found without it (:mod:`workbench.store.selecting`); at
the second place it is made, while nobody waits. All ways give the same rows: equal cells in the
order of the table, missing ones last.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import NotFound, StoreError, UsageError
from workbench.core.filter import Filters
from workbench.store.orders import Orders, Recent
from workbench.store.view import View, asked
from workbench.tables import GROUP

LONGEST = 1000  # rows of a page
NEAR = 1000
WIDE = 5000  # rows of a part of an order that are found together
FIRST = 25  # rows of an order that are found in half the time of ``NEAR`` ones
LARGEST = 2**26  # rows of a table whose row numbers are kept: 1.4 GB while they are put in order
Page = tuple[list[str], list[tuple[Any, ...]], int]


class Pages:
    """The pages of a workspace's tables.

    Parameters
    ----------
    root
        The workspace; row numbers are kept below its ``cache``.
    smallest
        Rows of a table from which on they are kept; of a smaller one DuckDB is asked each time.
    near
        Rows from the beginning and the end of an order that are found without all of it.
    wide
        Rows of a part between that are found together; 0 makes the whole order at once.
    """

    def __init__(
        self, root: Path, smallest: int = 4 * GROUP, near: int = NEAR, wide: int = WIDE
    ) -> None:
        self.orders = Orders(root / "cache" / "orders")
        self._ends = Recent()
        self._smallest, self._near, self._wide = smallest, near, wide
        self._spans = (FIRST, near + LONGEST)
        self._making = threading.Lock()  # one order at a time: each needs its memory
        self._selecting = threading.Lock()
        self.making: threading.Thread | None = None  # an order that nobody waits for

    def page(
        self,
        path: Path,
        digest: str,
        names: Sequence[str],
        offset: int,
        limit: int,
        *,
        order_by: str | None = None,
        descending: bool = False,
        where: Filters | None = None,
    ) -> Page:
        """Column names, the rows from ``offset`` on, and how many rows match in all.

        Parameters
        ----------
        path, digest
            The table as one Parquet file, and what stands for its content.

        Raises
        ------
        NotFound
            An unknown column.
        UsageError
            Numbers out of range, or a value that the column cannot hold.
        """
        if offset < 0 or not 0 < limit <= LONGEST:
            raise UsageError(
                f"A page cannot begin at {offset} and have {limit} rows.",
                f"Begin at 0 or later and ask for 1 to {LONGEST} rows.",
            )
        _known([*([order_by] if order_by is not None else []), *(where or {})], names)
        with asked(path) as connection:
            view = View(connection, path, names, order_by, descending, where or {})
            if where or order_by is not None:
                numbers, total = self._numbers(view, digest, offset, limit)
                return list(names), view.rows(numbers), total
            return list(names), view.between(offset, limit), view.count

    def matching(self, path: Path, digest: str, names: Sequence[str], where: Filters) -> np.ndarray:
        """The numbers of the rows that pass a filter, in order of the table, uint32.

        Raises
        ------
        NotFound
            An unknown column.
        UsageError
            A value that the column cannot hold.
        """
        _known(list(where), names)
        with asked(path) as connection:
            view = View(connection, path, names, where=where)
            kept = self._smallest <= view.count <= LARGEST
            return self._matching(view, digest) if kept else view.matching()

    def _numbers(
        self, view: View, digest: str, offset: int, limit: int
    ) -> tuple[Sequence[int], int]:
        """The numbers of the rows of a page, and how many rows match."""
        if not self._smallest <= view.count <= LARGEST:
            total = view.matches
            return view.near(offset, limit, total), total
        matching = found = self._matching(view, digest) if view.where else None
        total = view.count if found is None else len(found)
        if view.order_by is not None:
            found = self.orders.get(digest, *view.question)
            if found is None and not self._near <= offset < total - self._near:
                return self._at_end(view, digest, offset, limit, total), total
            if found is None and (part := self._part(view, digest, offset, matching)) is not None:
                return [int(number) for number in part[:limit]], total
            found = self._ordered(view, digest) if found is None else found
        assert found is not None
        return found[offset : offset + limit].tolist(), total

    def _part(
        self, view: View, digest: str, offset: int, among: np.ndarray | None
    ) -> np.ndarray | None:
        """The numbers of the rows from a place of an order on that nobody has made yet.

        The pages beside it are found with it. Who asks for another part will ask for more: the
        order is made meanwhile.
        """
        whole = (digest, *view.unfiltered.question)
        if not self._wide or self.orders.get(*whole) is not None:
            return None
        begin = offset - offset % self._wide
        found = self._ends.get(digest, "part", begin, *view.question)
        if found is None:
            with self._selecting:
                found = view.part(begin, begin + self._wide + LONGEST, among)
            if found is None:
                return None
            self._ends.keep(found, digest, "part", begin, *view.question)
            if self._ends.get("asked", *whole) is not None:
                self._ahead(view.path, digest, view)
            self._ends.keep(found[:0], "asked", *whole)
        return found[offset - begin :]

    def _ahead(self, path: Path, digest: str, view: View) -> None:
        """Make an order while nobody waits for it, one at a time."""
        if self.making is not None and self.making.is_alive():
            return

        def make() -> None:
            with contextlib.suppress(StoreError, OSError), asked(path) as connection:
                self._ordered(replace(view.unfiltered, connection=connection), digest)

        self.making = threading.Thread(target=make, name="order")
        self.making.start()

    def _at_end(
        self, view: View, digest: str, offset: int, limit: int, total: int
    ) -> Sequence[int]:
        """The numbers of rows near the beginning or the end, found with the others there."""
        span = next(s for s in self._spans if offset + limit <= s or offset >= total - s)
        begin = max(0, total - span) if offset + limit > span else 0
        found = self._ends.get(digest, begin, span, *view.question)
        if found is None:
            numbers = np.array(view.near(begin, span, total), np.int64)
            found = self._ends.keep(numbers, digest, begin, span, *view.question)
        return found[offset - begin :][:limit].tolist()

    def _matching(self, view: View, digest: str) -> np.ndarray:
        """The numbers of the rows that pass the filter, in order of the table."""
        question = (digest, *view.filtered.question)
        with self._making:
            found = self.orders.get(*question)
            return self.orders.keep(view.matching(), *question) if found is None else found

    def _ordered(self, view: View, digest: str) -> np.ndarray:
        """The numbers of the rows that pass the filter, in order of a column."""
        question, whole = (digest, *view.question), (digest, *view.unfiltered.question)
        with self._making:
            found = self.orders.get(*question)
            if found is not None:
                return found
            found = self.orders.get(*whole)
            if found is None:
                found = self.orders.keep(view.ordered(), *whole)
        if not view.where:
            return found
        passes = np.zeros(view.count, bool)
        passes[self._matching(view, digest)] = True
        return self.orders.keep(found[passes[found]], *question)


def _known(asked_for: Sequence[str], names: Sequence[str]) -> None:
    for name in asked_for:
        if name not in names:
            raise NotFound.among("column", name, names)

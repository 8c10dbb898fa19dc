"""A table's parts in the five types, each converted on its way through.

The first part shows which form each column has. When a later cell does not fit, the rest of the
source is only looked at, and a second pass converts all of it by what is then known. So a source
is read twice at most, and the outcome is the same however it is cut into parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.core.report import Finding
from workbench.data import cells, quick
from workbench.data.cells import Evidence, Form, Notation
from workbench.data.columns import settled
from workbench.data.reader import Parts

SHAPING = ("missing", "text", "day_first", "decimal", "thousands", "dates")
SAMPLE = 2**13  # cells that a column's form is first guessed from


class Widened(Exception):
    """A column turned out to have another form than its first cells; what was made is void."""


@dataclass(frozen=True)
class Shaping:
    """Options for every kind of source: what cells mean, and which columns stay text.

    Parameters
    ----------
    text
        Columns kept as text; True for all of them, untouched.
    """

    notation: Notation = field(default_factory=Notation)
    text: bool | frozenset[str] = frozenset()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Shaping:
        """From reading options.

        Raises
        ------
        UsageError
            One of them is wrong.
        """
        rest = {k: v for k, v in given.items() if k not in ("missing", "text")}
        text = given.get("text", ())
        kept = True if text is True else frozenset((text,) if isinstance(text, str) else text or ())
        return cls(Notation(_missing(given.get("missing")), **rest), kept)

    def check(self, names: Sequence[str]) -> None:
        """Refuse columns that are not there.

        Raises
        ------
        NotFound
            The near ones are offered.
        """
        if not isinstance(self.text, bool):
            for name in sorted(self.text - set(names)):
                raise NotFound.among("column", name, names)

    def keeps(self, name: str) -> bool:
        """Whether a column stays text."""
        return self.text is True or (not isinstance(self.text, bool) and name in self.text)


def _missing(given: Any) -> tuple[str, ...]:
    if given is None:
        return cells.MISSING
    words = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(word, str) for word in words):
        raise UsageError("missing takes texts.", 'For example: missing=["", "?"].')
    return ("", *words)


class TypedParts:
    """The passes over one source."""

    def __init__(self, parts: Parts, shaping: Shaping) -> None:
        self.parts = parts
        self.rows = 0
        names = list(parts.names)
        shaping.check(names)
        self._columns = [Column(name, shaping) for name in names]

    def first(self) -> Iterator[pa.Table]:
        """Typed tables.

        Raises
        ------
        Widened
            After the last part: what came out is void, and :meth:`again` gives it rightly.
        """
        wide = False
        for table in self.parts.tables():
            found = [] if wide else [c.read(table.column(i)) for i, c in enumerate(self._columns)]
            if wide:
                for i, column in enumerate(self._columns):
                    column.learn(table.column(i))
            elif any(values is None for values in found):
                wide = True
            else:
                yield self._table(found)
        if wide:
            raise Widened

    def again(self) -> Iterator[pa.Table]:
        """Typed tables, by all that was learned.

        Raises
        ------
        DataError
            The source has changed since.
        """
        self.rows = 0
        for column in self._columns:
            column.restart()
        try:
            for table in self.parts.tables():
                yield self._table([c.convert(table.column(i)) for i, c in enumerate(self._columns)])
        except (ValueError, pa.ArrowInvalid) as error:
            raise DataError(
                "The source changed while it was read.", "Read it when nobody writes to it."
            ) from error

    def notes(self) -> tuple[Finding, ...]:
        """Those of the source, then those of each column."""
        return (*self.parts.notes(), *(n for column in self._columns for n in column.notes()))

    def _table(self, arrays: Sequence[pa.ChunkedArray]) -> pa.Table:
        table = pa.table(list(arrays), names=list(self.parts.names))
        self.rows += table.num_rows
        return table


class Column:
    """One column on its way to its type."""

    def __init__(self, name: str, shaping: Shaping) -> None:
        self.name = name
        self._keep = shaping.keeps(name)
        self._untouched = shaping.text is True
        self._missing = shaping.notation.missing
        self._cells = Cells(shaping.notation)
        self._told: tuple[Finding, ...] = ()  # of the source's own type
        self._infinite = 0

    def restart(self) -> None:
        """Forget what is counted anew in each pass."""
        self._infinite = 0

    def learn(self, values: pa.ChunkedArray) -> None:
        """Look at the cells only."""
        values = self._settled(values)
        if self._is_text(values):
            for chunk in values.chunks:
                self._cells.learn(chunk)

    def read(self, values: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Values in the type of the first cells; None when these do not fit it."""
        values = self._settled(values)
        if not self._is_text(values):
            return self._finished(values)
        found = self._cells.read(values)
        return None if found is None else self._finished(found)

    def convert(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """Values in the type that all cells have together."""
        values = self._settled(values)
        return self._finished(self._cells.convert(values) if self._is_text(values) else values)

    def notes(self) -> tuple[Finding, ...]:
        """What had to be done."""
        notes = (*self._told, *self._cells.evidence.notes(self.name))
        if not self._infinite:
            return notes
        are = "cell is" if self._infinite == 1 else "cells are"
        sentence = f"Column {self.name!r}: {self._infinite:,} {are} infinite and became missing."
        evidence = {"cells": self._infinite}
        return (*notes, Finding("infinite", "warning", sentence, evidence, self.name))

    @property
    def evidence(self) -> Evidence | None:
        """What was seen of its cells; None when they stay text."""
        return None if self._keep else self._cells.evidence

    def _settled(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_uint64(values.type):  # some may not fit into int64: found as in text
            return values.cast(pa.string())
        column = settled(self.name, values)
        self._told = column.notes
        return column.values

    def _is_text(self, values: pa.ChunkedArray) -> bool:
        return pa.types.is_string(values.type) and not self._keep

    def _finished(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        if self._keep:
            return self._kept(values)
        return self._finite(values) if pa.types.is_floating(values.type) else values

    def _kept(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        if not pa.types.is_string(values.type):
            return values.cast(pa.string())
        if self._untouched:
            return values
        chunks = [cells.without(chunk, self._missing) for chunk in values.chunks]
        return pa.chunked_array(chunks, values.type)

    def _finite(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """NaN becomes missing in silence, infinity with a note: no model takes either."""
        finite = pc.is_finite(values)
        if pc.all(finite).as_py() is not False:
            return values
        self._infinite += pc.sum(pc.is_inf(values)).as_py() or 0
        return pc.if_else(finite, values, pa.scalar(None, values.type))


class Cells:
    """The cells of a column of text: what was seen of them, and their values."""

    def __init__(self, notation: Notation) -> None:
        self.evidence = Evidence(notation)
        self._notation = notation
        self._form: Form | None = None  # that of the first cells
        self._can_be_quick = quick.possible(notation)

    def learn(self, chunk: pa.Array) -> None:
        """Look at cells."""
        if self.evidence.is_text or self._quick(chunk, self.evidence.form) is not None:
            return
        self.evidence.learn(pc.unique(self._encoded(chunk)[0]))

    def read(self, values: pa.ChunkedArray) -> pa.ChunkedArray | None:
        """Look at cells and give their values; None when the form is not that of the first."""
        if self._form is None:
            return self._begin(values)
        found = [self._next(chunk, self._form) for chunk in values.chunks]
        if any(array is None for array in found):
            return None
        return pa.chunked_array(found, self._form.type)

    def convert(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """The values of cells that have been looked at."""
        form = self.evidence.form
        found = [self._converted(chunk, form) for chunk in values.chunks]
        return pa.chunked_array(found, form.type)

    def _begin(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        """The first cells: a few of them show the form, and all of them may still change it."""
        for chunk in values.slice(0, SAMPLE).chunks:
            self.learn(chunk)
        form = self.evidence.form
        found = [self._next(chunk, form) for chunk in values.chunks]
        if any(array is None for array in found):
            for chunk in values.chunks:
                self.learn(chunk)
            form = self.evidence.form
            found = [self._converted(chunk, form) for chunk in values.chunks]
        self._form = form
        return pa.chunked_array(found, form.type)

    def _next(self, chunk: pa.Array, form: Form) -> pa.Array | None:
        values = self._quick(chunk, form)
        if values is not None:
            return values
        words, places = self._encoded(chunk)
        self.evidence.learn(pc.unique(words))
        if self.evidence.form != form:
            return None
        return form.convert(words, self._notation).take(places)

    def _converted(self, chunk: pa.Array, form: Form) -> pa.Array:
        values = self._quick(chunk, form)
        if values is not None:
            return values
        words, places = self._encoded(chunk)
        return form.convert(words, self._notation).take(places)

    def _encoded(self, chunk: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Distinct cells, and the place of each cell among them."""
        encoded = chunk.dictionary_encode()
        return cells.bare(encoded.dictionary, self._notation.missing), encoded.indices

    def _quick(self, chunk: pa.Array, form: Form) -> pa.Array | None:
        """The values without a look at distinct cells, where that can be done without a doubt."""
        if self.evidence.is_text:
            return cells.bare(chunk, self._notation.missing)
        return quick.values(chunk, form, self.evidence) if self._can_be_quick else None

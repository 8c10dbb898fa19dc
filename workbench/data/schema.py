"""What the columns of a table mean and what they are for, each with a reason people can read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench import scalars
from workbench.core.dataset import Column, Role, Schema, Semantic
from workbench.core.errors import DataError, UsageError
from workbench.data import hashed, meanings
from workbench.tables import ParquetTable, Span, Tabular, encoded

FEW = 20  # rows below which "all values differ" says nothing
WORDY = 4.0  # words of a cell from which a column of many values is prose
LONG = 40  # characters likewise
LARGE = 100_000  # rows from which distinct texts are counted by their hashes
WORDS = 2000  # distinct texts that are looked at
SMALL = 2**29  # bytes of a table of which two columns are looked at together
MANY = 50  # values from which a category may be too fine to learn from
ID_NAME = re.compile(
    r"(^|[_\W])(id|ids|uuid|guid|key|index|rownum|row_id|pid|nr|no)$|(?-i:[a-z]I[Dd])$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Guess:
    """What a column seems to be."""

    semantic: Semantic
    reason: str
    role: Role = "feature"

    def named(self, semantic: Semantic, reason: str, role: Role | None = None) -> Guess:
        """The same column under a name that says more."""
        return Guess(semantic, reason, role or self.role)


class Look:
    """A column with the counts that a guess rests on; each is found when it is asked for.

    Whoever can tell by the smallest and the greatest value does not count distinct ones: these
    cost as much as all the rest of an import but the parsing.
    """

    def __init__(self, name: str, table: Tabular) -> None:
        self.name = name
        self.rows = table.num_rows
        self.type: pa.DataType = table.schema.field(name).type
        self._table = table

    @cached_property
    def cells(self) -> pa.ChunkedArray:
        """The whole column; texts that repeat come as codes and a dictionary."""
        return encoded(self._table, self.name)

    @cached_property
    def known(self) -> int:
        """Rows that have a value."""
        told = self._told
        return self.rows - (self.cells.null_count if told is None else told.missing)

    @cached_property
    def span(self) -> tuple[Any, Any]:
        """The smallest and the greatest value of a column that is no text."""
        told = self._told
        found = pc.min_max(self.cells).as_py() if told is None else {}
        low, high = (found["min"], found["max"]) if told is None else (told.low, told.high)
        return (low + 0.0, high + 0.0) if isinstance(low, float) else (low, high)  # no -0.0

    @cached_property
    def distinct(self) -> int:
        """How many values differ."""
        return len(self._levels) if kinds.is_dictionary(self.cells.type) else _distinct(self.cells)

    @cached_property
    def words(self) -> pa.Array | None:
        """The first distinct values of a column of text."""
        if not kinds.is_string(self.type):
            return None
        if kinds.is_dictionary(self.cells.type):
            return self._levels[:WORDS]
        return _first(self.cells, WORDS)

    @property
    def constant(self) -> bool:
        """Whether there is one value only."""
        if kinds.is_string(self.type):
            return self.distinct == 1
        return bool(self.span[0] == self.span[1])

    @property
    def first(self) -> Any:
        """The first value of a column of text that has one."""
        assert self.words is not None
        return self.words[0].as_py()

    @property
    def all_differ(self) -> bool:
        return self.known >= FEW and self.distinct == self.known

    @cached_property
    def rising(self) -> bool:
        """Whether each whole number is greater than the one before, and none is missing."""
        low, high = self.span
        if self.known < self.rows or high - low < self.rows - 1:  # too few numbers for the rows
            return False
        if isinstance(self._table, ParquetTable):  # most others fall within the first thousand rows
            begin = next(self._table.batches([self.name]))
            if not _rising(begin.column(0)):
                return False
        return _rising(self.cells)

    @cached_property
    def _told(self) -> Span | None:
        """What the file says of itself."""
        if kinds.is_string(self.type) or not isinstance(self._table, ParquetTable):
            return None
        return self._table.span(self.name)

    @cached_property
    def _levels(self) -> pa.Array:
        """The distinct values of a column with a dictionary, in the order of their first rows."""
        cells = self.cells.unify_dictionaries()
        codes = [chunk.indices.unique() for chunk in cells.chunks]
        places = pa.chunked_array(codes, pa.int32()).drop_null().unique()
        return cells.chunk(0).dictionary.take(places) if cells.num_chunks else places


def infer(
    table: Tabular,
    *,
    target: str | None = None,
    sensitive: Iterable[str] = (),
    roles: Mapping[str, str] | None = None,
    semantics: Mapping[str, str] | None = None,
) -> Schema:
    """The schema of ``table``: what its values suggest, then what the caller says.

    Raises
    ------
    NotFound
        A column is named that is not there.
    DataError
        The target has no values, or the same one in every row.
    UsageError
        A role or kind is unknown, or the target is listed as sensitive.
    """
    sensitive = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
    # of a large table one column after another: each is in memory, whole
    with ThreadPoolExecutor(2 if table.nbytes <= SMALL else 1, "schema") as pool:
        columns = pool.map(lambda name: _column(name, table, target), table.column_names)
        schema = Schema(tuple(columns))
    told: dict[str, str] = dict.fromkeys(sensitive, "sensitive")
    if target is not None:
        if target in told:
            raise UsageError(f"{target!r} cannot be both target and sensitive.", "Name it once.")
        told[target] = "target"
    given = {**told, **(roles or {})}
    targets = [n for n, role in given.items() if role == "target"]
    schema = _reasoned(schema.edited(roles=given, semantics=semantics), schema, told, semantics)
    for name in targets:
        check_target(table, name)
    return schema


def check_target(table: Tabular, name: str) -> None:
    """Refuse a target that nothing can be learned from.

    Raises
    ------
    DataError
        It has no values, or one value only.
    """
    known = table.column(name).drop_null()
    if len(known) == 0:
        raise DataError(f"The target {name!r} has no values.", "Choose another target.")
    if len(pc.unique(known)) < 2:
        raise DataError(
            f"The target {name!r} is {known[0].as_py()!r} in every row.",
            "Choose a target that varies.",
        )


def _reasoned(
    edited: Schema,
    guessed: Schema,
    told: Collection[str],
    semantics: Mapping[str, str] | None,
) -> Schema:
    """Keep the reason of a kind that was guessed where only the role was given."""
    columns = [
        replace(new, reason=old.reason.removesuffix(_IGNORED))
        if new.reason != old.reason and new.name not in (semantics or {})
        else new
        for new, old in zip(edited.columns, guessed.columns, strict=True)
    ]
    return Schema(tuple(columns))


_IGNORED = "; ignored"


def _column(name: str, table: Tabular, target: str | None) -> Column:
    look = Look(name, table)
    guess = _guess(look)
    if look.known:
        guess = meanings.told(look, guess)
    if name == target:
        guess = _as_target(look, guess)
    reason = f"{guess.semantic}: {guess.reason}"
    if guess.role == "ignore":
        reason += _IGNORED
    return Column(name, str(look.type), guess.semantic, guess.role, reason)


def _distinct(values: pa.ChunkedArray) -> int:
    """How many values differ; numbers are sorted, which is ten times as fast as hashing them."""
    if kinds.is_timestamp(values.type):
        values = values.cast(pa.int64())
    if kinds.is_integer(values.type) or kinds.is_floating(values.type):
        return hashed.differing(values.drop_null().to_numpy())
    if kinds.is_string(values.type) and len(values) > LARGE:
        return hashed.distinct(values)
    count: int = pc.count_distinct(values, mode="only_valid").as_py()
    return count


def _guess(look: Look) -> Guess:
    if look.known == 0:
        return Guess(_kind(look.type), "no values", "ignore")
    if look.constant:
        same = _shown(look.first if kinds.is_string(look.type) else look.span[0])
        if look.known == look.rows:
            return Guess(_kind(look.type), f"always {same}", "ignore")
        return Guess(_kind(look.type), f"{same} or missing")
    if kinds.is_boolean(look.type):
        return Guess("boolean", "true and false")
    if kinds.is_timestamp(look.type):
        return _moment(look)
    if kinds.is_integer(look.type):
        return _whole(look)
    if kinds.is_floating(look.type):
        return _number(look)
    return _words(look)


def _kind(kind: pa.DataType) -> Semantic:
    if kinds.is_boolean(kind):
        return "boolean"
    if kinds.is_timestamp(kind):
        return "datetime"
    return "category" if kinds.is_string(kind) else "number"


def _as_target(look: Look, guess: Guess) -> Guess:
    """Numbered rows or free text cannot be ids once somebody wants to predict them."""
    if guess.semantic in ("number", "boolean", "category", "datetime", "ordinal"):
        return replace(guess, role="feature")
    semantic: Semantic = "category" if kinds.is_string(look.type) else "number"
    return Guess(semantic, _plural(look.distinct, "value"))


def _moment(look: Look) -> Guess:
    low, high = look.span
    return Guess("datetime", f"{low:%Y-%m-%d} to {high:%Y-%m-%d}")


def _whole(look: Look) -> Guess:
    low, high = look.span
    called = ID_NAME.search(look.name)
    if (low, high) == (0, 1):
        return Guess("boolean", "only 0 and 1")
    if (
        look.rows >= FEW
        and look.rising
        and (high - low == look.rows - 1 or called or look.rows >= 100)
    ):
        return Guess("identifier", "unique and increasing", "id")
    if called and look.known == look.rows and look.all_differ:
        return Guess("identifier", "unique, and called like one", "id")
    if called and look.distinct > 0.5 * look.known > MANY:
        return Guess("identifier", f"{_plural(look.distinct, 'value')}, and called like one", "id")
    return Guess("number", f"whole, {low:,} to {high:,}")


def _number(look: Look) -> Guess:
    low, high = look.span
    if (low, high) == (0.0, 1.0) and look.distinct == 2:
        return Guess("boolean", "only 0 and 1")
    return Guess("number", f"{low:,.6g} to {high:,.6g}")


def _rising(values: pa.ChunkedArray) -> bool:
    """Whether whole numbers, of which none is missing, rise from each to the next."""
    last: list[np.int64] = []
    for chunk in values.chunks:
        found = np.frombuffer(scalars.raw(chunk), np.int64)
        if not (np.all(found[1:] > found[:-1]) and all(found[:1] > last)):
            return False
        last = [*found[-1:]] or last
    return True


def _words(look: Look) -> Guess:
    sample = look.words
    length = pc.mean(pc.utf8_length(sample)).as_py()
    words = 1 + pc.mean(pc.count_substring_regex(sample, r"\s+")).as_py()
    share = look.distinct / look.known
    count = _plural(look.distinct, "value")
    prose = (words >= WORDY or length > LONG) and share > 0.3 and look.distinct > MANY
    if prose:
        return Guess("text", f"free text, {words:.0f} words a cell on average", "ignore")
    if look.all_differ and words < 2:
        return Guess("identifier", "every value differs", "id")
    if ID_NAME.search(look.name) and share > 0.5 and look.distinct > MANY:
        return Guess("identifier", f"{count}, and called like one", "id")
    if share > 0.5 and look.distinct > MANY:
        reason = f"{count} in {look.known:,} filled rows, too fine to learn from"
        return Guess("category", reason, "ignore")
    return Guess("category", count if look.distinct > 3 else f"{count} ({_list(sample)})")


def _first(values: pa.ChunkedArray, most: int) -> pa.Array:
    """The first distinct values, without a look at all rows where a few show enough."""
    rows = 8 * most
    while True:
        found = pc.unique(values.slice(0, rows).drop_null())
        if len(found) >= most or rows >= len(values):
            return found[:most]
        rows *= 8


def _list(values: Any) -> str:
    return ", ".join(_shown(v) for v in values.to_pylist())


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 24 else text[:23] + "…"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

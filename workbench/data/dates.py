"""The ways in which a cell can say a date; each is held against the cell, not guessed from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from workbench import scalars
from workbench.core.errors import UsageError

ISO = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?$"
ZONED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}.*(Z|[+-][0-9]{2}:?[0-9]{2})$"
SLASHED = r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"
DOTTED = r"^[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}"
PARTED = r"^[0-9]{{1,2}}{0}[0-9]{{1,2}}{0}[0-9]{{4}}"
TIMES = ("", " %H:%M", " %H:%M:%S")
STAMP = pa.timestamp("us")
USUAL = (10, 16, 19)
LONGEST = 40  # characters


@dataclass(frozen=True)
class Date:
    """One way of writing a date: how it looks, and how it is read.

    Parameters
    ----------
    look
        A pattern that every such cell matches.
    form
        What ``strptime`` reads it with; "" for ISO dates.
    order
        ``"day"`` or ``"month"``, whichever comes first, where that can be mistaken.
    """

    look: str
    form: str = ""
    order: str = ""

    def parse(self, words: pa.Array) -> pa.Array | None:
        """``words`` as timestamp[us] without a zone, or None when one of them is no such date."""
        if self.look == ISO and _usual(words):
            return self._iso(words)
        if not _all(words, self.look) or _too_long(words):
            return None
        return self._by_form(words) if self.form else self._iso(_micro(words))

    @property
    def zoned(self) -> bool:
        """Whether it says its time zone; the times become UTC."""
        return self.look == ZONED

    def _iso(self, words: pa.Array) -> pa.Array | None:
        kind = pa.timestamp("us", "UTC") if self.zoned else STAMP
        try:
            return pc.cast(words, kind).cast(STAMP)
        except pa.ArrowInvalid:
            return None  # 2025-02-30, say

    def _by_form(self, words: pa.Array) -> pa.Array | None:
        read: Callable[..., pa.Array] = pc.strptime
        values = read(words, format=self.form, unit="us", error_is_null=True)
        # strptime rolls 31 February over to March and takes what is left of a longer cell
        whole = values.null_count == words.null_count
        return values if whole and self._real(values, words) else None

    def _real(self, values: pa.Array, words: pa.Array) -> bool:
        again = pc.strftime(values, format=self.form)
        if self.form.endswith("%S"):
            again = pc.replace_substring_regex(again, r"[.]0+$", "")
        return pc.all(pc.equal(_bare(again), _bare(words))).as_py() is not False


def known(day_first: bool | None, given: str | None = None) -> tuple[Date, ...]:
    """All ways that a column may be read in, the likelier ones first.

    Parameters
    ----------
    day_first
        Leaves out the other order of day and month.
    given
        A form for ``strptime`` that is tried before all others: ``"%d %b %Y"``.

    Raises
    ------
    UsageError
        ``given`` is no such form.
    """
    orders = {True: ("day",), False: ("month",), None: ("month", "day")}[day_first]
    found = [Date(ISO), Date(ZONED)]
    for time in TIMES:
        found += [Date(SLASHED, f"%Y/%m/%d{time}"), Date(DOTTED, f"%d.%m.%Y{time}")]
        for mark in "/-":
            parts = {"day": f"%d{mark}%m{mark}%Y", "month": f"%m{mark}%d{mark}%Y"}
            found += [Date(PARTED.format(mark), parts[o] + time, o) for o in orders]
    return (Date("", _checked(given)), *found) if given else tuple(found)


def _checked(form: str) -> str:
    if "%" not in form:
        raise UsageError(
            f"dates cannot be {form!r}.", "Say how dates are written: dates='%d.%m.%Y'."
        )
    return form


def _all(words: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(words, pattern)).as_py() is not False


def _usual(words: pa.Array) -> bool:
    """Whether all have a length at which Arrow takes nothing but ISO dates for dates."""
    lengths = pc.binary_length(words)
    ends = pc.min_max(lengths).as_py()
    if ends["min"] == ends["max"]:
        return ends["min"] in USUAL
    return (
        pc.all(pc.is_in(lengths.drop_null(), value_set=scalars.whole(USUAL, pa.int32()))).as_py()
        is not False
    )


def _too_long(words: pa.Array) -> bool:
    return (pc.max(pc.binary_length(words)).as_py() or 0) > LONGEST


def _micro(words: pa.Array) -> pa.Array:
    """Fractions of a second cut to the microseconds that we keep."""
    return pc.replace_substring_regex(words, r"([.][0-9]{6})[0-9]+", r"\1")


def _bare(words: pa.Array) -> pa.Array:
    """Dates without the zeros that some write: 03/04/2025 and 3/4/2025."""
    return pc.replace_substring_regex(words, r"\b0([0-9])", r"\1")

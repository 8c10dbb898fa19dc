"""What text in a cell can mean: a number, a boolean, a date, or nothing at all.

A column's cells are first looked at (:class:`Evidence`), a block at a time and in any order; what
was seen says which :class:`Form` the column has; then every cell is converted by that form. The
same cells give the same form, however they are cut into blocks. A block is looked at through its
distinct values, so that a million rows of a few categories cost as much as a few rows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from workbench import scalars
from workbench.core.errors import UsageError
from workbench.core.report import Finding
from workbench.data import dates
from workbench.data.dates import STAMP, Date
from workbench.data.letters import Ends
from workbench.data.reader import note

# what pandas reads as missing too
MISSING = (
    "", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>",
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "1.#IND", "-1.#QNAN", "1.#QNAN",
)  # fmt: skip
# words that stand for a missing number when all else in the column is a number
STAND_INS = ("?", "-", "--", "---", ".", "..", "*", "unknown", "missing", "none", "na", "n.a.",
             "not available", "no data", "nodata", "#value!", "#div/0!", "#ref!")  # fmt: skip

INTEGER = r"^[+-]?[0-9]+$"
LEADING_ZERO = r"^[+-]?0[0-9]+$"
FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
INFINITE = r"^(?i:[+-]?inf(inity)?)$"
BOOLEAN = r"^(?i:true|false)$"
THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$"
WHOLE_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+$"
COMMA = r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)$"
EITHER = r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$"  # 1,234
NOWHERE = "\ufdd0\ufdd1"  # Unicode promises that no text holds it
ENOUGH = 5000  # more than the stand-ins have spellings in upper and lower case


@dataclass(frozen=True)
class Notation:
    """How a source writes its values; what is left out is found.

    Parameters
    ----------
    missing
        Cells that mean "no value".
    day_first
        How 03/04/2025 is read; ``None`` looks for a day above 12.
    decimal
        ``"."`` or ``","``.
    thousands
        What stands between thousands: ``","``, ``"."``, ``" "``, ``"'"`` or ``"_"``.
    dates
        How dates are written, for ``strptime``: ``"%d %b %Y"``.
    """

    missing: tuple[str, ...] = MISSING
    day_first: bool | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None

    def __post_init__(self) -> None:
        if self.day_first not in (None, True, False):
            raise UsageError("day_first is True or False.", "Or leave it out to have it found.")
        if self.decimal not in (None, ".", ","):
            raise UsageError(f"decimal cannot be {self.decimal!r}.", "It is '.' or ','.")
        if self.thousands is not None and self.thousands not in (",", ".", " ", "'", "_"):
            raise UsageError(
                f"thousands cannot be {self.thousands!r}.", "Give one of , . ' _ or a blank."
            )
        if self.thousands and self.thousands == self.decimal:
            raise UsageError(
                "decimal and thousands cannot be the same.", "Give two different characters."
            )
        dates.known(self.day_first, self.dates)

    @property
    def point(self) -> str | None:
        """The decimal mark, when it is given or follows from that of the thousands."""
        if self.decimal is None and self.thousands in (",", "."):
            return "." if self.thousands == "," else ","
        return self.decimal

    def plain(self, words: pa.Array) -> pa.Array:
        """``words`` with numbers as we write them: 1,234.5."""
        if self.thousands in (" ", "'", "_"):
            grouped = rf"^[+-]?[0-9]{{1,3}}({self.thousands}[0-9]{{3}})+([.,][0-9]+)?$"
            bare = pc.replace_substring(words, self.thousands, "")
            words = pc.if_else(pc.match_substring_regex(words, grouped), bare, words)
        if self.point == ",":
            words = pc.replace_substring(words, ",", NOWHERE)
            words = pc.replace_substring(words, ".", ",")
            words = pc.replace_substring(words, NOWHERE, ".")
        return words


class Kind(enum.Flag):
    """What a cell looks like."""

    NONE = 0
    BOOLEAN = enum.auto()
    INTEGER = enum.auto()
    LEADING = enum.auto()  # 007
    HUGE = enum.auto()  # an integer of more than 64 bits
    FRACTION = enum.auto()
    INFINITE = enum.auto()
    STAND_IN = enum.auto()
    EITHER = enum.auto()  # 1,234: a thousand, or one and a bit
    GROUPED = enum.auto()  # 1,234,567
    GROUPED_HUGE = enum.auto()
    GROUPED_FRACTION = enum.auto()  # 1,234.5
    COMMA = enum.auto()  # 1.234,5
    DATE = enum.auto()
    OTHER = enum.auto()


CODES = Kind.LEADING | Kind.HUGE | Kind.GROUPED_HUGE  # as numbers they would lose something
WHOLE = Kind.INTEGER | Kind.LEADING | Kind.HUGE
PLAIN = WHOLE | Kind.FRACTION | Kind.INFINITE | Kind.STAND_IN
GROUPS = Kind.EITHER | Kind.GROUPED | Kind.GROUPED_HUGE | Kind.GROUPED_FRACTION
GROUPED = GROUPS | WHOLE | Kind.FRACTION
COMMAS = WHOLE | Kind.EITHER | Kind.COMMA
FAMILIES = (Kind.BOOLEAN, PLAIN, GROUPED, COMMAS, Kind.DATE)
LOOKS = (
    (Kind.LEADING, LEADING_ZERO),
    (Kind.INTEGER, INTEGER),
    (Kind.FRACTION, FLOAT),
    (Kind.INFINITE, INFINITE),
    (Kind.BOOLEAN, BOOLEAN),
    (Kind.EITHER, EITHER),
    (Kind.GROUPED, WHOLE_THOUSANDS),
    (Kind.GROUPED_FRACTION, THOUSANDS),
    (Kind.COMMA, COMMA),
)


@dataclass(frozen=True)
class Form:
    """How every cell of a column is to be read. Two equal forms read alike."""

    kind: Literal["boolean", "integer", "float", "date", "text"]
    mark: Literal["", "thousands", "comma"] = ""
    date: Date | None = None

    @property
    def type(self) -> pa.DataType:
        """The column's type."""
        return _TYPES[self.kind]

    def convert(self, words: pa.Array, notation: Notation) -> pa.Array:
        """``words``, trimmed and null where missing, as values of :attr:`type`.

        Raises
        ------
        ValueError
            A word has another form.
        """
        if self.kind == "text":
            return words
        if self.kind == "boolean":
            return pc.equal(pc.utf8_lower(words), scalars.text("true"))
        if self.date is not None:
            values = self.date.parse(words)
            if values is None:
                raise ValueError("A cell is no date of this form.")
            return values
        return self._number(notation.plain(words))

    def _number(self, words: pa.Array) -> pa.Array:
        if self.mark == "thousands":
            words = pc.replace_substring(words, ",", "")
        elif self.mark == "comma":
            words = pc.replace_substring(pc.replace_substring(words, ".", ""), ",", ".")
        else:
            words = pc.if_else(_stand_ins(words), scalars.nothing(words.type), words)
        return pc.cast(pc.replace_substring_regex(words, r"^\+", ""), self.type)


_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "date": STAMP,
    "text": pa.string(),
}
TEXT, INTEGERS, FLOATS = Form("text"), Form("integer"), Form("float")


class Evidence:
    """What has been seen of a column's cells; it says the column's form."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.seen = Kind.NONE
        self.stand_ins: dict[str, None] = {}  # in the order of the cells
        self.numbers: set[str] = set()  # distinct ones, up to ENOUGH
        self.ambiguous = False  # day and month could be exchanged, and it would matter
        self._dates = dates.known(notation.day_first, notation.dates)

    @property
    def is_text(self) -> bool:
        """Whether nothing that may still come can make the column anything but text."""
        return not any(self.seen in family for family in FAMILIES)

    def learn(self, words: pa.Array) -> None:
        """Look at distinct cells, trimmed and null where missing."""
        words = words.drop_null()
        if self.is_text or not len(words):
            return
        rest = self._learn_numbers(words, self.notation.plain(words))
        if len(rest) and self.seen in Kind.DATE:  # all cells so far are dates, or there are none
            self._learn_dates(rest)
        elif len(rest):
            self.seen |= Kind.OTHER

    def count(self, numbers: pa.Array) -> None:
        """Remember distinct numbers, until there are enough of them."""
        if len(self.numbers) < ENOUGH:
            self.numbers.update(pc.unique(numbers.drop_null()).slice(0, ENOUGH).to_pylist())

    def _learn_numbers(self, words: pa.Array, plain: pa.Array) -> pa.Array:
        """Note each kind of cell; what is left is neither number nor boolean."""
        for kind, pattern in LOOKS:
            if kind is Kind.COMMA and self.notation.point:
                continue  # the mark is given, and ``plain`` has turned it into a point
            hit = pc.match_substring_regex(plain, pattern)
            found = plain.filter(hit)
            if len(found):
                self.seen |= self._sized(kind, found)
                if kind in PLAIN:
                    self.count(words.filter(hit))
                words, plain = words.filter(pc.invert(hit)), plain.filter(pc.invert(hit))
        return self._without_stand_ins(words)

    def _sized(self, kind: Kind, found: pa.Array) -> Kind:
        if kind is Kind.EITHER and self.notation.point:
            kind = Kind.GROUPED
        if kind not in Kind.INTEGER | Kind.GROUPED:
            return kind
        bare = pc.replace_substring_regex(found, r"[+,]", "")
        try:
            pc.cast(bare, pa.int64())
        except pa.ArrowInvalid:
            return Kind.HUGE if kind is Kind.INTEGER else Kind.GROUPED_HUGE
        return kind

    def _without_stand_ins(self, words: pa.Array) -> pa.Array:
        hit = _stand_ins(words)
        found = words.filter(hit)
        if len(found):
            self.seen |= Kind.STAND_IN
            self.stand_ins.update(dict.fromkeys(found.to_pylist()))
        return words.filter(pc.invert(hit))

    def _learn_dates(self, words: pa.Array) -> None:
        found = {date: v for date in self._dates if (v := date.parse(words)) is not None}
        self._dates = tuple(found)
        self.seen |= Kind.DATE if found else Kind.OTHER
        orders = [values for date, values in found.items() if date.order]
        self.ambiguous |= any(not values.equals(orders[0]) for values in orders)

    @property
    def form(self) -> Form:
        """The form of all cells seen so far; that of numbers when there was none."""
        if not self.seen:
            return FLOATS
        if self.seen in Kind.BOOLEAN:
            return Form("boolean")
        if self.seen in PLAIN:
            return self._plain()
        if self.seen in GROUPED:
            return _number(self.seen, WHOLE | GROUPS & ~Kind.GROUPED_FRACTION, "thousands")
        if self.seen in COMMAS:
            return Form("float", "comma")
        if self.seen in Kind.DATE:
            return Form("date", date=self._dates[0])
        return TEXT

    def _plain(self) -> Form:
        numbers = self.seen & ~Kind.STAND_IN
        if not numbers or len(self.stand_ins) > len(self.numbers):
            return TEXT  # words that happen to be stand-ins, not numbers among which some lack
        return _number(numbers, WHOLE, "")

    def notes(self, name: str) -> tuple[Finding, ...]:
        """What is worth saying about how the column was read."""
        form = self.form
        if form.date is not None:
            return self._date_notes(name, form.date)
        if form.mark:
            point = self.notation.point == "," and form.mark == "thousands"
            said = "a decimal comma" if form.mark == "comma" else "commas between thousands"
            said = "points between thousands" if point else said
            sentence = f"Column {name!r} was read as numbers with {said}."
            return (note("number-format", sentence, name),)
        if form.kind in ("integer", "float") and self.stand_ins:
            shown = ", ".join(repr(word) for word in list(self.stand_ins)[:3])
            sentence = f"Column {name!r}: {shown} among numbers was read as missing."
            return (note("missing-read", sentence, name),)
        return ()

    def _date_notes(self, name: str, date: Date) -> tuple[Finding, ...]:
        if date.zoned:
            sentence = f"Column {name!r}: times with a zone were converted to UTC."
            return (note("time-zone", sentence, name),)
        both = len([d for d in self._dates if d.order]) > 1
        if not (both and self.ambiguous):
            return ()
        mark = "/" if "/" in date.form else "-"
        sentence = (
            f"Column {name!r} was read as month{mark}day{mark}year; no day above 12 tells the "
            "order. Say day_first=True if the day comes first."
        )
        return (Finding("date-order", "warning", sentence, {}, name),)


def _number(seen: Kind, whole: Kind, mark: Literal["", "thousands"]) -> Form:
    if seen not in whole:
        return Form("float", mark)
    return TEXT if seen & CODES else Form("integer", mark)


def _stand_ins(words: pa.Array) -> pa.Array:
    found = pc.is_in(pc.utf8_lower(words), value_set=scalars.texts(STAND_INS))
    return pc.fill_null(found, scalars.zero(pa.bool_()))


@dataclass(frozen=True)
class Typed:
    """A column in the type that its cells have, and what is worth saying about it."""

    values: pa.ChunkedArray
    notes: tuple[Finding, ...] = ()


def bare(words: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """``words`` without blanks at their ends, null where they mean "no value"."""
    return without(words if Ends(words).trimmed else pc.utf8_trim_whitespace(words), missing)


def without(words: pa.Array, missing: tuple[str, ...]) -> pa.Array:
    """``words``, null where they mean "no value"."""
    if not Ends(words).may_be(missing):
        return words
    gone = pc.is_in(words, value_set=scalars.texts(missing))
    return pc.if_else(gone, scalars.nothing(words.type), words)

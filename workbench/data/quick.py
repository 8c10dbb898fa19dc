"""Whole blocks of plain numbers, dates and codes, read without a look at their distinct cells.

Each function gives the values, or None when there is the least doubt: then the slower way decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from workbench import scalars
from workbench.data.cells import FLOAT, INFINITE, Evidence, Form, Kind, Notation
from workbench.data.dates import ISO
from workbench.data.letters import Ends

DIGITS = Kind.INTEGER | Kind.LEADING | Kind.HUGE
VALUE = re.compile(f"{FLOAT}|{INFINITE}|{ISO}")


def possible(notation: Notation) -> bool:
    """Whether no number or date can mean "missing", and numbers are written plainly."""
    plain = notation.point is None and notation.thousands is None
    return plain and not any(VALUE.match(word) for word in notation.missing)


def values(cells: pa.Array, form: Form, evidence: Evidence) -> pa.Array | None:
    """The cells in the form's type, and what they show added to the evidence."""
    ends = Ends(cells)
    blank, known = ends.blank, cells
    if blank.any():
        known = pc.if_else(scalars.flags(blank), scalars.nothing(cells.type), cells)
    found = _WAYS[form.kind](known, form, evidence, ends)
    if found is not None and form.kind not in ("date", "boolean"):
        evidence.count(known)
    return found


def _integers(known: pa.Array, form: Form, evidence: Evidence, ends: Ends) -> pa.Array | None:
    # Arrow takes 007 and 0x7 for numbers too
    if form.mark or Kind.INTEGER not in evidence.seen or ends.padded:
        return None
    try:
        return pc.cast(known, pa.int64())
    except pa.ArrowInvalid:
        return None


def _booleans(known: pa.Array, form: Form, evidence: Evidence, ends: Ends) -> pa.Array | None:
    # Arrow takes 0 and 1 for booleans too
    if Kind.BOOLEAN not in evidence.seen or (ends.lengths == 1).any():
        return None
    try:
        return pc.cast(known, pa.bool_())
    except pa.ArrowInvalid:
        return None


def _floats(known: pa.Array, form: Form, evidence: Evidence, ends: Ends) -> pa.Array | None:
    if form.mark or Kind.FRACTION not in evidence.seen:
        return None
    try:
        found = pc.cast(known, pa.float64())
    except pa.ArrowInvalid:
        return None
    return found if pc.all(pc.is_finite(found)).as_py() is not False else None


def _dates(known: pa.Array, form: Form, evidence: Evidence, ends: Ends) -> pa.Array | None:
    return form.date.parse(known) if form.date is not None and not form.date.form else None


def _codes(known: pa.Array, form: Form, evidence: Evidence, ends: Ends) -> pa.Array | None:
    """007 and 12345678901234567890: text for as long as nothing else turns up."""
    if not evidence.seen or evidence.seen not in DIGITS:
        return None
    return known if pc.all(pc.ascii_is_decimal(known)).as_py() is not False else None


_WAYS: dict[str, Callable[[pa.Array, Form, Evidence, Ends], pa.Array | None]] = {
    "boolean": _booleans,
    "integer": _integers,
    "float": _floats,
    "date": _dates,
    "text": _codes,
}

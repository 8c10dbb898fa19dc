"""A preview as words, as text and as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.preview import Preview
from workbench.views import words
from workbench.views.html import card, definitions, findings, safe, table
from workbench.views.tables import Shown
from workbench.views.text import MARKS, columns, flat
from workbench.views.text import table as aligned

WIDE = 40  # columns of a table of rows; a list of columns has no such limit
LONGEST = 200  # columns in that list
ROWS = 8
TYPES = {
    "int64": "whole number",
    "double": "number",
    "bool": "true or false",
    "timestamp[us]": "date",
    "string": "text",
}
READERS = {
    "csv": "CSV", "json": "JSON", "sql": "database", "excel": "workbook", "parquet": "Parquet",
    "arrow": "Arrow", "frame": "frame", "catalogue": "catalogue",
}  # fmt: skip
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank", ":": "colon"}
MARKS_OF = {".": "point", ",": "comma"}


def found(preview: Preview) -> list[tuple[str, str]]:
    """How the source is written, as names and words."""
    known = preview.found
    pairs = [("read as", READERS.get(str(known["reader"]), str(known["reader"])))]
    plain = ("sheet", "table", "query", "encoding")
    pairs += [(name, str(known[name])) for name in plain if known.get(name)]
    if "delimiter" in known:
        pairs.append(("delimiter", delimiter(known["delimiter"])))
    if "decimal" in known:
        pairs.append(("decimal mark", MARKS_OF.get(known["decimal"], known["decimal"])))
    if "header" in known:
        pairs.append(("header", "first row" if known["header"] else "none"))
    if known.get("skip"):
        pairs.append(("lines left out", str(known["skip"])))
    return pairs


def delimiter(mark: str) -> str:
    """A delimiter by its name."""
    return DELIMITERS.get(mark, mark)


def kind(type_: str) -> str:
    """A column's type in words."""
    return TYPES.get(type_, type_)


def fragment(preview: Preview) -> str:
    """What a notebook shows: how the source is written, its columns, its first rows."""
    return card(
        f"<h3>{safe(preview.source)}</h3>",
        f'<p class="wb-lead">{safe(preview.sentence)}</p>',
        definitions(found(preview)),
        findings(preview.notes, 0),
        table(_rows(preview)),
        f"<details><summary>Columns ({len(preview.columns):,})</summary>"
        f"{table(_columns(preview))}</details>",
    )


def lines(preview: Preview) -> str:
    """The same for a terminal."""
    written = ", ".join(f"{flat(name)}: {flat(value)}" for name, value in found(preview))
    notes = "\n".join(f"{MARKS[f.severity]} {flat(f.sentence)}" for f in preview.notes)
    width = columns()
    parts = [
        f"{flat(preview.source)}\n{written}\n{preview.sentence}",
        notes,
        aligned(_columns(preview), width),
        aligned(_rows(preview), width),
    ]
    return "\n\n".join(part for part in parts if part)


def plain(preview: Preview) -> Mapping[str, Any]:
    """As JSON: what stands in the preview, and its sentence."""
    return {**vars(preview), "sentence": preview.sentence}


def _columns(preview: Preview) -> Shown:
    rows = tuple(
        (c.name, kind(c.type), c.how, words.count(c.missing) if c.missing else "")
        for c in preview.columns[:LONGEST]
    )
    titles = ("column", "type", "written with", "missing")
    more = max(0, len(preview.columns) - LONGEST)
    return Shown("columns", "", titles, (False, False, False, True), rows, more)


def _rows(preview: Preview) -> Shown:
    names = tuple(c.name for c in preview.columns[:WIDE])
    numeric = tuple(c.type in ("int64", "double") for c in preview.columns[:WIDE])
    rows = tuple(
        tuple(words.NOTHING if cell is None else cell for cell in row[:WIDE])
        for row in preview.rows[:ROWS]
    )
    return Shown("rows", "", names, numeric, rows)

"""What a CSV file does not say about itself: its delimiter, and whether it has a header."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.data.cells import COMMA, FLOAT, MISSING, THOUSANDS
from workbench.data.dates import ISO

DELIMITERS = (",", ";", "\t", "|", "^", ":", " ")
ROWS = 200
SAMPLE = 2**20  # characters
LONGEST = 2**27  # characters of one cell
VALUE = re.compile(f"{FLOAT}|{THOUSANDS}|{COMMA}|{ISO}")
SEP = re.compile(r'^"?sep=(.)"?$', re.IGNORECASE)
YEAR = re.compile(r"^(1[89]|20|21)\d\d$")

csv.field_size_limit(LONGEST)


def size_of(head: bytes) -> int:
    """How many bytes make a sample of a text that begins like this: at least one line."""
    return SAMPLE if b"\n" in head[:SAMPLE] or b"\r" in head[:SAMPLE] else 64 * SAMPLE


def sample(content: bytes) -> str:
    """The first lines of the text, without one that is cut in two."""
    size = size_of(content)
    text = content[:size].decode("utf-8", errors="ignore")
    if len(content) > size and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return text


def before(text: str, quote: str) -> tuple[int, str | None]:
    """Lines that stand before the table, and the delimiter when one of them names it.

    Excel writes ``sep=;`` into the first line; others begin with comments, ``# made by us``. A
    line that has as many cells as the one after it is no comment but the header: ``#id,name``.
    """
    lines = text.splitlines()
    if lines and (named := SEP.match(lines[0])):
        return 1, named.group(1)
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), 0)
    rest = "\n".join(lines[count : count + ROWS])
    if not count or not rest.strip():
        return 0, None
    mark = delimiter_of(rest, quote)
    width = len(next(iter(rows(rest, mark, quote, 1)), []))
    last = next(iter(rows(lines[count - 1], mark, quote, 1)), [])
    return (count - 1 if len(last) == width else count), None


def rows(text: str, delimiter: str, quote: str, most: int = ROWS) -> list[list[str]]:
    """The first rows, each as its cells; blank lines are no rows."""
    parsed = parser(io.StringIO(text, newline=""), delimiter, quote)
    return list(itertools.islice((row for row in parsed if row), most))


def parser(lines: Iterable[str], delimiter: str, quote: str) -> Any:
    """Rows of cells from lines with their ends; its ``line_num`` counts the lines."""
    return csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )


def delimiter_of(text: str, quote: str) -> str:
    """The delimiter that cuts the rows into the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for rank, candidate in enumerate(DELIMITERS):
        found = rows(text, candidate, quote)
        widths = Counter(len(row) for row in found)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        if width < 2:
            continue
        # agreement first; then early candidates: a colon or a blank occurs in any prose
        score = (count / widths.total()) ** 2 - 0.05 * rank
        if len(found[0]) != width:  # names lack the decimal comma that all values have
            score -= 0.25
        if candidate in ": " and count < widths.total():
            continue
        if score > best_score:
            best, best_score = candidate, score
    return best


def has_header(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: names differ in kind from the values below."""
    head, body = lines[0], lines[1:]
    if not body or _years(head, body):
        return True
    votes = 0
    for position, name in enumerate(head):
        cells = [row[position].strip() for row in body if position < len(row)]
        votes += _vote(name.strip(), [c for c in cells if c not in MISSING])
    return votes >= 0


def _vote(name: str, cells: Sequence[str]) -> int:
    """1 for a name, -1 for a value, 0 where it cannot be told."""
    if not cells or name in MISSING:
        return 0
    numeric = sum(bool(VALUE.match(c)) for c in cells) >= 0.9 * len(cells)
    if numeric:
        return -1 if VALUE.match(name) else 2
    return -1 if cells.count(name) >= 1 else 0


def _years(head: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """A wide table of years: ``country,2019,2020``."""
    years = [int(name) for name in map(str.strip, head) if YEAR.match(name)]
    below = {
        row[i].strip() for row in body for i, n in enumerate(head[: len(row)]) if YEAR.match(n)
    }
    rising = len(years) > 1 and all(
        b - a == years[1] - years[0] for a, b in itertools.pairwise(years)
    )
    return rising and not all(YEAR.match(cell) for cell in below)

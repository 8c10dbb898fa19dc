"""Facets: what is left of each column's histogram when bars of others are chosen.

Every row is reduced to the number of its bar, one byte a column, so that a choice among a million
rows is answered in the time of a few comparisons. Above a million rows a sample of whole row
groups stands for the table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from workbench.core.filter import Among, Test, Within
from workbench.core.report import Report
from workbench.data.target import encoded, numbers
from workbench.tables import GROUP, ParquetTable, Tabular, batches

TEXTS = ("text", "email", "image_path")  # whose bars are of their length
MOST = 2**20  # rows that are held
NONE = 255  # of a cell that is missing, or lies in no bar

Chosen = Mapping[str, Collection[int]]  # column -> numbers of its bars


def bars_of(profile: Report) -> dict[str, list[Test]]:
    """What each bar of a profile's histograms stands for, in order of the bars."""
    found: dict[str, list[Test]] = {}
    texts = {r["name"] for r in profile["columns"].records() if r["semantic"] in TEXTS}
    bars: dict[str, list[dict[str, Any]]] = {}
    for record in profile["histograms"].records():
        bars.setdefault(record["column"], []).append(record)
    for name, own in bars.items():
        if own[0]["low"] is None:
            found[name] = list(_of_words(own))
        else:
            last = len(own) - 1
            found[name] = [
                Within(r["low"], r["high"], closed=place == last, length=name in texts)
                for place, r in enumerate(own)
            ]
    return found


def _of_words(bars: Sequence[Mapping[str, Any]]) -> Iterator[Test]:
    """A value each; a bar beyond the distinct labels gathers the rest."""
    labels = [str(r["label"]) for r in bars]
    rest = labels[-1].endswith((" other values", " other value")) and len(labels) > 1
    named = labels[:-1] if rest else labels
    for label in named:
        yield Among((label,))
    if rest:
        yield Among(tuple(named), others=True)


class Facets:
    """The rows of a table as numbers of bars.

    Parameters
    ----------
    bars
        What the bars of each column stand for, as :func:`bars_of` gives it.
    """

    def __init__(self, table: Tabular, bars: Mapping[str, Sequence[Test]]) -> None:
        self.bars = {name: list(found) for name, found in bars.items()}
        self.all_rows = table.num_rows
        parts: dict[str, list[np.ndarray]] = {name: [] for name in self.bars}
        for part in _some(table):
            for name, found in self.bars.items():
                parts[name].append(_codes(part.column(name), found))
        self._codes = {name: np.concatenate(found) for name, found in parts.items()}
        self.rows = len(next(iter(self._codes.values()), ()))

    @property
    def sampled(self) -> bool:
        """Whether counts are estimates from a part of the rows."""
        return self.rows < self.all_rows

    def counts(self, chosen: Chosen) -> dict[str, np.ndarray]:
        """Rows in each bar of each column that pass what is chosen of the *other* columns.

        A column's own choice does not empty its other bars: one can choose on. Estimates are
        scaled to the whole table.
        """
        misses = np.zeros(self.rows, np.uint8)  # how many columns' choices a row fails
        failed: dict[str, np.ndarray] = {}
        for name, bars in chosen.items():
            wanted = np.zeros(256, bool)
            wanted[list(bars)] = True
            failed[name] = ~wanted[self._codes[name]]
            misses += failed[name]
        free = misses == 0
        scale = self.all_rows / max(1, self.rows)
        found = {}
        for name, codes in self._codes.items():
            passing = free if name not in failed else misses == failed[name]
            count = np.bincount(codes[passing], minlength=256)[: len(self.bars[name])]
            found[name] = np.round(count * scale).astype(np.int64)
        return found

    def filters(self, chosen: Chosen) -> dict[str, list[Test]]:
        """What is chosen, for the table of rows."""
        return {
            name: [self.bars[name][bar] for bar in sorted(bars)] for name, bars in chosen.items()
        }


def _some(table: Tabular) -> Iterator[pa.Table]:
    """All rows, or groups of rows spread over the table."""
    if table.num_rows <= MOST:
        yield from batches(table)
    elif isinstance(table, ParquetTable):
        groups = -(-table.num_rows // GROUP)
        wanted = np.unique(np.linspace(0, groups - 1, MOST // GROUP).astype(int))
        yield from table.groups([int(g) for g in wanted])
    else:
        for start in np.linspace(0, table.num_rows - GROUP, MOST // GROUP).astype(int):
            yield table.slice(int(start), GROUP)


def _codes(values: pa.ChunkedArray, bars: Sequence[Test]) -> np.ndarray:
    first = bars[0] if bars else None
    if isinstance(first, Within):
        return _ranges(values, [b for b in bars if isinstance(b, Within)])
    return _words(values, [b for b in bars if isinstance(b, Among)])


def _ranges(values: pa.ChunkedArray, bars: Sequence[Within]) -> np.ndarray:
    if bars[0].length:
        values = pc.utf8_length(values)
    array = numbers(values)
    edges = np.array([_number(bar.low) for bar in bars] + [_number(bars[-1].high)])
    places = np.searchsorted(edges, array, side="right") - 1
    places[array == edges[-1]] = len(bars) - 1
    outside = np.isnan(array) | (places < 0) | (places >= len(bars))
    places[outside] = NONE
    return places.astype(np.uint8)


def _number(bound: Any) -> float:
    """Dates as seconds, as :func:`workbench.data.target.numbers` gives them."""
    if isinstance(bound, str):
        return float(np.datetime64(bound, "us").astype(np.int64)) / 1e6
    return float(bound)


def _words(values: pa.ChunkedArray, bars: Sequence[Among]) -> np.ndarray:
    codes, words = encoded(values)
    rest = next((place for place, bar in enumerate(bars) if bar.others), NONE)
    named = {bar.words[0]: place for place, bar in enumerate(bars) if not bar.others}
    cut = {word[:-1]: place for word, place in named.items() if word.endswith("…")}
    places = np.full(len(words) + 1, rest, np.uint8)
    places[-1] = NONE  # of the code -1: missing
    booleans = kinds.is_boolean(values.type)
    for number, word in enumerate(words):
        text = str(word).lower() if booleans else str(word)
        place = named.get(text)
        if place is None and cut:
            place = next((p for begin, p in cut.items() if text.startswith(begin)), None)
        if place is not None:
            places[number] = place
    return places[codes]

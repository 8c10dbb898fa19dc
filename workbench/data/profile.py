"""Profile: what is in a table, column by column, and what deserves a second look."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from workbench.core.dataset import Column, Schema
from workbench.core.progress import Progress, silent
from workbench.core.report import Finding, Report, Table
from workbench.core.split import Split
from workbench.data import associations, concerns, leaks
from workbench.data.associations import Association, Sampled
from workbench.data.concerns import Told
from workbench.data.content import Cells, cells_of
from workbench.data.divided import Divided
from workbench.data.fingerprints import Fingerprints, repeated
from workbench.data.numeric import Numbers
from workbench.data.patterns import Pattern, Patterns
from workbench.data.personal import SAMPLE
from workbench.data.relation import MEASURES, Relation
from workbench.data.repeats import Repeats, concerns_of, repeats_of
from workbench.data.summary import QUANTILES, Summary, shown
from workbench.data.target import Target, target_of
from workbench.tables import Tabular, encoded

FEW = 32  # values of a column up to which it is held against others word by word
LARGE = 4_000_000  # rows from which two columns at a time would take too much memory
PAIRED = ("number", "boolean", "category", "datetime")
T = TypeVar("T")
Item = TypeVar("Item")


def profile(
    table: Tabular,
    schema: Schema,
    subject: str,
    progress: Progress = silent,
    *,
    split: Split | None = None,
) -> Report:
    """A report of kind ``profile``.

    Tables: ``columns`` (one row each), ``histograms`` (one row for each bar), ``target``,
    ``associations``, ``missing`` (which cells are missing together), ``time`` and ``periods``.
    ``target_relation`` says how much the column alone tells about the target: an AUC, or a
    correlation for regression (``facts["relation"]`` says which), judged on rows that it was
    not learned from.

    Parameters
    ----------
    split
        How the rows are dealt; with it leaks between the parts are looked for.
    """
    look = _Look(table, schema)
    found: list[Told] = []
    for told in _each(look, schema.columns, _workers(table.num_rows)):
        if len(found) % 16 == 0:
            progress(0.9 * len(found) / len(schema.columns), f"column {len(found) + 1}")
        found.append(told)
    progress(0.9, "rows and pairs")
    repeats, findings = _rows(look, split, [t.summary for t in found])
    pairs = associations.associations(look.sampled(PAIRED))
    findings += [*itertools.chain(*(concerns.of_column(t, look.target) for t in found))]
    findings += concerns.twins([look.few[n] for n in schema.names if n in look.few])
    if look.target is not None:
        findings += concerns.of_target(look.target, split)
    findings += concerns.of_table(table.num_rows)
    progress(1.0, "profiled")
    summaries = [t.summary for t in found]
    facts = _facts(table, summaries, look.target)
    facts |= {"duplicate_rows": repeats.exact, "near_duplicate_rows": repeats.alike}
    facts["pair_rows"] = len(look.picked)
    return Report(
        kind="profile",
        subject=subject,
        title=f"Profile of {subject}",
        sentence=_sentence(facts, look.target),
        facts=facts,
        findings=concerns.by_weight(findings),
        tables=(
            _columns(found),
            _histograms(summaries),
            _of_target(look.target),
            _associations(pairs, len(look.picked), table.num_rows),
            _missing(look.patterns.top(), table.num_rows),
            *_times(summaries),
        ),
    )


class _Look:
    """A table while its columns are looked at; called with a column, from several threads."""

    def __init__(self, table: Tabular, schema: Schema) -> None:
        self.table = table
        self.target = _target(table, schema)
        self.relation = Relation(self.target) if self.target else None
        self.places = {name: place for place, name in enumerate(schema.names)}
        self.prints = Fingerprints(table.num_rows)
        self.patterns = Patterns(table.num_rows)
        self.few: dict[str, concerns.Few] = {}
        self.picked = _picked(table.num_rows)
        self._samples: dict[str, tuple[Column, Sampled]] = {}

    def __call__(self, column: Column) -> Told:
        values = encoded(self.table, column.name)
        cells = cells_of(values, column)
        del values
        summary = cells.summary()
        place = self.places[column.name]
        identifier = column.basis == "identifier"
        alike = None if identifier else cells.alike
        self.prints.add(place, cells.key, alike, used=summary.used)
        if summary.missing:
            self.patterns.add(place, column.name, cells.missing)
        sample = Sampled(column.name, cells.sample(self.picked), isinstance(cells, Numbers))
        self._samples[column.name] = column, sample
        if summary.used and 2 < summary.distinct <= FEW:
            self.few[column.name] = summary, cells.levels[0].astype(np.uint8)
        return Told(summary, *self._tells(cells, summary), _texts(cells, summary))

    def _tells(self, cells: Cells, summary: Summary) -> tuple[float | None, float | None]:
        """What the column, and what its missing cells, tell about the target."""
        if self.relation is None or summary.column.role == "target" or summary.distinct < 2:
            return None, None
        told = self.relation(*cells.levels, ordered=isinstance(cells, Numbers))
        if not 0.01 <= summary.missing_share <= 0.99:
            return told, None
        return told, self.relation(cells.missing.astype(np.int64), 2)

    def sampled(self, bases: Sequence[str], *, used: bool = False) -> list[Sampled]:
        """Some cells of the columns of these kinds, in the order of the table."""
        kept = ("feature", "sensitive") if used else ("target", "feature", "sensitive", "time")
        found = [self._samples[name] for name in self.places]
        return [s for c, s in found if c.basis in bases and c.role in kept]


def _each(work: Callable[[Item], T], items: Sequence[Item], workers: int) -> Iterator[T]:
    """The results in order; no more columns than workers are in memory."""
    with ThreadPoolExecutor(workers, thread_name_prefix="profile") as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _workers(rows: int) -> int:
    return 1 if rows > LARGE else min(4, os.cpu_count() or 1)


def _picked(rows: int) -> np.ndarray:
    """Which rows the pairs of columns are held against each other on."""
    if rows <= associations.ROWS:
        return np.arange(rows)
    generator = np.random.default_rng(0)
    return np.unique(generator.integers(0, rows, associations.ROWS))


def _target(table: Tabular, schema: Schema) -> Target | None:
    column = schema.target
    return target_of(table.column(column.name), column) if column else None


def _texts(cells: Cells, summary: Summary) -> tuple[object, ...]:
    """Some distinct cells as people would write them; whole numbers too, which may be cards."""
    if not isinstance(cells, Numbers):
        return summary.words[:SAMPLE]
    if not cells.whole or summary.distinct < SAMPLE:
        return ()
    places = np.linspace(0, len(cells.known) - 1, SAMPLE).astype(int)
    return tuple(int(number) for number in np.unique(cells.known[places]))


def _rows(
    look: _Look, split: Split | None, summaries: Sequence[Summary]
) -> tuple[Repeats, list[Finding]]:
    """Rows that repeat others, rows that nearly do, and what is wrong with the split."""
    rows, prints = look.table.num_rows, look.prints
    if not rows:
        return Repeats(), []
    schema = Schema(tuple(s.column for s in summaries))
    divided = Divided.of(look.table, schema, split) if split is not None else None
    inputs = look.sampled(PAIRED, used=True)
    findings = []
    if look.relation:
        findings += leaks.order(look.relation, rows, divided, inputs, look.picked)
    if divided is not None:
        if any(s.used for s in summaries):
            twice = repeated(prints.inputs)[1]
            findings += leaks.overlap(divided, prints.inputs, twice, summaries)
        findings += leaks.groups(divided, summaries)
        findings += leaks.travel(divided, summaries)
        findings += leaks.drift(divided, inputs, look.picked, summaries)
    identified = all(s.column.basis == "identifier" for s in summaries)
    repeats = repeats_of(prints, divided, identified)
    return repeats, [*findings, *concerns_of(repeats, rows, divided)]


def _facts(table: Tabular, summaries: Sequence[Summary], target: Target | None) -> dict[str, Any]:
    missing = sum(s.missing for s in summaries)
    return {
        "rows": table.num_rows,
        "columns": table.num_columns,
        "missing_cells": missing,
        "missing_share": missing / max(1, table.num_rows * table.num_columns),
        "bytes": table.nbytes,
        "target": target.name if target else None,
        "task": target.task if target else None,
        "relation": MEASURES[target.task] if target else None,
    }


def _sentence(facts: dict[str, Any], target: Target | None) -> str:
    said = f"{facts['rows']:,} rows and {facts['columns']:,} columns, "
    share = facts["missing_share"]
    said += f"{share:.1%} of the cells missing" if share else "no cell missing"
    if target is None:
        return f"{said}; no target is set."
    if target.task == "regression":
        return f"{said}; the target {shown(target.name)!r} is a number."
    return f"{said}; the target {shown(target.name)!r} has {len(target.classes):,} classes."


def _columns(found: Sequence[Told]) -> Table:
    summaries = [t.summary for t in found]
    return Table.of(
        "columns",
        {
            "name": [s.name for s in summaries],
            "semantic": [s.column.semantic for s in summaries],
            "role": [s.column.role for s in summaries],
            "missing": [s.missing for s in summaries],
            "distinct": [s.distinct for s in summaries],
            "mean": [s.mean for s in summaries],
            "std": [s.std for s in summaries],
            "skew": [s.skew for s in summaries],
            **{name: [s.quantile(name) for s in summaries] for name in QUANTILES},
            "outliers": [_outliers(s) for s in summaries],
            "top": [s.top for s in summaries],
            "top_share": [s.top_share for s in summaries],
            "target_relation": [t.relation for t in found],
        },
        "Quantiles, mean and spread are of the filled cells.",
    )


def _outliers(summary: Summary) -> int | None:
    if summary.outliers is not None:
        return summary.outliers.count
    return 0 if summary.mean is not None else None


def _histograms(summaries: Sequence[Summary]) -> Table:
    bars = [(s.name, i, b) for s in summaries for i, b in enumerate(s.bins)]
    return Table.of(
        "histograms",
        {
            "column": [name for name, _, _ in bars],
            "bin": [number for _, number, _ in bars],
            "low": [b.low for _, _, b in bars],
            "high": [b.high for _, _, b in bars],
            "label": [b.label for _, _, b in bars],
            "count": [b.count for _, _, b in bars],
        },
        "Bars of numbers and dates have ends, those of categories labels; of text, its length.",
    )


def _of_target(target: Target | None) -> Table:
    if target is None:
        return Table("target", ("value", "count", "share"), ())
    if target.task == "regression":
        known = target.values[target.known]
        counts, edges = np.histogram(known, bins=12)
        values = [f"{a:,.6g} to {b:,.6g}" for a, b in itertools.pairwise(edges)]
    else:
        counts = np.bincount(target.codes[target.known], minlength=len(target.classes))
        values = [shown(value) for value in target.classes]
    total = max(1, int(counts.sum()))
    return Table.of("target", {"value": values, "count": counts, "share": counts / total})


def _associations(pairs: Sequence[Association], sample: int, rows: int) -> Table:
    whole = "all rows" if sample == rows else f"a random sample of {sample:,} rows"
    return Table.of(
        "associations",
        {
            "a": [p.one for p in pairs],
            "b": [p.other for p in pairs],
            "measure": [p.measure for p in pairs],
            "value": [p.value for p in pairs],
            "pearson": [p.pearson for p in pairs],
            "mutual_information": [p.mutual_information for p in pairs],
            "rows": [p.rows for p in pairs],
        },
        f"From {whole}, each pair by the rows where both are filled.",
    )


def _missing(patterns: Sequence[Pattern], rows: int) -> Table:
    return Table.of(
        "missing",
        {
            "columns": [list(p.columns) for p in patterns],
            "lacking": [len(p.columns) for p in patterns],
            "rows": [p.rows for p in patterns],
            "share": [p.rows / rows for p in patterns],
        },
        "Rows by the set of the cells that they lack, the commonest sets.",
    )


def _times(summaries: Sequence[Summary]) -> tuple[Table, Table]:
    found = [(s.name, s.coverage) for s in summaries if s.coverage is not None]
    periods = [
        (name, start, count)
        for name, c in found
        for start, count in zip(c.starts, c.counts, strict=True)
    ]
    time = Table.of(
        "time",
        {
            "column": [name for name, _ in found],
            "first": [c.first for _, c in found],
            "last": [c.last for _, c in found],
            "period": [c.period for _, c in found],
            "periods": [len(c.counts) for _, c in found],
            "gaps": [c.gaps for _, c in found],
            "longest_gap": [c.longest for _, c in found],
            "gap_from": [c.since for _, c in found],
            "gap_to": [c.until for _, c in found],
        },
        "Gaps are periods without a row; the longest gap is in seconds.",
    )
    counts = Table.of(
        "periods",
        {
            "column": [name for name, _, _ in periods],
            "start": [start for _, start, _ in periods],
            "count": [count for _, _, count in periods],
        },
        "Rows of each period.",
    )
    return time, counts

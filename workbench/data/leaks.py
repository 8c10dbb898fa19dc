"""What makes a split kinder than life: shared rows, shared groups, time that runs back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from workbench.core.dataset import Schema
from workbench.core.report import Finding, Severity
from workbench.core.split import TEST, TRAIN, Split
from workbench.data import remedies
from workbench.data.associations import Sampled
from workbench.data.personal import BIRTH
from workbench.data.relation import ORDERED, Relation
from workbench.data.schema import ID_NAME
from workbench.data.summary import Summary, shown
from workbench.data.target import encoded, numbers
from workbench.measures.distances import jensen_shannon, kolmogorov_smirnov
from workbench.tables import Tabular

SHUFFLED = ("random", "stratified")
DRIFTED = 0.1  # distance between train and test
ROWS = 100  # of a part, to say that it drifted
GROUPS = 20
BANDS = 32  # of rows, where their order is held against the target


@dataclass(frozen=True)
class Divided:
    """A table with the part of each row."""

    table: Tabular
    schema: Schema
    split: Split
    parts: np.ndarray


def overlap(divided: Divided, inputs: np.ndarray, twice: np.ndarray) -> Iterator[Finding]:
    """Test rows whose inputs are those of a training row.

    Parameters
    ----------
    inputs, twice
        A hash of each row's inputs, and the hashes that come more than once.
    """
    tests = inputs[divided.parts == TEST]
    if not len(twice) or not len(tests):
        return
    tests = tests[np.isin(tests, twice)]
    train = inputs[divided.parts == TRAIN]
    both = int(np.isin(tests, train[np.isin(train, twice)]).sum())
    share = both / max(1, int((divided.parts == TEST).sum()))
    if not both:
        return
    severity: Severity = "warning" if share >= 0.01 else "info"
    many = "1 test row has" if both == 1 else f"{both:,} test rows have"
    sentence = f"{many} the same inputs as a training row ({share:.1%}): a model may know them."
    yield Finding("split-overlap", severity, sentence, {"rows": both, "share": share})


def groups(divided: Divided, summaries: Sequence[Summary]) -> Iterator[Finding]:
    """Columns called like ids whose values lie in train and test."""
    if divided.split.method not in (*SHUFFLED, "time"):
        return
    for summary in summaries:
        whole = summary.column.dtype in ("string", "int64")
        named = summary.column.role == "id" or (whole and ID_NAME.search(summary.name))
        repeats = GROUPS <= summary.distinct <= 0.9 * summary.known
        if not (named and repeats) or summary.column.role == "target":
            continue
        codes, values = encoded(divided.table.column(summary.name))
        rows = np.stack(
            [
                np.bincount(codes[(divided.parts == part) & (codes >= 0)], minlength=len(values))
                for part in (TRAIN, TEST)
            ]
        )
        both = int((rows > 0).all(axis=0).sum())
        if both:
            sentence = (
                f"{both:,} of the {summary.distinct:,} values of {shown(summary.name)!r} have rows "
                "in train and in test: a model may know them by heart."
            )
            evidence = {"groups": both, "of": summary.distinct}
            remedy = remedies.divided(divided.split, "group", summary.name)
            yield Finding("group-leakage", "warning", sentence, evidence, summary.name, remedy)


def travel(divided: Divided, summaries: Sequence[Summary]) -> Iterator[Finding]:
    """Test rows that are older than a training row."""
    if divided.split.method not in SHUFFLED:
        return
    for summary in summaries:
        if not _tells_time(summary):
            continue
        when = numbers(divided.table.column(summary.name))
        train, test = (when[divided.parts == part] for part in (TRAIN, TEST))
        test = test[~np.isnan(test)]
        if not len(test) or np.isnan(train).all():
            continue
        early = int((test < np.nanmax(train)).sum())
        if early:
            severity: Severity = "warning" if summary.column.role == "time" else "info"
            sentence = (
                f"{early:,} of {len(test):,} test rows are older than the newest training row by "
                f"{shown(summary.name)!r}: the model is judged on the past."
            )
            remedy = remedies.divided(divided.split, "time", summary.name)
            yield Finding("time-travel", severity, sentence, {"rows": early}, summary.name, remedy)


def _tells_time(summary: Summary) -> bool:
    if summary.column.role == "time":
        return summary.coverage is not None or summary.column.basis == "number"
    moments = summary.coverage is not None and summary.used
    return moments and not BIRTH.search(summary.name)


def drift(divided: Divided, samples: Sequence[Sampled], picked: np.ndarray) -> Iterator[Finding]:
    """Inputs that look otherwise in test than in train; shuffled parts cannot drift.

    Parameters
    ----------
    samples, picked
        Some rows of the inputs, and which rows they are.
    """
    if divided.split.method in SHUFFLED:
        return
    parts = divided.parts[picked]
    for column in samples:
        if column.name == divided.split.column:
            continue
        known = ~np.isnan(column.cells) if column.numeric else column.cells >= 0
        train, test = (column.cells[known & (parts == part)] for part in (TRAIN, TEST))
        if min(len(train), len(test)) < ROWS:
            continue
        distance, chance = _distance(train, test, column.numeric)
        if distance > max(DRIFTED, chance):
            sentence = (
                f"{shown(column.name)!r} looks otherwise in test than in train "
                f"(distance {distance:.2f} of 1)."
            )
            yield Finding("split-drift", "warning", sentence, {"distance": distance}, column.name)


def _distance(train: np.ndarray, test: np.ndarray, numeric: bool) -> tuple[float, float]:
    """How far apart they are, and what chance alone makes of so many rows, once in a thousand."""
    rows = 1 / len(train) + 1 / len(test)
    if numeric:
        return kolmogorov_smirnov(train, test), 1.95 * float(np.sqrt(rows))
    size = int(max(train.max(), test.max())) + 1
    counts = np.bincount(train, minlength=size), np.bincount(test, minlength=size)
    values = int(np.count_nonzero(counts[0] + counts[1]))
    # to second order the divergence is an eighth of chi-square over the rows; / ln 2 gives bits
    chance = float(chi2.ppf(0.999, max(1, values - 1))) * rows / (8 * np.log(2))
    return jensen_shannon(*counts), float(np.sqrt(chance))


def order(relation: Relation, rows: int) -> Iterator[Finding]:
    """Whether the place of a row in the table tells its target."""
    if rows < 10 * BANDS:
        return
    told = relation(np.arange(rows) * BANDS // rows + 1, BANDS + 1, ordered=True)
    task = relation.target.task
    if told is None or told <= ORDERED[task]:
        return
    what = "an AUC" if task != "regression" else "a correlation"
    sentence = (
        f"The order of the rows tells the target {relation.target.name!r} with {what} of "
        f"{told:.2f}: rows are sorted, or were collected one class after the other."
    )
    yield Finding("order-tells-target", "info", sentence, {"relation": told})

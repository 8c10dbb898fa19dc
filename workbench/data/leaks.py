"""What makes a split kinder than life: shared rows, shared groups, time that runs back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import chi2

from workbench.core.report import Finding, Remedy, Severity
from workbench.core.split import TEST, TRAIN
from workbench.data import remedies
from workbench.data.associations import Sampled
from workbench.data.divided import Divided, tells_time
from workbench.data.relation import ORDERED, Relation
from workbench.data.schema import ID_NAME
from workbench.data.summary import Summary, shown
from workbench.data.target import encoded, numbers
from workbench.measures.distances import jensen_shannon, kolmogorov_smirnov

DRIFTED = 0.1  # distance between train and test
ROWS = 100  # of a part, to say that it drifted
GROUPS = 20
BANDS = 32  # of rows, where their order is held against the target


def overlap(
    divided: Divided, inputs: np.ndarray, twice: np.ndarray, summaries: Sequence[Summary]
) -> Iterator[Finding]:
    """Test rows whose inputs are those of a training row.

    Parameters
    ----------
    inputs, twice
        A hash of each row's inputs, and the hashes that come more than once.
    """
    both = divided.straddling(inputs, twice)
    if not both:
        return
    share = both / max(1, int((divided.parts == TEST).sum()))
    recurring = divided.split.method == "time"
    severity: Severity = "warning" if share >= 0.01 and not recurring else "info"
    many = "1 test row has" if both == 1 else f"{both:,} test rows have"
    sentence = f"{many} the same inputs as a training row ({share:.1%}): a model may know them."
    remedy = _apart(divided, inputs, twice, summaries)
    if recurring:
        sentence += " They come again later, as they will in use: that is no leak by itself."
    elif remedy is None:
        sentence += " No split keeps them apart: the inputs tell too few rows from each other."
    elif divided.split.method == "given":
        sentence += " Dealt anew, figures no longer compare with those of the given parts."
    evidence = {"rows": both, "share": share}
    yield Finding("split-overlap", severity, sentence, evidence, remedy=remedy)


def _apart(
    divided: Divided, inputs: np.ndarray, twice: np.ndarray, summaries: Sequence[Summary]
) -> Remedy | None:
    """By time, where rows repeat within a moment only; else by what they say."""
    if divided.shuffled:
        for other in divided.by_time(summaries):
            if not other.straddling(inputs, twice):
                return remedies.divided(other.split, "time", other.split.column or "")
    return remedies.together(divided.together)


def groups(divided: Divided, summaries: Sequence[Summary]) -> Iterator[Finding]:
    """Columns called like ids whose values lie in train and test."""
    if not divided.shuffled and divided.split.method != "time":
        return
    method = "content" if divided.split.method == "content" else "group"
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
            remedy = remedies.divided(divided.split, method, summary.name)
            yield Finding("group-leakage", "warning", sentence, evidence, summary.name, remedy)


def travel(divided: Divided, summaries: Sequence[Summary]) -> Iterator[Finding]:
    """Test rows that are older than a training row."""
    if not divided.shuffled:
        return
    for summary in summaries:
        if not tells_time(summary):
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


def drift(
    divided: Divided,
    samples: Sequence[Sampled],
    picked: np.ndarray,
    summaries: Sequence[Summary],
) -> Iterator[Finding]:
    """Inputs that look otherwise in test than in train; shuffled parts cannot drift.

    Parameters
    ----------
    samples, picked
        Some rows of the inputs, and which rows they are.
    """
    if divided.shuffled:
        return
    drifted = dict(_drifted(divided, samples, picked))
    if not drifted:
        return
    remedy, why = _evened(divided, samples, picked, summaries)
    for name, distance in drifted.items():
        sentence = (
            f"{shown(name)!r} looks otherwise in test than in train "
            f"(distance {distance:.2f} of 1){why}."
        )
        yield Finding("split-drift", "warning", sentence, {"distance": distance}, name, remedy)


def _drifted(
    divided: Divided, samples: Sequence[Sampled], picked: np.ndarray
) -> Iterator[tuple[str, float]]:
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
            yield column.name, distance


def _evened(
    divided: Divided,
    samples: Sequence[Sampled],
    picked: np.ndarray,
    summaries: Sequence[Summary],
) -> tuple[Remedy | None, str]:
    """What makes the parts look alike, or why nothing should."""
    split = divided.split
    if split.method == "time":
        return None, ": newer rows do, and those in use will be newer still"
    if split.method == "given":
        if (when := divided.newer_by(summaries)) is not None:
            said = f": it is newer by {shown(when)!r}, as rows in use will be"
            return None, said
        if (timed := next(divided.by_time(summaries), None)) is not None:
            return remedies.divided(timed.split, "time", timed.split.column or ""), ""
    found = divided.evened(lambda other: not any(_drifted(other, samples, picked)))
    if found is None and split.method == "given":
        return None, "; the table cannot be dealt otherwise"
    if found is None:
        return None, f": the groups of {shown(split.column)!r} differ, and new ones will, too"
    return remedies.dealt(found), ""


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


def order(
    relation: Relation,
    rows: int,
    divided: Divided | None,
    samples: Sequence[Sampled],
    picked: np.ndarray,
) -> Iterator[Finding]:
    """Whether the place of a row in the table tells its target.

    Parameters
    ----------
    samples, picked
        Some rows of the inputs, and which rows they are.
    """
    if rows < 10 * BANDS:
        return
    told = relation(np.arange(rows) * BANDS // rows + 1, BANDS + 1, ordered=True)
    task = relation.target.task
    if told is None or told <= ORDERED[task]:
        return
    what = "an AUC" if task != "regression" else "a correlation"
    so, remedy = _of_order(divided, samples, picked)
    sentence = (
        f"The order of the rows tells the target {relation.target.name!r} with {what} of "
        f"{told:.2f}: rows are sorted, or were collected one class after the other{so}."
    )
    severity: Severity = "info" if remedy is None else "warning"
    yield Finding("order-tells-target", severity, sentence, {"relation": told}, remedy=remedy)


def _of_order(
    divided: Divided | None, samples: Sequence[Sampled], picked: np.ndarray
) -> tuple[str, Remedy | None]:
    """How a model may come to know the place of a row, and what keeps it from that."""
    counter = next((s.name for s in samples if _counts(s, picked)), None)
    if counter is not None:
        return f", and {shown(counter)!r} counts them", remedies.ignore(counter)
    if divided is None:
        return "", None
    if divided.split.method == "time":
        return "; the split by time judges by the newest all the same", None
    if divided.split.method == "given" and divided.in_order:
        split = divided.dealt(replace(divided.split, method="stratified", column=None))
        return "; the parts follow it", remedies.dealt(split.split) if split else None
    return "; the split is shuffled and no input counts the rows, so that no model learns it", None


def _counts(column: Sampled, picked: np.ndarray) -> bool:
    """Whether a column goes up or down by the same step from row to row."""
    cells = column.cells
    if not column.numeric or len(cells) < 10 * BANDS or np.isnan(cells).any():
        return False
    with np.errstate(all="ignore"):
        step = (cells[-1] - cells[0]) / (picked[-1] - picked[0])
        off = np.abs(cells - (cells[0] + step * (picked - picked[0]))).max()
    return bool(step != 0 and off < 0.01 * abs(step))

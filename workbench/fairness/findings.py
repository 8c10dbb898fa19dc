"""Findings: what of an audit is worth saying, in plain words, each with a next step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from workbench.core.report import Finding
from workbench.core.signature import Signature
from workbench.fairness.gaps import Gap
from workbench.fairness.rates import TITLES, Rate
from workbench.groups import MOST, OTHER, Grouping
from workbench.measures.sample import Codes, Floats
from workbench.measures.words import counted, number

SMALL = 30  # rows; rates of smaller groups are shown, but decide nothing
FOUR_FIFTHS = 0.8
SURE = 0.05
LACKING = 0.2  # share of rows without a value from which a group of them is a warning


def large(found: Grouping) -> Codes:
    """The groups that have enough rows to judge by."""
    return np.flatnonzero(found.counts >= SMALL)


def label(found: Sequence[Grouping], gap: Gap, name: str) -> str:
    """``sex = Male`` for a group of a gap."""
    grouping = next(f for f in found if f.column == gap.column)
    return grouping.label(grouping.names.index(name))


def two(value: float | None) -> str:
    """A rate in a sentence: two digits."""
    if value is None:
        return "unknown"
    return f"{value:.2f}" if 0.005 <= abs(value) < 10 else number(value)


def findings(
    found: Sequence[Grouping],
    rates: Sequence[Sequence[Rate]],
    gaps: Sequence[Gap],
    predicted: Floats,
    signature: Signature,
) -> Iterator[Finding]:
    """All that is worth saying; ``gaps`` are those of large groups, corrected for their number."""
    yield from _constant(predicted, signature)
    for gap in gaps:
        if gap.metric == "selection_rate":
            yield from _four_fifths(gap, found)
        elif gap.metric in ("tpr", "fpr"):
            yield from _error_gap(gap, found, signature)
    yield from _chance(gaps)
    for grouping, measured in zip(found, rates, strict=True):
        yield from _pooled(grouping)
        yield from _missing(grouping)
        yield from _small(grouping)
        yield from _undefined(grouping, measured)
    if signature.task != "binary":
        yield Finding(
            "not-applicable",
            "info",
            "Selection rate, true and false positive rate do not apply: "
            f"{signature.target} is not a yes-or-no target.",
        )


def _constant(predicted: Floats, signature: Signature) -> Iterator[Finding]:
    if len(predicted) < 2 or (predicted != predicted[0]).any():
        return
    if signature.task == "regression":
        what, then = f"the same value, {number(predicted[0])}", "Train another model."
    else:
        what = f"{signature.target} = {signature.classes[int(predicted[0])]}"
        then = "Move the threshold or train another model."
    yield Finding(
        "constant-predictions",
        "warning",
        f"Every row is predicted {what}: groups cannot differ in what is decided. {then}",
        {"value": float(predicted[0])},
    )


def _four_fifths(gap: Gap, found: Sequence[Grouping]) -> Iterator[Finding]:
    if gap.ratio is None or gap.ratio >= FOUR_FIFTHS:
        return
    low, high = label(found, gap, gap.lowest), label(found, gap, gap.highest)
    sure = gap.ratio_high is not None and gap.ratio_high < FOUR_FIFTHS
    yield Finding(
        "four-fifths",
        "warning",
        f"{low} is selected {two(gap.ratio)} times as often as {high}: "
        + ("below four fifths." if sure else "below four fifths, though chance may explain it."),
        {"ratio": gap.ratio, "low": gap.ratio_low, "high": gap.ratio_high, "sure": sure},
        gap.column,
    )


def _error_gap(gap: Gap, found: Sequence[Grouping], signature: Signature) -> Iterator[Finding]:
    """A gap of a tenth or more that chance does not explain."""
    if gap.difference is None or gap.difference < 0.1 or (gap.difference_low or 0.0) <= 0:
        return
    outcome = f"{signature.target} = {signature.positive}"
    if gap.metric == "tpr":
        what, worse, better = f"Rows with {outcome} are missed", gap.lowest, gap.highest
    else:
        what, worse, better = f"Rows without {outcome} are called so", gap.highest, gap.lowest
    yield Finding(
        f"{gap.metric}-gap",
        "warning",
        f"{what} more often where {label(found, gap, worse)} than where"
        f" {label(found, gap, better)}: the rates are {two(gap.difference)} apart.",
        {"difference": gap.difference, "low": gap.difference_low, "high": gap.difference_high},
        gap.column,
    )


def _chance(gaps: Sequence[Gap]) -> Iterator[Finding]:
    """Many gaps are looked at: some show an interval above zero by chance alone."""
    seen = [g for g in gaps if g.p is not None and (g.difference_low or 0.0) > 0]
    doubtful = [g for g in seen if (g.p or 0.0) >= SURE]
    if not doubtful:
        return
    names = ", ".join(
        f"{TITLES.get(g.metric, g.metric).lower()} by {g.column}" for g in doubtful[:3]
    )
    more = " and others" if len(doubtful) > 3 else ""
    looked = sum(g.p is not None for g in gaps)
    yield Finding(
        "multiple-comparisons",
        "info",
        f"{counted(looked, 'gap')} {'was' if looked == 1 else 'were'} looked at; of those whose"
        f" interval lies above zero, {len(doubtful)} may be chance after Holm's correction"
        f" ({names}{more}). Look at them again on other rows.",
        {"looked": looked, "doubtful": [[g.column, g.metric, g.p] for g in doubtful]},
    )


def _pooled(found: Grouping) -> Iterator[Finding]:
    if found.crossed or OTHER not in found.names or found.distinct <= MOST:
        return
    kept = len(found) - 1
    yield Finding(
        "many-values",
        "info",
        f"{found.column} has {found.distinct:,} values: the {kept} commonest stand alone, all"
        f" others are one group, {OTHER}. Make a coarser column of it on the Features page.",
        {"distinct": found.distinct, "kept": kept},
        found.column,
    )


def _missing(found: Grouping) -> Iterator[Finding]:
    rows = int(found.counts.sum())
    if found.crossed or not rows or found.missing / rows < LACKING:
        return
    yield Finding(
        "many-missing",
        "warning",
        f"{found.column} is missing in {100 * found.missing / rows:.0f}% of the rows: they form the"
        " group unknown, and what the other groups show holds for the rest only. Find out why it"
        " is missing.",
        {"missing": found.missing, "rows": rows},
        found.column,
    )


def _small(found: Grouping) -> Iterator[Finding]:
    small = np.flatnonzero(found.counts < SMALL)
    if not len(small):
        return
    names = [found.names[k] for k in small]
    shown = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
    alone = int((found.counts == 1).sum())
    single = f" {alone} of them of one row:" if alone else ""
    yield Finding(
        "small-groups",
        "info",
        f"{counted(len(small), 'group')} of {found.column} with under {SMALL} rows"
        f" ({shown}):{single} their rates are too rough to judge by.",
        {"groups": names, "single_rows": alone},
        found.column,
    )


def _undefined(found: Grouping, rates: Sequence[Rate]) -> Iterator[Finding]:
    for rate in rates:
        without = [found.names[k] for k in large(found) if np.isnan(rate.values[k])]
        if without:
            yield Finding(
                "not-applicable",
                "info",
                f"{TITLES[rate.name]} does not apply to {', '.join(without[:5])}:"
                " no such row is in the test part.",
                {"metric": rate.name, "groups": without},
                found.column,
            )

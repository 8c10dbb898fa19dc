"""Audit: rates of groups with intervals, their gaps, and what that means in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.fairness.gaps import Gap, gaps
from workbench.fairness.groups import Grouping, groupings
from workbench.fairness.rates import TITLES, Rate, classified, correct, estimated
from workbench.measures.sample import Codes, Sample
from workbench.measures.words import counted, number

SMALL = 30  # rows; rates of smaller groups are shown, but decide nothing
FOUR_FIFTHS = 0.8
RATES = {
    "binary": ("selection_rate", "tpr", "fpr", "accuracy"),
    "multiclass": ("accuracy",),
    "regression": ("mean_prediction", "mae", "bias"),
}
HEADLINE = {"binary": "selection_rate", "multiclass": "accuracy", "regression": "mae"}
REGRESSION_DRAWS = 300  # these resample rows, not counts


def audit(
    truth: ArrayLike,
    scores: ArrayLike,
    groups: Mapping[str, Sequence[Any]],
    signature: Signature,
    subject: str,
    *,
    threshold: float | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Report:
    """How a model treats the groups of one or two sensitive columns.

    Parameters
    ----------
    truth, scores
        As for an evaluation: class numbers and probabilities, or values.
    groups
        Column name to one value per row; for two columns their combinations are audited too.
    threshold
        Probability from which the positive class is predicted; the signature's own by default.

    Returns
    -------
    Report
        kind ``fairness``. ``groups`` and ``gaps`` hold all groups, as fairlearn counts them; the
        sentence and the findings leave out groups of fewer than 30 rows (table ``gaps_large``).
    """
    if threshold is not None:
        signature = replace(signature, threshold=threshold)
    sample = _sample(truth, scores, signature)
    if signature.task == "regression":
        draws = min(draws, REGRESSION_DRAWS)
    found = groupings(groups, len(sample))
    rates = [_rates(g, sample, draws, seed) for g in found]
    everyone = [g for f, r in zip(found, rates, strict=True) for g in gaps(f, r, np.arange(len(f)))]
    large = [g for f, r in zip(found, rates, strict=True) for g in gaps(f, r, _large(f))]
    return Report(
        "fairness",
        subject,
        f"Fairness by {', '.join(groups)} on {counted(len(sample), 'test row')}",
        _sentence(large, found, signature),
        _facts(sample, groups, signature, draws, seed),
        tuple(_findings(found, rates, large, signature)),
        (_group_table(found, rates), _gap_table("gaps", everyone), _gap_table("gaps_large", large)),
    )


def _sample(truth: ArrayLike, scores: ArrayLike, signature: Signature) -> Sample:
    sample = Sample.of(signature.task, truth, scores)
    if signature.task == "regression":
        return sample
    predicted = decide(sample.scores, signature)
    return Sample.of(signature.task, truth, sample.scores, predicted=predicted)


def _rates(found: Grouping, sample: Sample, draws: int, seed: int) -> list[Rate]:
    if sample.task == "regression":
        return estimated(found, sample.truth, sample.scores, draws, seed)
    truth, predicted = sample.truth.astype(np.int64), sample.predicted.astype(np.int64)
    if sample.task == "binary":
        return classified(found, truth, predicted, draws, seed)
    return correct(found, (truth == predicted).astype(np.int64), draws, seed)


def _large(found: Grouping) -> Codes:
    return np.flatnonzero(found.counts >= SMALL)


def _facts(
    sample: Sample, groups: Mapping[str, Any], signature: Signature, draws: int, seed: int
) -> dict[str, Any]:
    shown = RATES[signature.task]
    binary = signature.task == "binary"
    return {
        "rows": len(sample),
        "task": signature.task,
        "target": signature.target,
        "positive": signature.positive,
        "threshold": signature.threshold if binary else None,
        "columns": list(groups),
        "metrics": list(shown),
        "titles": {name: TITLES[name] for name in shown},
        "not_applicable": [] if binary else [m for m in RATES["binary"] if m not in shown],
        "small": SMALL,
        "draws": draws,
        "seed": seed,
        "level": 0.95,
    }


def _group_table(found: Sequence[Grouping], rates: Sequence[Sequence[Rate]]) -> Table:
    names = [r.name for r in rates[0]]
    columns: dict[str, list[Any]] = {"column": [], "group": [], "count": []}
    for g in found:
        columns["column"] += [g.column] * len(g)
        columns["group"] += g.names
        columns["count"] += g.counts.tolist()
    for k, name in enumerate(names):
        bounds = [r[k].bounds() for r in rates]
        columns[name] = np.concatenate([r[k].values for r in rates]).tolist()
        columns[f"{name}_low"] = np.concatenate([b[0] for b in bounds]).tolist()
        columns[f"{name}_high"] = np.concatenate([b[1] for b in bounds]).tolist()
    columns["small"] = [n < SMALL for n in columns["count"]]
    return Table.of(
        "groups", columns, f"95% bootstrap intervals; groups under {SMALL} rows are marked small."
    )


def _gap_table(name: str, rows: Sequence[Gap]) -> Table:
    columns = tuple(f.name for f in fields(Gap))
    caption = "Highest minus lowest, and lowest over highest"
    caption += f", groups of {SMALL} rows or more." if name == "gaps_large" else ", all groups."
    return Table(name, columns, tuple(astuple(g) for g in rows), caption)


def _label(found: Sequence[Grouping], gap: Gap, name: str) -> str:
    grouping = next(f for f in found if f.column == gap.column)
    return grouping.label(grouping.names.index(name))


def _sentence(large: Sequence[Gap], found: Sequence[Grouping], signature: Signature) -> str:
    metric = HEADLINE[signature.task]
    single = {f.column for f in found[:2]}
    known = [
        g for g in large if g.metric == metric and g.difference is not None and g.column in single
    ]
    if not known:
        return f"No two groups have {SMALL} rows or more: nothing can be compared."
    return " ".join(_gap_words(g, found) for g in known)


def _gap_words(gap: Gap, found: Sequence[Grouping]) -> str:
    high, low = _label(found, gap, gap.highest), _label(found, gap, gap.lowest)
    words = f"{TITLES[gap.metric]} differs by {_two(gap.difference)} between {high} and {low}"
    if gap.ratio is None:
        return f"{words}."
    below = gap.metric == "selection_rate" and gap.ratio < FOUR_FIFTHS
    tail = ", below four fifths" if below else ""
    return f"{words} (ratio {_two(gap.ratio)}{tail})."


def _findings(
    found: Sequence[Grouping],
    rates: Sequence[Sequence[Rate]],
    large: Sequence[Gap],
    signature: Signature,
) -> Iterator[Finding]:
    for gap in large:
        if gap.metric == "selection_rate":
            yield from _four_fifths(gap, found)
        elif gap.metric in ("tpr", "fpr"):
            yield from _error_gap(gap, found, signature)
    for grouping, measured in zip(found, rates, strict=True):
        yield from _small(grouping)
        yield from _undefined(grouping, measured)
    if signature.task != "binary":
        yield Finding(
            "not-applicable",
            "info",
            "Selection rate, true and false positive rate do not apply: "
            f"{signature.target} is not a yes-or-no target.",
        )


def _four_fifths(gap: Gap, found: Sequence[Grouping]) -> Iterator[Finding]:
    if gap.ratio is None or gap.ratio >= FOUR_FIFTHS:
        return
    low, high = _label(found, gap, gap.lowest), _label(found, gap, gap.highest)
    sure = gap.ratio_high is not None and gap.ratio_high < FOUR_FIFTHS
    yield Finding(
        "four-fifths",
        "warning",
        f"{low} is selected {_two(gap.ratio)} times as often as {high}: "
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
        f"{what} more often where {_label(found, gap, worse)} than where"
        f" {_label(found, gap, better)}: the rates are {_two(gap.difference)} apart.",
        {"difference": gap.difference, "low": gap.difference_low, "high": gap.difference_high},
        gap.column,
    )


def _small(found: Grouping) -> Iterator[Finding]:
    small = [found.names[k] for k in np.flatnonzero(found.counts < SMALL)]
    if small:
        names = ", ".join(small[:5]) + (" and others" if len(small) > 5 else "")
        yield Finding(
            "small-groups",
            "info",
            f"{counted(len(small), 'group')} of {found.column} with under {SMALL} rows"
            f" ({names}): their rates are too rough to judge by.",
            {"groups": small},
            found.column,
        )


def _undefined(found: Grouping, rates: Sequence[Rate]) -> Iterator[Finding]:
    large = _large(found)
    for rate in rates:
        without = [found.names[k] for k in large if np.isnan(rate.values[k])]
        if without:
            yield Finding(
                "not-applicable",
                "info",
                f"{TITLES[rate.name]} does not apply to {', '.join(without[:5])}:"
                " no such row is in the test part.",
                {"metric": rate.name, "groups": without},
                found.column,
            )


def _two(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.2f}" if 0.005 <= abs(value) < 10 else number(value)

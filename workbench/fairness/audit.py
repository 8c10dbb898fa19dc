"""Audit: rates of groups with intervals, their gaps, and what that means in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.report import Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.fairness.criteria import criteria
from workbench.fairness.findings import FOUR_FIFTHS, SMALL, findings, label, large, two
from workbench.fairness.gaps import Gap, gaps, holm
from workbench.fairness.individual import inequality
from workbench.fairness.places import places, ranking_findings, ranking_table
from workbench.fairness.rates import TITLES, Decisions, Rate, classified, correct, spread
from workbench.fairness.values import estimated
from workbench.groups import Grouping, groupings
from workbench.measures.sample import Sample
from workbench.measures.words import counted

RATES = {
    "binary": (
        "selection_rate", "tpr", "fpr", "fnr", "precision", "accuracy", "base_rate",
        "calibration_bias", "ece",
    ),
    "multiclass": ("accuracy",),
    "regression": (
        "mean_prediction", "mae", "bias", "low_prediction", "median_prediction", "high_prediction",
    ),
}  # fmt: skip
HEADLINE = {"binary": "selection_rate", "multiclass": "accuracy", "regression": "mae"}
REGRESSION_DRAWS = 300  # these resample rows, not counts


@dataclass(frozen=True, eq=False)
class Measured:
    """The rates of all groups: what the tables and the words of an audit are made of."""

    found: tuple[Grouping, ...]
    rates: list[list[Rate]]

    def gaps(self, *, small: bool) -> list[Gap]:
        """With the small groups or without."""
        return [
            gap
            for f, r in zip(self.found, self.rates, strict=True)
            for gap in gaps(f, r, np.arange(len(f)) if small else large(f))
        ]


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
    consistency: float | None = None,
) -> Report:
    """How a model treats the groups of sensitive columns.

    Parameters
    ----------
    truth, scores
        As for an evaluation: class numbers and probabilities, or values.
    groups
        Column name to one value per row (lists, arrays, Arrow); pairs of up to four columns, and
        all columns together, are audited too.
    threshold
        Probability from which the positive class is predicted; the signature's own by default.
    consistency
        What :func:`workbench.fairness.individual.consistency` found, to be told with the rest.

    Returns
    -------
    Report
        kind ``fairness``. ``groups`` and ``gaps`` hold all groups, as fairlearn counts them; the
        sentence, the criteria and the findings leave out groups of fewer than 30 rows (table
        ``gaps_large``, whose ``p`` is corrected for the number of gaps). Table ``ranking`` of
        binary tasks says where the scores put the groups, whatever the threshold.
    """
    if threshold is not None:
        signature = replace(signature, threshold=threshold)
    sample = _sample(truth, scores, signature)
    if signature.task == "regression":
        draws = min(draws, REGRESSION_DRAWS)
    measured = measure(sample, groups, draws, seed)
    everyone = measured.gaps(small=True)
    lacking = any((f.counts < SMALL).any() for f in measured.found)
    judged = holm(measured.gaps(small=False) if lacking else everyone)
    ranked = places(sample, measured.found, seed) if sample.task == "binary" else []
    scale = float(sample.truth.std()) if signature.task == "regression" else 1.0
    facts = _facts(sample, groups, signature, draws, seed)
    if ranked:
        facts["rows_ranked"] = int(ranked[0].rows.sum())
    return Report(
        "fairness",
        subject,
        f"Fairness by {', '.join(groups)} on {counted(len(sample), 'test row')}",
        _sentence(judged, measured.found, signature),
        facts,
        (
            *findings(measured.found, measured.rates, judged, sample.predicted, signature),
            *ranking_findings(ranked, signature),
        ),
        (
            _group_table(measured),
            _gap_table("gaps", everyone),
            _gap_table("gaps_large", judged),
            criteria(judged, scale),
            _individual(sample, consistency, draws, seed),
            *([ranking_table(ranked, len(sample))] if ranked else []),
        ),
    )


def measure(sample: Sample, groups: Mapping[str, Sequence[Any]], draws: int, seed: int) -> Measured:
    """The rates of all groups, on the rows and on ``draws`` resamples of them."""
    found = groupings(groups, len(sample))
    if sample.task == "regression":
        each = [estimated(f, sample.truth, sample.scores, draws, seed) for f in found]
        return Measured(found, each)
    truth, predicted = sample.truth.astype(np.int64), sample.predicted.astype(np.int64)
    if sample.task == "binary":
        made = Decisions.of(truth, predicted, np.ascontiguousarray(sample.scores[:, 1]))
        return Measured(found, classified(found, made, draws, seed))
    right = (truth == predicted).astype(np.int64)
    return Measured(found, [correct(f, right, draws, seed) for f in found])


def _sample(truth: ArrayLike, scores: ArrayLike, signature: Signature) -> Sample:
    sample = Sample.of(signature.task, truth, scores, threshold=signature.threshold)
    if signature.task != "multiclass":
        return sample
    return replace(sample, predicted=decide(sample.scores, signature).astype(np.float64))


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


def _group_table(measured: Measured) -> Table:
    found, rates = measured.found, measured.rates
    columns: dict[str, list[Any]] = {"column": [], "group": [], "count": []}
    for g in found:
        columns["column"] += [g.column] * len(g)
        columns["group"] += g.names
        columns["count"] += g.counts.tolist()
    for k, name in enumerate(r.name for r in rates[0]):
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
    caption += (
        f", groups of {SMALL} rows or more; p after Holm's correction."
        if name == "gaps_large"
        else ", all groups."
    )
    return Table(name, columns, tuple(tuple(getattr(g, c) for c in columns) for g in rows), caption)


def _individual(sample: Sample, consistency: float | None, draws: int, seed: int) -> Table:
    rows: list[tuple[Any, ...]] = []
    if consistency is not None:
        rows.append(
            ("consistency", "Consistency with the five nearest rows", consistency, None, None)
        )
    if sample.task == "binary":
        truth, predicted = sample.truth.astype(np.int64), sample.predicted.astype(np.int64)
        titles = {"theil": "Theil index", "generalized_entropy": "Generalized entropy (alpha 2)"}
        for name, (value, drawn) in inequality(truth, predicted, draws, seed).items():
            low, high = spread(drawn[:, None])
            rows.append((name, titles[name], value, float(low[0]), float(high[0])))
    columns = ("metric", "title", "value", "low", "high")
    return Table("individual", columns, tuple(rows), "Between people rather than groups.")


def _sentence(judged: Sequence[Gap], found: Sequence[Grouping], signature: Signature) -> str:
    metric = HEADLINE[signature.task]
    single = {f.column for f in found if not f.crossed}
    known = [
        g for g in judged if g.metric == metric and g.difference is not None and g.column in single
    ]
    if not known:
        return f"No two groups have {SMALL} rows or more: nothing can be compared."
    return " ".join(_gap_words(g, found) for g in known)


def _gap_words(gap: Gap, found: Sequence[Grouping]) -> str:
    high, low = label(found, gap, gap.highest), label(found, gap, gap.lowest)
    words = f"{TITLES[gap.metric]} differs by {two(gap.difference)} between {high} and {low}"
    if gap.ratio is None:
        return f"{words}."
    below = gap.metric == "selection_rate" and gap.ratio < FOUR_FIFTHS
    tail = ", below four fifths" if below else ""
    return f"{words} (ratio {two(gap.ratio)}{tail})."

"""Places: what an audit says of a ranking, as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import ndtr

from workbench.core.report import Finding, Table
from workbench.core.signature import Signature
from workbench.fairness.criteria import MATTERS, SURE
from workbench.fairness.findings import SMALL, two
from workbench.fairness.ranking import Measure, Order, Ranked
from workbench.groups import Grouping
from workbench.measures.curves import Z
from workbench.measures.sample import Codes, Sample

MOST = 100_000  # rows that are ranked; of more, a sample
FEWEST = 10  # rows of each class that an area must be made of, to be judged


def places(sample: Sample, found: Sequence[Grouping], seed: int) -> list[Ranked]:
    """The ranking of a binary model's rows, by each grouping; of very many rows, a sample's."""
    truth, scores = sample.truth, sample.scores[:, 1]
    if len(truth) > MOST:
        random = np.random.default_rng(seed)
        kept = np.sort(random.choice(len(truth), MOST, replace=False, shuffle=False))
        truth, scores = truth[kept], scores[kept]
        found = [replace(f, codes=f.codes[kept]) for f in found]
    order = Order.of(truth, scores)
    return [order.groups(f) for f in found]


def ranking_table(ranked: Sequence[Ranked], rows: int) -> Table:
    """One row per group; ``rows`` are those of the audit."""
    columns: dict[str, list[Any]] = {"column": [], "group": [], "count": []}
    for one in ranked:
        columns["column"] += [one.found.column] * len(one.found)
        columns["group"] += one.found.names
        columns["count"] += [int(n) for n in one.rows]
    for name in ("share", "share_positive"):
        columns[name] = np.concatenate([getattr(r, name) for r in ranked]).tolist()
    for name in [m.name for m in ranked[0].measures]:
        bounds = [r[name].bounds() for r in ranked]
        columns[name] = np.concatenate([r[name].values for r in ranked]).tolist()
        columns[f"{name}_low"] = np.concatenate([b[0] for b in bounds]).tolist()
        columns[f"{name}_high"] = np.concatenate([b[1] for b in bounds]).tolist()
    columns["small"] = [n < SMALL for n in columns["count"]]
    looked = int(ranked[0].rows.sum())
    caption = "Rows by falling score, with 95% intervals"
    caption += f"; {looked:,} of the {rows:,} rows, drawn at random." if looked < rows else "."
    return Table.of("ranking", columns, caption)


@dataclass(frozen=True)
class _Apart:
    """Two areas that should be alike: whose they are, how far apart, and how sure that is."""

    ranked: Ranked
    name: str  # "within" two groups; a group "behind" the others or "ahead" of them
    group: int  # the one that fares worse
    other: int
    worse: float
    better: float
    error: float
    doubt: float = 0.0  # how much of the gap the rows of small groups could be

    @property
    def gap(self) -> float:
        return self.better - self.worse

    @property
    def p(self) -> float:
        if self.error <= 0:
            return 1.0  # an area of exactly 0 or 1 does not vary, which does not make it certain
        return float(2 * ndtr(-self.gap / self.error))


def ranking_findings(ranked: Sequence[Ranked], signature: Signature) -> Iterator[Finding]:
    """The widest gap that is beyond its interval; ``p`` is raised for how many are looked at."""
    looked = [a for r in ranked if not r.found.crossed for a in (*_within(r), *_across(r))]
    sure = [a for a in looked if a.gap - a.doubt >= MATTERS and a.p * len(looked) < SURE]
    if not sure:
        return
    widest = max(sure, key=lambda a: a.gap)
    at = widest.ranked
    label = at.found.label(widest.group)
    outcome = f"{signature.target} = {signature.positive}"
    low, high = widest.gap - Z * widest.error, widest.gap + Z * widest.error
    worse, better = _percent(widest.worse), _percent(widest.better)
    if widest.name == "within":
        what = (
            f"Of a row with {outcome} and one without, the score puts the right one first in"
            f" {worse} of the pairs where {label}, in {better} where"
            f" {at.found.label(widest.other)}"
        )
    elif widest.name == "behind":
        what = (
            f"A row with {outcome} where {label} comes before a row without it of the other groups"
            f" in {worse} of the pairs, the other way round in {better}"
        )
    else:
        what = (
            f"A row with {outcome} of the other groups comes before a row without it where {label}"
            f" in {worse} of the pairs, the other way round in {better}"
        )
    top = float(at["top_10"].values[widest.group])
    yield Finding(
        "ranking-gap",
        "warning",
        f"{what}: {two(widest.gap)} apart ({two(low)} to {two(high)}). {label} is"
        f" {_percent(at.share[widest.group])} of the rows,"
        f" {_percent(at.share_positive[widest.group])} of those with {outcome} and"
        f" {_percent(top)} of the best-scored tenth.",
        {
            "pairs": widest.name,
            "group": label,
            "difference": widest.gap,
            "low": low,
            "high": high,
            "p": min(1.0, widest.p * len(looked)),
            "looked": len(looked),
        },
        at.found.column,
    )


def _judged(at: Ranked) -> Codes:
    """The groups whose areas are made of enough rows."""
    negatives = at.rows - at.positives
    enough = (at.rows >= SMALL) & (at.positives >= FEWEST) & (negatives >= FEWEST)
    return np.flatnonzero(enough)


def _within(at: Ranked) -> Iterator[_Apart]:
    area = at["auc"]
    assert isinstance(area, Measure)
    groups = _judged(at)
    for pair in combinations(map(int, groups), 2):
        low, high = sorted(pair, key=area.values.__getitem__)
        ends = float(area.values[low]), float(area.values[high])
        error = float(np.hypot(area.errors[low], area.errors[high]))
        yield _Apart(at, "within", low, high, *ends, error)


def _across(at: Ranked) -> Iterator[_Apart]:
    """Kallus and Zhou's disparity of each group; of two groups, one says what the other does."""
    own, reverse = at["xauc"], at["xauc_reverse"]
    assert isinstance(own, Measure) and isinstance(reverse, Measure)
    apart = own.values - reverse.values
    groups = [int(g) for g in _judged(at) if np.isfinite(apart[g])]
    if len(at.found) == 2 and groups:
        groups = [min(groups, key=apart.__getitem__)]
    for group in groups:
        ends = sorted((float(own.values[group]), float(reverse.values[group])))
        error = float(np.hypot(own.errors[group], reverse.errors[group]))
        name = "behind" if apart[group] < 0 else "ahead"
        yield _Apart(at, name, group, group, *ends, error, _from_small(at, group))


def _from_small(at: Ranked, group: int) -> float:
    """The share of the others' rows, of both classes, that are of small groups."""
    small = at.rows < SMALL
    if not small.any():
        return 0.0
    small[group] = False
    kinds = (at.positives, at.rows - at.positives)
    return float(sum(k[small].sum() / max(1.0, k.sum() - k[group]) for k in kinds))


def _percent(share: float) -> str:
    return f"{share:.0%}" if 0.005 <= share <= 0.995 or share in (0, 1) else f"{share:.1%}"

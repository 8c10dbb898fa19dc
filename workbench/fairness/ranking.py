"""Rankings: whether the scores of a binary model put the people of all groups where they belong.

Each measure is one of a pair of rows or of a place, so that no threshold is needed. All sums are
over the distinct (group, score) cells of the rows, so a grouping costs one pass however many groups
it has; ties are met exactly. Areas follow Kallus and Zhou, "The fairness of risk scores beyond
classification" (2019), and Narasimhan et al., "Pairwise fairness for ranking and regression"
(2020); exposure follows Singh and Joachims, "Fairness of exposure in rankings" (2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.groups import Grouping
from workbench.measures.curves import Z, wilson
from workbench.measures.sample import Codes, Floats, Ranking, Runs, ratio

TOPS: Mapping[str, float] = {"top_1": 0.01, "top_5": 0.05, "top_10": 0.1, "top_20": 0.2}
NEAR = 50  # rows on both sides of a cut, at least, that say who stands near it


@dataclass(frozen=True, eq=False)
class Measure:
    """A value for each group and its standard error; NaN where it is undefined."""

    name: str
    values: Floats
    errors: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """The ends of the 95 % intervals."""
        half = Z * self.errors
        highest = 1.0 if self.name != "exposure_ratio" else np.inf
        return np.clip(self.values - half, 0, highest), np.clip(self.values + half, 0, highest)


@dataclass(frozen=True, eq=False)
class Top:
    """Each group's share of the ``top`` best-scored rows, and the rows that share is one of.

    ``effective`` is how many independent rows would leave a share as uncertain.
    """

    name: str
    values: Floats
    effective: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """The ends of the 95 % intervals (Wilson's: a group may have no row at the top)."""
        return wilson(self.values, self.effective)


@dataclass(frozen=True, eq=False)
class Ranked:
    """What a ranking does to the groups of one grouping."""

    found: Grouping
    rows: Floats  # of each group
    positives: Floats
    measures: tuple[Measure | Top, ...]

    def __getitem__(self, name: str) -> Measure | Top:
        return next(m for m in self.measures if m.name == name)

    @property
    def share(self) -> Floats:
        """Each group's share of all rows."""
        return ratio(self.rows, np.full_like(self.rows, self.rows.sum()))

    @property
    def share_positive(self) -> Floats:
        """Each group's share of all positive rows."""
        return ratio(self.positives, np.full_like(self.rows, self.positives.sum()))


@dataclass(frozen=True, eq=False)
class Order:
    """All rows by falling score, in runs of equal scores: made once, for groupings of all kinds."""

    runs: Runs

    @classmethod
    def of(cls, truth: Floats, scores: Floats) -> Order:
        """
        Parameters
        ----------
        truth, scores
            ``(n,)``: 0 or 1, and what the rows are ranked by, the highest first.
        """
        return cls(Runs.of(Ranking.of(scores), truth == 1))

    @cached_property
    def misses(self) -> Floats:
        """Negative rows of each run."""
        return self.runs.rows - self.runs.hits

    @cached_property
    def ends(self) -> Floats:
        """How many rows have been ranked at the end of each run."""
        return np.cumsum(self.runs.rows)

    @cached_property
    def exposure(self) -> tuple[Floats, Floats]:
        """Mean of ``1 / log2(1 + rank)`` over each run's ranks, and what one rank lower changes.

        Rows of equal score may come in any order: each has the mean of their places.
        """
        last = self.ends.astype(np.int64)
        first = last - self.runs.rows.astype(np.int64)
        each = 1 / np.log2(2.0 + np.arange(last[-1] + 1))
        total = np.append(0.0, np.cumsum(each))
        mean = (total[last] - total[first]) / self.runs.rows
        return mean, (each[last] - each[first]) / self.runs.rows

    def border(self, cut: float) -> tuple[int, int, float]:
        """The first and last rank of the scores at a cut, and what part of their rows is above it.

        Of equal scores at its border a top takes a share, as if their order were drawn.
        """
        at = min(int(np.searchsorted(self.ends, cut)), len(self.ends) - 1)
        rows = float(self.runs.rows[at])
        last = float(self.ends[at])
        return int(last - rows), int(last), (cut - last + rows) / rows

    def groups(self, found: Grouping) -> Ranked:
        """The measures of each group."""
        cells = _Cells.of(found, self)
        return Ranked(
            found,
            cells.sum(cells.rows),
            cells.sum(cells.hits),
            (*_areas(cells, self), *_exposed(cells, self), *_tops(self, found)),
        )


@dataclass(frozen=True, eq=False)
class _Cells:
    """The rows of one group and one score: groups one after another, each by falling score."""

    groups: int
    group: Codes
    run: Codes
    rows: Floats
    hits: Floats

    @classmethod
    def of(cls, found: Grouping, order: Order) -> _Cells:
        codes = found.codes[order.runs.ranking.order]
        by = np.argsort(codes.astype(np.uint16), kind="stable")  # these numpy sorts by radix
        group, run, hits = codes[by], order.runs.run[by], order.runs.positive[by].astype(np.float64)
        if len(order.runs.rows) == len(codes):  # no two scores are equal
            return cls(len(found), group, run, np.ones(len(hits)), hits)
        new = np.r_[True, (run[1:] != run[:-1]) | (group[1:] != group[:-1])]
        starts = np.flatnonzero(new)
        rows = np.diff(starts, append=len(hits)).astype(np.float64)
        return cls(len(found), group[starts], run[starts], rows, np.add.reduceat(hits, starts))

    @cached_property
    def misses(self) -> Floats:
        return self.rows - self.hits

    @cached_property
    def _starts(self) -> tuple[Codes, Codes]:
        """The groups that have rows, and their first cells."""
        starts = np.flatnonzero(np.r_[True, self.group[1:] != self.group[:-1]])
        return self.group[starts], starts

    def sum(self, values: Floats) -> Floats:
        """Sums over the cells of each group."""
        used, starts = self._starts
        found = np.zeros(self.groups)
        found[used] = np.add.reduceat(values, starts)
        return found

    def above(self, values: Floats) -> Floats:
        """What each cell's own group has above it; half of its own."""
        total = self.sum(values)
        before = np.cumsum(total) - total
        return np.cumsum(values) - values / 2 - before[self.group]

    def squares(self, step: Floats, above: Floats, counts: Floats) -> Floats:
        """Sum over rows of all groups of the square of what each group has above them.

        The sum above grows by ``step`` at each cell of the group, so its square is told by these
        cells alone and by how many of the ``counts`` rows of each run stand beside and below them.

        Parameters
        ----------
        above
            ``self.above(step)``.
        """
        below = (counts.sum() - np.cumsum(counts))[self.run]
        beside = counts[self.run]
        start = above - step / 2
        grown = below * ((start + step) ** 2 - start**2) + beside * (above**2 - start**2)
        return self.sum(grown)


def _areas(cells: _Cells, order: Order) -> list[Measure]:
    """The chance that a positive row is ranked above a negative one, by whose rows these are.

    ``auc``: both of the group. ``xauc``: the positive one of the group, the negative one of the
    others. ``xauc_reverse``: the other way round. Errors as of DeLong et al. 1988: the positive and
    the negative rows of a pair are drawn apart.
    """
    yes, no = cells.sum(cells.hits), cells.sum(cells.misses)
    more_yes, more_no = yes.sum() - yes, no.sum() - no  # of the others
    own_above, lost = cells.above(cells.hits), cells.above(cells.misses)
    own_below = no[cells.group] - lost
    all_above = (np.cumsum(order.runs.hits) - order.runs.hits / 2)[cells.run]
    all_below = (no.sum() - np.cumsum(order.misses) + order.misses / 2)[cells.run]

    within = _moments(cells, cells.hits, own_below, yes)
    within_no = _moments(cells, cells.misses, own_above, no)
    cross = _moments(cells, cells.hits, all_below - own_below, yes)
    back = _moments(cells, cells.misses, all_above - own_above, no)
    # what the others' rows see of the group: over all rows, less the group's own
    seen = cells.squares(cells.hits, own_above, order.misses) - cells.sum(
        cells.misses * own_above**2
    )
    passed = cells.squares(cells.misses, lost, order.runs.hits) - cells.sum(cells.hits * lost**2)

    auc, xauc = ratio(within[0], no), ratio(cross[0], more_no)
    reverse = ratio(back[0], more_yes)
    errors = [
        _error(within[1], no, within_no[1], yes),
        _error(cross[1], more_no, _variance(seen, xauc * yes, more_no), yes),
        _error(_variance(passed, (1 - reverse) * no, more_yes), no, back[1], more_yes),
    ]
    names = ("auc", "xauc", "xauc_reverse")
    return [Measure(*m) for m in zip(names, (auc, xauc, reverse), errors, strict=True)]


def _moments(cells: _Cells, weights: Floats, values: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Mean of values over each group's rows of a class, and the variance of that mean."""
    mean = ratio(cells.sum(weights * values), rows)
    return mean, _variance(cells.sum(weights * values**2), mean, rows)


def _variance(squares: Floats, mean: Floats, rows: Floats) -> Floats:
    """The variance of a mean of ``rows`` values, from the sum of their squares."""
    spread = np.maximum(ratio(squares, rows) - mean**2, 0.0)
    return ratio(spread, rows - 1)


def _error(one: Floats, one_of: Floats, other: Floats, other_of: Floats) -> Floats:
    """The standard error of an area, from counts of what each class's rows win."""
    return np.sqrt(ratio(one, one_of**2) + ratio(other, other_of**2))


def _exposed(cells: _Cells, order: Order) -> list[Measure]:
    """Mean exposure of each group's rows, and over that of all rows.

    The error is that of the infinitesimal jackknife: a row drawn twice counts twice, and moves all
    rows below it down a rank.
    """
    mean, slope = order.exposure
    rows = cells.sum(cells.rows)
    each = mean[cells.run]
    values = ratio(cells.sum(cells.rows * each), rows)
    step = cells.rows * slope[cells.run]
    above = cells.above(step)
    apart = cells.rows * (each - values[cells.group])
    moved = cells.sum(step * (order.ends[-1] - order.ends + order.runs.rows / 2)[cells.run])
    spread = (
        cells.sum(apart * (each - values[cells.group]))
        + cells.squares(step, above, order.runs.rows)
        - moved**2 / order.ends[-1]
        - 2 * cells.sum(apart * above)
    )
    errors = ratio(np.sqrt(np.maximum(spread, 0.0)), rows)
    everyone = float((mean * order.runs.rows).sum() / order.ends[-1])
    return [
        Measure("exposure", values, errors),
        Measure("exposure_ratio", values / everyone, errors / everyone),
    ]


def _tops(order: Order, found: Grouping) -> list[Top]:
    """Each group's share of the best-scored rows."""
    codes = found.codes[order.runs.ranking.order]
    total = float(order.ends[-1])
    half = max(NEAR, 2 * np.sqrt(total))

    def held(cut: float, power: int = 1) -> Floats:
        first, last, part = order.border(cut)
        whole = np.bincount(codes[:first], minlength=len(found))
        return whole + part**power * np.bincount(codes[first:last], minlength=len(found))

    told = []
    for name, top in TOPS.items():
        cut = top * total
        low, high = max(cut - half, 0.0), min(cut + half, total)
        near = (held(high) - held(low)) / (high - low)
        share = held(cut) / cut
        told.append(Top(name, share, _effective(share, held(cut, 2) / cut, near, cut, top)))
    return told


def _effective(share: Floats, twice: Floats, near: Floats, cut: float, top: float) -> Floats:
    """How many independent rows would leave these shares as uncertain, to first order.

    Another row at the top moves somebody out at the cut, who is of a group with the chance that it
    has ``near`` it. Two rows more of each kind keep a share of 0 from looking certain (Agresti and
    Coull 1998). ``twice`` are the shares where a row that is in by a part counts its square.
    """
    smooth = (share * cut + 2) / (cut + 4)
    whole = twice.sum()
    own = twice + (smooth - share) * whole
    spread = own * (1 - near) ** 2 + (whole - own) * near**2 - top * (smooth - near) ** 2
    effective: Floats = cut * smooth * (1 - smooth) / np.maximum(spread, 1e-12)
    return effective

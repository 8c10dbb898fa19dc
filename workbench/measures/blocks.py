"""Resamples of very many rows: blocks of rows are drawn instead of rows.

Rows are dealt at random to 4,096 blocks, and a draw takes as many blocks, with replacement. A
metric of means then needs only the blocks' sums, so a thousand draws cost one pass over the rows.
The variance of a mean is met without bias, with a standard error of 2.2 % (the draws themselves, a
thousand of them, leave as much): no difference to a draw of rows can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.measures.decisions import Margins
from workbench.measures.metrics import Metric
from workbench.measures.sample import Floats, Sample, ratio

LARGE = 50_000  # rows from which blocks are drawn
BLOCKS = 4096
AT_ONCE = 64  # draws that are counted at once: 2 MB

Values = Mapping[str, Floats]
Drawings = dict[str, tuple[float | None, Floats]]


def prepared(sample: Sample, metrics: Mapping[str, Metric]) -> Callable[[Floats], Values]:
    """All metrics under given weights, with what does not depend on these computed once."""
    linear = {name: m.linear(sample) for name, m in metrics.items() if m.linear and m.exact}
    columns = {name: form.dense(len(sample)) for name, form in linear.items()}
    decided = any(m.margins for m in metrics.values())

    def values(weights: Floats) -> Values:
        total = weights.sum(axis=1)[:, None]
        margins = Margins.of(sample, weights) if decided else None
        found: dict[str, Floats] = {}
        for name, metric in metrics.items():
            if metric.margins is not None and margins is not None:
                found[name] = metric.margins(margins)
            elif name in linear:
                sums = weights @ columns[name]
                found[name] = linear[name].value(ratio(sums, np.broadcast_to(total, sums.shape)))
            else:
                found[name] = metric.function(sample, weights)
        return found

    return values


@dataclass(frozen=True, eq=False)
class Drawn:
    """The block of each row, and how often each draw takes each block; the first takes all once."""

    block: NDArray[np.uint16]  # (n,); small, since it is gathered often
    weights: Floats
    total: Floats  # rows of each draw, (draws + 1, 1)

    @classmethod
    def of(cls, rows: int, draws: int, seed: int) -> Drawn:
        random = np.random.default_rng(seed)
        block = (random.permutation(rows) % BLOCKS).astype(np.uint16)
        weights = np.ones((draws + 1, BLOCKS))
        for start in range(1, draws + 1, AT_ONCE):
            mine = weights[start : start + AT_ONCE]
            taken = random.integers(0, BLOCKS, mine.shape)
            taken += np.arange(len(mine))[:, None] * BLOCKS
            mine[:] = np.bincount(taken.ravel(), minlength=mine.size).reshape(mine.shape)
        sizes = np.bincount(block, minlength=BLOCKS).astype(np.float64)
        return cls(block, weights, (weights @ sizes)[:, None])


@dataclass(frozen=True, eq=False)
class Summed:
    """What draws need of a sample: sums over its blocks, and what each metric makes of them.

    Parameters
    ----------
    margins
        Counts of classes, where a metric asks for them.
    linear
        For each metric of means its columns' sums, and its value from their means.
    alone
        Values of a guest's metrics, which are not resampled.
    """

    margins: Margins | None
    linear: Mapping[str, tuple[Floats, Callable[[Floats], Floats]]]
    alone: Mapping[str, float]

    @classmethod
    def of(cls, sample: Sample, metrics: Mapping[str, Metric], drawn: Drawn) -> Summed:
        counted = any(m.margins is not None for m in metrics.values())
        margins = Margins.by_block(sample, drawn.block, BLOCKS) if counted else None
        linear, alone = {}, {}
        for name, metric in metrics.items():
            if metric.linear is not None:
                form = metric.linear(sample)
                linear[name] = (form.sums(drawn.block, BLOCKS), form.value)
            elif metric.margins is None:
                alone[name] = float(metric.function(sample, np.ones((1, len(sample))))[0])
        return cls(margins, linear, alone)

    def drawn(self, metrics: Mapping[str, Metric], drawn: Drawn) -> Drawings:
        """Every metric's value on all rows, and on the draws."""
        counts = () if self.margins is None else self.margins.columns
        sums = [*counts, *(sums for sums, _ in self.linear.values())]
        # one product for all of them: the weights are read once
        parts = _parted(drawn.weights @ np.hstack(sums), sums) if sums else []
        margins = Margins(*parts[: len(counts)]) if counts else None
        means = dict(zip(self.linear, parts[len(counts) :], strict=True))
        found = {}
        for name, metric in metrics.items():
            if metric.margins is not None and margins is not None:
                values = metric.margins(margins)
            elif name in means:
                values = self.linear[name][1](means[name] / drawn.total)
            else:
                values = np.full(len(drawn.weights), np.nan)
                values[0] = self.alone[name]
            first = float(values[0])
            found[name] = (first if np.isfinite(first) else None, values[1:])
        return found


def _parted(columns: Floats, like: Sequence[Floats]) -> list[Floats]:
    """Columns cut apart again as they were put together."""
    return np.split(columns, np.cumsum([part.shape[1] for part in like])[:-1], axis=1)


def blocked(sample: Sample, metrics: Mapping[str, Metric], drawn: Drawn) -> Drawings:
    """Every metric's value on all rows, and on the resamples of blocks.

    Samples of the same rows on the same draws have paired differences.
    """
    return Summed.of(sample, metrics, drawn).drawn(metrics, drawn)

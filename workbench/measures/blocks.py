"""Resamples of very many rows: blocks of rows are drawn instead of rows.

Rows are dealt at random to 4,096 blocks, and a draw takes as many blocks, with replacement. A
metric of means then needs only the blocks' sums, so a thousand draws cost one pass over the rows.
The variance of a mean is met without bias, with a standard error of 2.2 % (the draws themselves, a
thousand of them, leave as much): no difference to a draw of rows can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.measures.decisions import Margins
from workbench.measures.metrics import Metric
from workbench.measures.sample import Floats, Sample, ratio

LARGE = 50_000  # rows from which blocks are drawn
BLOCKS = 4096

Values = Mapping[str, Floats]


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

    block: np.ndarray  # (n,) uint16
    weights: Floats
    total: Floats  # rows of each draw, (draws + 1, 1)

    @classmethod
    def of(cls, rows: int, draws: int, seed: int) -> Drawn:
        random = np.random.default_rng(seed)
        block = (random.permutation(rows) % BLOCKS).astype(np.uint16)  # small: it is gathered often
        weights = np.ones((draws + 1, BLOCKS))
        for number in range(1, draws + 1):
            taken = random.integers(0, BLOCKS, BLOCKS)
            weights[number] = np.bincount(taken, minlength=BLOCKS)
        sizes = np.bincount(block, minlength=BLOCKS).astype(np.float64)
        return cls(block, weights, (weights @ sizes)[:, None])


def blocked(
    sample: Sample, metrics: Mapping[str, Metric], drawn: Drawn
) -> dict[str, tuple[float | None, Floats]]:
    """Every metric's value on all rows, and on the resamples of blocks.

    Samples of the same rows on the same draws have paired differences.
    """
    counted = [m for m in metrics.values() if m.margins is not None]
    margins = (
        Margins.by_block(sample, drawn.block.astype(np.int64), BLOCKS).drawn(drawn.weights)
        if counted
        else None
    )
    found = {}
    for name, metric in metrics.items():
        if metric.margins is not None and margins is not None:
            values = metric.margins(margins)
        elif metric.linear is not None:
            form = metric.linear(sample)
            values = form.value((drawn.weights @ form.sums(drawn.block, BLOCKS)) / drawn.total)
        else:  # a guest's metric: its value alone
            values = np.full(len(drawn.weights), np.nan)
            values[0] = metric.function(sample, np.ones((1, len(sample))))[0]
        first = float(values[0])
        found[name] = (first if np.isfinite(first) else None, values[1:])
    return found

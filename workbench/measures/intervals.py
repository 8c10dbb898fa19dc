"""Percentile bootstrap intervals from resampled row weights.

All samples and metrics of one call see the same resamples, so their differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.core.progress import Progress, silent
from workbench.measures.abreast import abreast
from workbench.measures.blocks import LARGE, Drawn, Summed, prepared
from workbench.measures.metrics import Metric
from workbench.measures.sample import Floats, Sample

LEVEL = 0.95
CHUNK = 1 << 19  # weights in hand at once: 4 MB, so that they stay in the cache
WORK = 400_000_000  # rows x classes x draws; beyond that, fewer draws
FEWEST = 100


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval; None where it does not apply."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def side(self) -> int:
        """1 when the whole interval lies above zero, -1 below, 0 when it holds zero."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A metric's value on all rows, and on every resample."""

    value: float | None
    draws: Floats

    def interval(self, level: float = LEVEL) -> Interval:
        return interval(self.value, self.draws, level)

    def minus(self, other: Estimate) -> Estimate:
        """The paired difference."""
        known = self.value is not None and other.value is not None
        value = (self.value or 0.0) - (other.value or 0.0) if known else None
        return Estimate(value, self.draws - other.draws)


def interval(value: float | None, draws: Floats, level: float = LEVEL) -> Interval:
    """The percentile interval; draws that do not apply (NaN) are left out."""
    known = draws[np.isfinite(draws)]
    if value is None or len(known) < len(draws) / 2:  # mostly undefined: no honest interval
        return Interval(value, None, None)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def resamples(rows: int, draws: int, seed: int) -> Iterator[Floats]:
    """Row weights of ``draws`` bootstrap resamples, in blocks of shape ``(some, rows)``."""
    random = np.random.default_rng(seed)
    size = max(1, CHUNK // rows)
    for start in range(0, draws, size):
        count = min(size, draws - start)
        picks = random.integers(0, rows, size=(count, rows), dtype=np.int64)
        picks += np.arange(count)[:, None] * rows
        weights = np.bincount(picks.ravel(), minlength=count * rows)
        yield weights.reshape(count, rows).astype(np.float64)


def bootstrap(
    sample: Sample,
    metrics: Mapping[str, Metric],
    *,
    draws: int = 400,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Estimate]:
    """Every metric on all rows and on ``draws`` resamples of them."""
    return paired([sample], metrics, draws=draws, seed=seed, progress=progress)[0]


def paired(
    samples: Sequence[Sample],
    metrics: Mapping[str, Metric],
    *,
    draws: int = 400,
    seed: int = 0,
    progress: Progress = silent,
    aside: Callable[[Sample], None] | None = None,
) -> list[dict[str, Estimate]]:
    """The same for several samples of the same rows, on the same resamples.

    From 50,000 rows on it is blocks of rows that are resampled, see
    :class:`workbench.measures.blocks.Summed`.

    Parameters
    ----------
    aside
        Takes what else is wanted of each sample while its rankings are at hand, and may let it
        forget them; of very many rows two samples at the same time.
    """
    if len(samples[0]) >= LARGE:
        return _blocked(samples, metrics, draws, seed, progress, aside)
    collected = _resampled(samples, metrics, draws, seed, progress)
    if aside is not None:
        for sample in samples:
            aside(sample)
    empty: Floats = np.empty(0)
    return [
        {
            name: Estimate(metric(sample), np.concatenate([empty, *found[name]]))
            for name, metric in metrics.items()
        }
        for sample, found in zip(samples, collected, strict=True)
    ]


def _resampled(
    samples: Sequence[Sample],
    metrics: Mapping[str, Metric],
    draws: int,
    seed: int,
    progress: Progress,
) -> list[dict[str, list[Floats]]]:
    collected: list[dict[str, list[Floats]]] = [{name: [] for name in metrics} for _ in samples]
    forms = [prepared(sample, metrics) for sample in samples]
    done = 0
    for weights in resamples(len(samples[0]), draws, seed):
        for form, found in zip(forms, collected, strict=True):
            for name, values in form(weights).items():
                found[name].append(values)
        done += len(weights)
        progress(done / draws, f"resampled {done} of {draws} times")
    return collected


def _blocked(
    samples: Sequence[Sample],
    metrics: Mapping[str, Metric],
    draws: int,
    seed: int,
    progress: Progress,
    aside: Callable[[Sample], None] | None,
) -> list[dict[str, Estimate]]:
    found = []
    drawn = Drawn.of(len(samples[0]), draws, seed)

    def sums(sample: Sample) -> Summed:
        summed = Summed.of(sample, metrics, drawn)
        if aside is not None:
            aside(sample)
        return summed

    for summed in abreast(sums, samples):
        told = summed.drawn(metrics, drawn)
        found.append({name: Estimate(value, values) for name, (value, values) in told.items()})
        progress(len(found) / len(samples), f"resampled {len(found)} of {len(samples)} models")
    return found


def affordable(draws: int, rows: int, classes: int) -> int:
    """``draws``, or fewer (never under 100) where rows and classes make them dear."""
    if rows >= LARGE:  # blocks cost the same however many rows there are
        return draws
    return min(draws, max(FEWEST, WORK // max(1, rows * max(1, classes))))

"""Validation: what the folds of cross-validation say about a recipe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.core.folds import Folds
from workbench.core.progress import Progress, silent
from workbench.core.recipe import PRIMARY, Task
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.evaluation.evaluate import sample_of
from workbench.measures.intervals import Interval, affordable, bootstrap
from workbench.measures.metrics import METRICS, Metric
from workbench.measures.resampled import corrected_error, corrected_interval, uneven
from workbench.measures.sample import Sample
from workbench.measures.words import counted, noun, number, span

UNSTABLE = 0.01  # p under which folds differ more than chance
DRAWS = 400


@dataclass(frozen=True, eq=False)
class Held:
    """One fold's model and what it said about the rows that it had not seen.

    Parameters
    ----------
    rows
        (m,) numbers of the held-out rows.
    truth, scores
        (m,) and (m, classes) or (m,), as for :func:`evaluate`.
    train, stop
        How many rows it was fitted on, and how many decided when to stop.
    params
        Those that an inner search chose; None without one.
    """

    repeat: int
    number: int
    rows: np.ndarray
    truth: np.ndarray
    scores: np.ndarray
    train: int
    stop: int
    seconds: float
    iterations: float | None = None
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Learned:
    """A model of a part of one fold's training rows: its primary metric on both kinds of rows."""

    share: float
    number: int
    train: int
    value: float | None  # on the held-out rows
    fitted: float | None  # on the rows that it was fitted on


@dataclass(frozen=True)
class About:
    """What a validation is about."""

    subject: str
    title: str
    folds: Folds
    marks: str  # a digest of which row was held out when: equal marks are the same folds
    inner: int = 0  # attempts of the inner search of each fold
    tested: Interval | None = None  # the primary metric on the run's test rows
    dataset: Mapping[str, Any] = field(default_factory=dict)


def validation(
    held: Sequence[Held],
    signature: Signature,
    about: About,
    learned: Sequence[Learned] = (),
    progress: Progress = silent,
) -> Report:
    """The report of all folds.

    Parameters
    ----------
    held
        One per fold and repeat, in their order.

    Returns
    -------
    Report
        kind ``validation``.
    """
    metrics, primary = METRICS[signature.task], PRIMARY[signature.task]
    samples = [sample_of(h.truth, h.scores, signature) for h in held]
    values = {name: [m(s) for s in samples] for name, m in metrics.items()}
    ratio = float(np.mean([len(h.rows) / (h.train + h.stop) for h in held]))
    first = [s for h, s in zip(held, samples, strict=True) if h.repeat == 0]
    pooled = sample_of(*_pooled(held), signature)
    draws = affordable(DRAWS, len(pooled), pooled.classes)
    out = bootstrap(pooled, metrics, draws=draws, progress=progress)
    means = {
        n: _clipped(corrected_interval(_known(v), ratio), metrics[n]) for n, v in values.items()
    }
    rows = [
        (
            name, metric.title, means[name].value, means[name].low, means[name].high,
            corrected_error(_known(values[name]), ratio), _spread(values[name]),
            *_ends(out[name].interval()), metric.higher_is_better,
        )
        for name, metric in metrics.items()
    ]  # fmt: skip
    names = (
        "name", "title", "value", "low", "high", "error", "spread", "pooled", "pooled_low",
        "pooled_high", "higher_is_better",
    )  # fmt: skip
    scheme = about.folds
    facts = {
        "task": signature.task,
        "target": signature.target,
        "classes": list(signature.classes),
        "primary": primary,
        "scheme": scheme.scheme,
        "column": scheme.column,
        "folds": scheme.count,
        "repeats": scheme.repeats,
        "seed": scheme.seed,
        "rows": len(pooled),
        "models": len(held),
        "ratio": ratio,
        "marks": about.marks,
        "inner": about.inner or None,
        "seconds": round(sum(h.seconds for h in held), 3),
        "metrics": {name: i.value for name, i in means.items()},
        **about.dataset,
    }
    return Report(
        "validation",
        about.subject,
        f"{about.title}: {_how(about)} on {counted(len(pooled), 'row')}",
        _sentence(means[primary], metrics[primary].title, about, len(held)),
        facts,
        tuple(_findings(first, values[primary], means[primary], signature, about, held)),
        (
            Table("metrics", names, tuple(rows), "Means over folds; 95% intervals corrected for"
                  " training rows that folds share (Nadeau and Bengio 2003); pooled: all held-out"
                  " rows of the first repeat at once."),
            _scores(held, values),
            _folds(held),
            *([_curve(learned, ratio, signature.task)] if learned else []),
        ),
    )  # fmt: skip


def _pooled(held: Sequence[Held]) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of the first repeat's held-out rows, in order of the rows."""
    mine = [h for h in held if h.repeat == 0]
    order = np.argsort(np.concatenate([h.rows for h in mine]), kind="stable")
    truth = np.concatenate([h.truth for h in mine])[order]
    return truth, np.concatenate([h.scores for h in mine])[order]


def _clipped(found: Interval, metric: Metric) -> Interval:
    """Student's t knows no bounds; a share is at most 1, and an error at least 0."""
    low, high = found.low, found.high
    if metric.points and high is not None:
        high = min(high, 1.0)
    if not metric.higher_is_better and low is not None:
        low = max(low, 0.0)
    return Interval(found.value, low, high)


def _known(values: Sequence[float | None]) -> list[float]:
    return [v for v in values if v is not None]


def _spread(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return float(np.std(known, ddof=1)) if len(known) > 1 else None


def _ends(found: Interval) -> tuple[float | None, float | None, float | None]:
    return found.value, found.low, found.high


def _how(about: About) -> str:
    folds = about.folds
    kind = {
        "stratified": "stratified folds", "random": "folds", "group": f"folds by {folds.column}",
        "content": "folds by content", "time": f"folds in order of {folds.column}",
    }[str(folds.scheme)]  # fmt: skip
    times = f", {folds.repeats} times" if folds.repeats > 1 else ""
    return f"{folds.count} {kind}{times}{', nested' if about.inner else ''}"


def _sentence(found: Interval, title: str, about: About, models: int) -> str:
    where = f"over {counted(models, 'held-out fold')}"
    if found.value is None:
        return f"{title} does not apply to any fold."
    if found.low is None or found.high is None:
        return f"{title} {number(found.value)} {where}."
    tuned = ", parameters chosen anew in each" if about.inner else ""
    ends = span(found.low, found.high)
    return f"{title} {number(found.value)} (95% interval {ends}) {where}{tuned}."


def _scores(held: Sequence[Held], values: Mapping[str, Sequence[float | None]]) -> Table:
    rows = [
        (h.repeat + 1, h.number + 1, name, found[k])
        for k, h in enumerate(held)
        for name, found in values.items()
    ]
    return Table("scores", ("repeat", "fold", "metric", "value"), tuple(rows), "On held-out rows.")


def _folds(held: Sequence[Held]) -> Table:
    rows = [
        (
            h.repeat + 1, h.number + 1, h.train, h.stop, len(h.rows), h.iterations,
            round(h.seconds, 3), json.dumps(h.params, default=str) if h.params is not None else "",
        )
        for h in held
    ]  # fmt: skip
    columns = ("repeat", "fold", "train", "stop", "held", "iterations", "seconds", "params")
    return Table("folds", columns, tuple(rows), "Rows that trained, stopped and were held out.")


def _curve(learned: Sequence[Learned], ratio: float, task: Task) -> Table:
    """The primary metric by the share of training rows; intervals over folds, corrected."""
    primary, rows = PRIMARY[task], []
    for share in sorted({one.share for one in learned}):
        mine = [one for one in learned if one.share == share]
        # fewer rows trained, as many were held out: the correction grows
        wider = ratio / share
        held = _clipped(
            corrected_interval(_known([one.value for one in mine]), wider), METRICS[task][primary]
        )
        fitted = _known([one.fitted for one in mine])
        trained = float(np.mean([one.train for one in mine]))
        rows.append(
            (
                share,
                round(trained),
                primary,
                *_ends(held),
                float(np.mean(fitted)) if fitted else None,
            )
        )
    columns = ("share", "train", "metric", "value", "low", "high", "fitted")
    caption = "By the number of training rows: on held-out rows, and on the training rows."
    return Table("learning", columns, tuple(rows), caption)


def _findings(
    samples: Sequence[Sample],
    values: Sequence[float | None],
    mean: Interval,
    signature: Signature,
    about: About,
    held: Sequence[Held],
) -> Iterator[Finding]:
    primary = PRIMARY[signature.task]
    title = noun(METRICS[signature.task][primary].title)
    missing = sum(v is None for v in values)
    if missing:
        yield Finding(
            "folds-without-metric",
            "warning",
            f"In {missing} of {len(values)} folds {title} does not apply (a class is absent);"
            " the mean leaves them out. Use fewer folds.",
            {"folds": missing},
        )
    else:
        yield from _unstable(samples, list(_known(values))[: len(samples)], primary, title)
    yield from _apart(mean, about, title)
    if about.folds.scheme in ("stratified", "random"):
        yield from _few(held, title)


def _unstable(
    samples: Sequence[Sample], values: Sequence[float], primary: str, title: str
) -> Iterator[Finding]:
    """Folds that differ more than the chance of their rows explains."""
    metrics = {primary: METRICS[samples[0].task][primary]}
    draws = [bootstrap(s, metrics, draws=100)[primary].draws for s in samples]
    p = uneven(values, [float(np.nanstd(d)) for d in draws])
    if p is not None and p < UNSTABLE:
        low, high = min(values), max(values)
        yield Finding(
            "unstable-folds",
            "warning",
            f"The folds differ more than chance explains: {title} lies between {number(low)} and"
            f" {number(high)} (p {number(p)}). Rows may hang together: validate with groups or in"
            " order of time, and look at the weak spots.",
            {"p": p, "low": low, "high": high},
        )


def _apart(mean: Interval, about: About, title: str) -> Iterator[Finding]:
    """Test rows that say something else than the folds do."""
    test = about.tested
    if test is None or None in (test.value, test.low, test.high, mean.low, mean.high):
        return
    assert test.low is not None and test.high is not None
    assert mean.low is not None and mean.high is not None
    if test.high < mean.low or test.low > mean.high:
        yield Finding(
            "test-differs",
            "warning",
            f"On the test rows {title} is {number(test.value)} ({span(test.low, test.high)}), but"
            f" the folds say {span(mean.low, mean.high)}: the test rows are of another kind, or"
            " parameters were chosen on the validation rows. Look at the drift between parts.",
            {"test": test.value, "folds": mean.value},
        )


def _few(held: Sequence[Held], title: str) -> Iterator[Finding]:
    fewest = min(len(h.rows) for h in held)
    if fewest < 30:
        yield Finding(
            "small-folds",
            "info",
            f"The smallest fold holds {counted(fewest, 'row')}: {title} of one fold says little."
            " Repeat the folds.",
            {"rows": fewest},
        )

"""Compare: several models on the same rows, with paired differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.evaluation.evaluate import sample_of
from workbench.evaluation.significance import (
    SURE,
    Contestant,
    Folded,
    practical,
    tests,
    too_few,
)
from workbench.measures import curves
from workbench.measures.abreast import abreast
from workbench.measures.costs import Costs
from workbench.measures.intervals import Estimate, Interval, affordable, paired
from workbench.measures.metrics import METRICS, Metric
from workbench.measures.sample import Floats, Sample
from workbench.measures.words import counted, listed, noun, number, span

Estimates = dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class Subject:
    """One model in a comparison: what it is called and what it said about the shared rows."""

    id: str
    title: str
    truth: ArrayLike
    scores: ArrayLike
    folded: Folded | None = None  # what its cross-validation said, if there was one
    simple: bool = False  # a baseline, or a model that can be read
    signature: Signature | None = None  # its own threshold and costs; the comparison's if None
    effort: Report | None = None  # what it takes, where that was measured


def compare(
    subjects: Sequence[Subject],
    signature: Signature,
    *,
    seed: int = 0,
    draws: int = 1000,
    rope: float | None = None,
    costs: Costs | None = None,
    progress: Progress = silent,
) -> Report:
    """Who is better, by how much, and how sure that is.

    All subjects are measured on the same bootstrap resamples, so a difference is far surer than
    the two intervals beside each other suggest. A difference counts when its 95% interval leaves
    out zero.

    Parameters
    ----------
    rope
        Half the width of the region of practical equivalence in units of the primary metric; 0.01
        of a share, one percent of an error by default.
    costs
        What decisions cost; the expected cost is then one of the metrics.

    Raises
    ------
    UsageError
        Fewer than two subjects, one twice, or subjects that differ in their rows.
    """
    samples = _samples(subjects, signature)
    metrics, primary = dict(METRICS[signature.task]), PRIMARY[signature.task]
    if costs is not None:
        metrics["expected_cost"] = costs.metric()
    draws = affordable(draws, len(samples[0]) * len(samples), samples[0].classes)
    roc = _Traced({})
    found = paired(
        samples, metrics, draws=draws, seed=seed, progress=within(progress, 0, 0.9), aside=roc.trace
    )
    ranking = sorted(range(len(subjects)), key=lambda i: _rank(found[i][primary], metrics[primary]))
    ordered = [subjects[i] for i in ranking]
    estimates = [found[i] for i in ranking]
    differences = _differences(ordered, estimates, metrics)
    contest = [
        Contestant(s.id, s.title, samples[i], found[i][primary], s.folded)
        for i, s in zip(ranking, ordered, strict=True)
    ]
    chances = practical(contest, rope)
    progress(1.0, "compared")
    return Report(
        "comparison",
        " ".join(s.id for s in ordered),
        f"{counted(len(ordered), 'model')} on {counted(len(samples[0]), 'test row')}",
        _sentence(ordered, differences, chances, primary),
        {
            "primary": primary,
            "order": [s.id for s in ordered],
            "rows": len(samples[0]),
            "task": signature.task,
            "target": signature.target,
            "draws": draws,
            "seed": seed,
            "level": 0.95,
        },
        (
            *_findings(len(ordered)),
            *too_few(*contest[:2]),
            *_as_good(ordered, differences, primary),
            *_unstable(ordered),
        ),
        (
            _ranking(ordered, estimates, primary),
            _metrics(ordered, estimates, metrics),
            differences,
            tests(contest),
            chances,
            *_efforts(ordered),
            *roc.tables(ordered, [samples[i] for i in ranking]),
        ),
    )


def _samples(subjects: Sequence[Subject], signature: Signature) -> list[Sample]:
    if len(subjects) < 2:
        raise UsageError("A comparison needs two models or more.", "Choose another one.")
    if len({s.id for s in subjects}) < len(subjects):
        raise UsageError("A model is named twice in this comparison.", "Name each one once.")
    samples = list(
        abreast(lambda s: sample_of(s.truth, s.scores, s.signature or signature), subjects)
    )
    for subject, sample in zip(subjects[1:], samples[1:], strict=True):
        if not np.array_equal(sample.truth, samples[0].truth):
            raise UsageError(
                f"{subjects[0].title} and {subject.title} were tested on different rows.",
                "Compare models that share data, target and split.",
            )
    return samples


def _rank(estimate: Estimate, metric: Metric) -> float:
    if estimate.value is None:
        return float("inf")
    return -estimate.value if metric.higher_is_better else estimate.value


def _ranking(subjects: Sequence[Subject], estimates: Sequence[Estimates], primary: str) -> Table:
    rows = []
    for subject, found in zip(subjects, estimates, strict=True):
        interval = found[primary].interval()
        rows.append((subject.id, subject.title, interval.value, interval.low, interval.high))
    return Table("ranking", ("id", "title", "value", "low", "high"), tuple(rows), "Best first.")


def _metrics(
    subjects: Sequence[Subject], estimates: Sequence[Estimates], metrics: Mapping[str, Metric]
) -> Table:
    rows = []
    for subject, found in zip(subjects, estimates, strict=True):
        for name in metrics:
            i = found[name].interval()
            rows.append((subject.id, subject.title, name, i.value, i.low, i.high))
    return Table("metrics", ("id", "title", "metric", "value", "low", "high"), tuple(rows))


EFFORT = ("train_seconds", "energy_wh", "single_us", "row_us", "size_bytes")


def _efforts(subjects: Sequence[Subject]) -> tuple[Table, ...]:
    """What each takes, where it was measured for all."""
    if any(s.effort is None for s in subjects):
        return ()
    rows = tuple(
        (s.id, s.title, *(s.effort.facts[name] for name in EFFORT)) for s in subjects if s.effort
    )
    caption = "Each fitted pipeline in a process of this machine; an exported model is quicker."
    return (Table("effort", ("id", "title", *EFFORT), rows, caption),)


def _differences(
    subjects: Sequence[Subject], estimates: Sequence[Estimates], metrics: Mapping[str, Metric]
) -> Table:
    rows = []
    for (a, x), (b, y) in combinations(zip(subjects, estimates, strict=True), 2):
        for name, metric in metrics.items():
            i = x[name].minus(y[name]).interval()
            side = i.side if metric.higher_is_better else -i.side
            better = {1: a.id, -1: b.id, 0: ""}[side]
            text = _words(a.title, b.title, metric, i, side)
            rows.append((a.id, b.id, name, i.value, i.low, i.high, better, text))
    columns = ("a", "b", "metric", "difference", "low", "high", "better", "sentence")
    caption = "a minus b on the same resamples; 95% intervals."
    return Table("differences", columns, tuple(rows), caption)


def _words(a: str, b: str, metric: Metric, found: Interval, side: int) -> str:
    if found.value is None:
        return f"{metric.title} does not apply to both."
    if side == 0 or found.low is None or found.high is None:
        return f"No evidence of a difference in {noun(metric.title)} between {a} and {b}."
    winner, loser = (a, b) if side > 0 else (b, a)
    low, high = sorted((abs(found.low), abs(found.high)))
    if metric.points:
        points = " to ".join(f"{v * 100:.{_digits(low, high)}f}" for v in (low, high))
        return f"{winner} beats {loser} by {points} points of {noun(metric.title)}."
    direction = "higher" if metric.higher_is_better else "lower"
    return f"{winner} beats {loser}: {noun(metric.title)} is {span(low, high)} {direction}."


def _digits(low: float, high: float) -> int:
    return 1 if high - low >= 0.001 else 2


def _sentence(subjects: Sequence[Subject], differences: Table, chances: Table, primary: str) -> str:
    by_pair = {(r["a"], r["b"]): r for r in differences.records() if r["metric"] == primary}
    best, second = subjects[0], subjects[1]
    first = by_pair[best.id, second.id]
    if first["better"] or len(subjects) == 2:
        return f"{first['sentence']}{_equivalent(best, second, chances)}"
    beaten = [s for s in subjects[2:] if by_pair[best.id, s.id]["better"] == best.id]
    if not beaten:
        return f"No evidence that {best.title} is better than any other."
    return f"{first['sentence']} {by_pair[best.id, beaten[0].id]['sentence']}"


def _equivalent(best: Subject, second: Subject, chances: Table) -> str:
    """That it does not matter, where it is sure; the folds know more than the test rows alone."""
    mine = [r for r in chances.records() if (r["a"], r["b"]) == (best.id, second.id)]
    if mine and mine[0]["equivalent"] >= SURE:
        return f" {mine[0]['sentence']}"
    return ""


def _findings(count: int) -> tuple[Finding, ...]:
    pairs = count * (count - 1) // 2
    if pairs < 6:
        return ()
    return (
        Finding(
            "many-pairs",
            "info",
            f"{pairs} pairs are compared, each at 95%: about {number(pairs * 0.05)} of them"
            " would look different by chance alone.",
            {"pairs": pairs},
        ),
    )


def _as_good(subjects: Sequence[Subject], differences: Table, primary: str) -> Iterator[Finding]:
    """A simple model that nothing shows to be worse than the best."""
    best = subjects[0]
    better = {
        (r["a"], r["b"]): r["better"] for r in differences.records() if r["metric"] == primary
    }
    level = [s for s in subjects[1:] if s.simple and better[best.id, s.id] == ""]
    if level and not best.simple:
        yield Finding(
            "simple-as-good",
            "warning",
            f"Nothing shows that {best.title} is better than {level[0].title}, which is simpler:"
            " prefer that one, or test on more rows.",
            {"best": best.id, "simple": [s.id for s in level]},
        )


def _unstable(subjects: Sequence[Subject]) -> Iterator[Finding]:
    restless = [s for s in subjects if s.folded is not None and s.folded.unstable]
    if restless:
        yield Finding(
            "unstable-folds",
            "warning",
            f"The folds of {listed([s.title for s in restless])} differ more than chance explains:"
            " one test part says less than its interval. Validate with groups or in order of time.",
            {"runs": [s.id for s in restless]},
        )


@dataclass(frozen=True, eq=False)
class _Traced:
    """The ROC curves of binary models, by the identity of their samples."""

    drawn: dict[int, tuple[Floats, Floats]]

    def trace(self, sample: Sample) -> None:
        """Draw a model's curve while its ranking is known; that is not needed any more."""
        if sample.task == "binary":
            swept = curves.Sweep(sample.runs[0], sample.scores[:, 1])
            if swept.positives and swept.negatives:
                self.drawn[id(sample)] = curves.roc(swept)
            _ = sample.area  # the tests of pairs ask for it again
        sample.forget()

    def tables(self, subjects: Sequence[Subject], samples: Sequence[Sample]) -> tuple[Table, ...]:
        if not self.drawn:
            return ()
        rows = [
            (subject.id, float(x), float(y))
            for subject, sample in zip(subjects, samples, strict=True)
            for x, y in zip(*self.drawn[id(sample)], strict=True)
        ]
        return (Table("roc", ("id", "fpr", "tpr"), tuple(rows)),)

"""Evaluate: metrics with intervals, and the curves behind them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide
from workbench.evaluation.findings import findings
from workbench.measures import curves
from workbench.measures.intervals import Estimate, affordable, bootstrap
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Floats, Sample
from workbench.measures.words import counted, number, span

RESIDUALS = 2000  # points that a residual plot carries
THRESHOLDS = 101


def evaluate(
    truth: ArrayLike,
    scores: ArrayLike,
    signature: Signature,
    subject: str,
    *,
    fitted: tuple[ArrayLike, ArrayLike] | None = None,
    seed: int = 0,
    draws: int = 400,
    progress: Progress = silent,
) -> Report:
    """What a model is worth on held-out rows.

    Parameters
    ----------
    truth
        Class numbers in the order of ``signature.classes``, or values.
    scores
        Probabilities ``(n, classes)``, or values ``(n,)``.
    fitted
        Truth and scores of rows that the model was fitted on: how much better is it on these?
    draws
        Bootstrap resamples behind the intervals; fewer are taken where rows and classes are many.

    Returns
    -------
    Report
        kind ``evaluation``. A metric that does not apply is None, and a finding says why.

    Raises
    ------
    DataError
        No rows, or scores that do not fit.
    """
    sample = sample_of(truth, scores, signature)
    draws = affordable(draws, len(sample), sample.classes)
    metrics = METRICS[signature.task]
    estimates = bootstrap(
        sample, metrics, draws=draws, seed=seed, progress=within(progress, 0.0, 0.8)
    )
    progress(0.85, "drawing curves")
    primary = PRIMARY[signature.task]
    facts = {
        "rows": len(sample),
        "task": signature.task,
        "target": signature.target,
        "classes": list(signature.classes),
        "positive": signature.positive,
        "threshold": signature.threshold if signature.task == "binary" else None,
        "primary": primary,
        "metrics": {name: e.value for name, e in estimates.items()},
        "draws": draws,
        "level": 0.95,
        "seed": seed,
    }
    known = None if fitted is None else sample_of(*fitted, signature)
    facts["fitted"] = None if known is None else metrics[primary](known)
    found: tuple[Finding, ...] = findings(sample, estimates, signature, known)
    floor = constant(sample, signature, sample if known is None else known)
    baseline = {name: metric(floor) for name, metric in metrics.items()}
    facts["baseline"] = baseline
    tables = (
        _metrics(estimates, baseline, signature, "these" if known is None else "training"),
        *_TABLES[signature.task](sample, signature, seed),
    )
    progress(1.0, "evaluated")
    return Report(
        "evaluation",
        subject,
        f"Evaluation on {counted(len(sample), 'test row')}",
        _sentence(estimates[primary], metrics[primary].title, len(sample)),
        facts,
        found,
        tables,
    )


def sample_of(truth: ArrayLike, scores: ArrayLike, signature: Signature) -> Sample:
    """The rows as measures take them, labels settled by :func:`workbench.encoding.decide`."""
    sample = Sample.of(signature.task, truth, scores)
    if signature.task == "regression":
        return sample
    return replace(sample, predicted=decide(sample.scores, signature).astype(np.float64))


def constant(sample: Sample, signature: Signature, learned: Sample) -> Sample:
    """The rows of ``sample`` as they are answered by who knows no column: the baseline.

    Always the mean, or the classes' shares, of the rows ``learned`` from.
    """
    if signature.task == "regression":
        return sample_of(sample.truth, np.full(len(sample), learned.truth.mean()), signature)
    counts = np.bincount(learned.truth.astype(np.int64), minlength=len(signature.classes))
    scores = np.tile(counts / counts.sum(), (len(sample), 1))
    return sample_of(sample.truth, scores, signature)


def _sentence(estimate: Estimate, title: str, rows: int) -> str:
    where = f"on {counted(rows, 'test row')}."
    found = estimate.interval()
    if found.value is None:
        return f"{title} does not apply {where}"
    if found.low is None or found.high is None:
        return f"{title} {number(found.value)} {where}"
    return f"{title} {number(found.value)} (95% interval {span(found.low, found.high)}) {where}"


def _metrics(
    estimates: dict[str, Estimate],
    baseline: dict[str, float | None],
    signature: Signature,
    learned: str,
) -> Table:
    metrics = METRICS[signature.task]
    rows = []
    for name, estimate in estimates.items():
        found = estimate.interval()
        metric = metrics[name]
        value = (found.value, found.low, found.high)
        rows.append((name, metric.title, *value, baseline[name], metric.higher_is_better))
    answer = "mean" if signature.task == "regression" else "shares of the classes"
    return Table(
        "metrics",
        ("name", "title", "value", "low", "high", "baseline", "higher_is_better"),
        tuple(rows),
        "Values on all test rows with 95% bootstrap intervals; the baseline always answers the"
        f" {answer} of {learned} rows.",
    )


def _binary(sample: Sample, signature: Signature, seed: int) -> tuple[Table, ...]:
    positive, scores = sample.is_class[:, 1], sample.scores[:, 1]
    swept = curves.Sweep(sample.runs[0], scores)
    tables = [_confusion(sample, signature), _thresholds(positive, scores), _histogram(sample)]
    if swept.positives and swept.negatives:
        fpr, tpr = curves.roc(swept)
        recall, precision = curves.precision_recall(swept)
        tables += [
            Table.of("roc", {"fpr": fpr, "tpr": tpr}),
            Table.of("pr", {"recall": recall, "precision": precision}),
            _gain(swept),
        ]
    return (*tables, _calibration(positive, scores))


def _gain(swept: curves.Sweep) -> Table:
    """How many of the positives the best-scored part of the rows holds."""
    selected, found = curves.gain(swept)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {"selected": selected, "found": found, "lift": found / selected}
    caption = "Positives found among the best-scored share of the rows, and how many times more."
    return Table.of("gain", columns, caption)


def _calibration(positive: Floats, scores: Floats, of: str = "probability") -> Table:
    found = curves.calibration(positive, scores)
    return Table.of(
        "calibration",
        {
            "predicted": found.predicted,
            "observed": found.observed,
            "low": found.low,
            "high": found.high,
            "count": found.count,
        },
        f"Rows in ten groups of rising {of}; Wilson intervals.",
    )


def _histogram(sample: Sample) -> Table:
    """How the positive probabilities of both classes are spread, in twenty bins."""
    edges = np.linspace(0, 1, 21)
    counts = [
        np.histogram(np.clip(sample.scores[sample.truth == k, 1], 0, 1), edges)[0] for k in (0, 1)
    ]
    return Table.of(
        "scores",
        {"low": edges[:-1], "high": edges[1:], "negative": counts[0], "positive": counts[1]},
        "Test rows by positive probability, for both true classes.",
    )


def _thresholds(positive: Floats, scores: Floats) -> Table:
    """What each threshold of 0, 0.01 ... 1 would give."""
    grid = np.arange(THRESHOLDS) / (THRESHOLDS - 1)
    order = np.argsort(scores, kind="stable")
    cut = np.searchsorted(scores[order], grid, side="left")  # rows below stay unselected
    below = np.r_[0.0, np.cumsum(positive[order])][cut]
    hits = positive.sum() - below
    selected = len(scores) - cut
    alarms = selected - hits
    negatives = len(scores) - positive.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "threshold": grid,
            "tpr": hits / positive.sum(),
            "fpr": alarms / negatives,
            "precision": hits / selected,
            "selection_rate": selected / len(scores),
            "accuracy": (hits + negatives - alarms) / len(scores),
            "f1": 2 * hits / (selected + positive.sum()),
        }
    return Table.of("thresholds", columns)


def _confusion(sample: Sample, signature: Signature) -> Table:
    counts = curves.confusion(sample.truth, sample.predicted, sample.classes)
    rows = []
    for i, truth in enumerate(signature.classes):
        total = int(counts[i].sum())
        for j, predicted in enumerate(signature.classes):
            count = int(counts[i, j])
            rows.append((truth, predicted, count, count / total if total else None))
    caption = "Counts, and shares of each true class."
    return Table("confusion", ("truth", "predicted", "count", "share"), tuple(rows), caption)


def _multiclass(sample: Sample, signature: Signature, seed: int) -> tuple[Table, ...]:
    counts = curves.confusion(sample.truth, sample.predicted, sample.classes).astype(np.float64)
    hits, actual, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "class": list(signature.classes),
            "count": actual.astype(np.int64),
            "precision": hits / said,
            "recall": hits / actual,
            "f1": 2 * hits / (actual + said),
        }
    sure = sample.scores.max(axis=1)  # of the likeliest class (Guo et al. 2017)
    right = (sample.scores.argmax(axis=1) == sample.truth).astype(np.float64)
    honest = _calibration(right, sure, "probability of the likeliest class")
    return (_confusion(sample, signature), Table.of("classes", columns), honest)


def _regression(sample: Sample, signature: Signature, seed: int) -> tuple[Table, ...]:
    residual = sample.truth - sample.scores
    rows = np.arange(len(sample))
    if len(rows) > RESIDUALS:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), RESIDUALS, replace=False))
    points = Table.of(
        "residuals",
        {
            "predicted": sample.scores[rows],
            "residual": residual[rows],
            "truth": sample.truth[rows],
        },
        "Truth minus prediction" + ("." if len(rows) == len(sample) else ", a random part."),
    )
    count, edges = np.histogram(residual, bins=30)
    spread = Table.of("errors", {"low": edges[:-1], "high": edges[1:], "count": count})
    return (points, spread)


_TABLES = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}

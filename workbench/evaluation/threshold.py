"""Threshold: chosen on validation rows, judged on test rows beside the model's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.errors import UsageError
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.evaluation.evaluate import sample_of
from workbench.measures import curves
from workbench.measures.intervals import Estimate, affordable, paired
from workbench.measures.metrics import METRICS, Metric
from workbench.measures.sample import Sample
from workbench.measures.thresholds import Candidates, Choice, Rule
from workbench.measures.words import counted, number, span

DECIDED = ("accuracy", "balanced_accuracy", "f1", "precision", "recall", "specificity", "mcc")
FEW = 50  # positive validation rows under which a threshold is a guess
DRAWS = 400
POINTS = 200


def threshold(
    valid: tuple[ArrayLike, ArrayLike],
    test: tuple[ArrayLike, ArrayLike],
    signature: Signature,
    rule: Rule,
    subject: str,
    *,
    seed: int = 0,
) -> Report:
    """Choose a threshold on the validation rows, and say what it does to the test rows.

    Parameters
    ----------
    valid, test
        Truth and scores of both parts.

    Returns
    -------
    Report
        kind ``threshold``.

    Raises
    ------
    UsageError
        The task is not binary, or no threshold reaches what was asked for.
    DataError
        The validation rows hold one class only.
    """
    if signature.task != "binary":
        raise UsageError(f"A {signature.task} model has no threshold to choose.")
    chosen_on = sample_of(*valid, signature)
    found = Candidates.of(chosen_on.is_class[:, 1], chosen_on.scores[:, 1])
    choice = found.choose(rule)
    samples = {
        name: sample_of(*test, replace(signature, threshold=value))
        for name, value in (("default", signature.threshold), ("chosen", choice.threshold))
    }
    metrics = {name: METRICS["binary"][name] for name in DECIDED}
    if rule.costs is not None:
        cost = rule.costs.metric()
        metrics = {cost.name: cost, **metrics}
    draws = affordable(DRAWS, 2 * len(samples["chosen"]), 2)
    before, after = paired(list(samples.values()), metrics, draws=draws, seed=seed)
    figures = _figures(metrics, before, after)
    return Report(
        "threshold",
        subject,
        f"Threshold by {rule.words}",
        _sentence(choice, rule, signature, after, metrics),
        {
            "by": rule.by,
            "at": rule.at,
            "costs": rule.costs.said if rule.costs is not None else None,
            "threshold": choice.threshold,
            "default": signature.threshold,
            "value": choice.value,
            "rows_valid": len(chosen_on),
            "rows": len(samples["chosen"]),
            "target": signature.target,
            "positive": signature.positive,
            "draws": draws,
            "seed": seed,
        },
        tuple(_findings(chosen_on, rule, after, samples["chosen"])),
        (figures, _confusion(samples, signature), _curve(found, rule)),
    )


def _figures(
    metrics: Mapping[str, Metric], before: Mapping[str, Estimate], after: Mapping[str, Estimate]
) -> Table:
    rows = []
    for name, metric in metrics.items():
        one, other = before[name].interval(), after[name].interval()
        apart = after[name].minus(before[name]).interval()
        rows.append(
            (
                name, metric.title, one.value, one.low, one.high, other.value, other.low,
                other.high, apart.value, apart.low, apart.high, metric.higher_is_better,
            )
        )  # fmt: skip
    columns = (
        "name", "title", "default", "default_low", "default_high", "chosen", "chosen_low",
        "chosen_high", "difference", "difference_low", "difference_high", "higher_is_better",
    )  # fmt: skip
    caption = "On the test rows, at the model's own threshold and at the chosen one; 95% intervals."
    return Table("figures", columns, tuple(rows), caption)


def _confusion(samples: Mapping[str, Sample], signature: Signature) -> Table:
    rows: list[tuple[Any, ...]] = []
    for which, sample in samples.items():
        counts = curves.confusion(sample.truth, sample.predicted, 2)
        for i, truth in enumerate(signature.classes):
            total = int(counts[i].sum())
            for j, predicted in enumerate(signature.classes):
                count = int(counts[i, j])
                share = count / total if total else None
                rows.append((which, truth, predicted, count, share))
    caption = "Test rows at both thresholds, and shares of each true class."
    return Table("confusion", ("at", "truth", "predicted", "count", "share"), tuple(rows), caption)


def _curve(found: Candidates, rule: Rule) -> Table:
    value = found.cost(rule.costs) if rule.costs is not None else found.youden
    keep = curves.thin(found.recall, np.asarray(value), POINTS)
    columns = {
        "threshold": found.thresholds[keep],
        "precision": found.precision[keep],
        "recall": found.recall[keep],
        "f1": found.f1[keep],
        "youden": found.youden[keep],
    }
    if rule.costs is not None:
        columns["cost"] = found.cost(rule.costs)[keep]
    return Table.of("curve", columns, "What each threshold would give on the validation rows.")


def _sentence(
    choice: Choice,
    rule: Rule,
    signature: Signature,
    after: Mapping[str, Estimate],
    metrics: Mapping[str, Metric],
) -> str:
    shown = {"cost": ("expected_cost",), "youden": ("recall", "specificity")}.get(
        rule.by, ("precision", "recall")
    )
    said = []
    for name in shown:
        found = after[name].interval()
        if found.value is not None:
            ends = (
                f" ({span(found.low, found.high)})"
                if found.low is not None and found.high is not None
                else ""
            )
            said.append(f"{metrics[name].title.lower()} {number(found.value)}{ends}")
    on_test = f" On the test rows: {', '.join(said)}." if said else ""
    return (
        f"Saying {signature.positive} from a probability of {number(choice.threshold)} on gives"
        f" {rule.words} on the validation rows.{on_test}"
    )


def _findings(
    chosen_on: Sample, rule: Rule, after: Mapping[str, Estimate], test: Sample
) -> Iterator[Finding]:
    positives = int(chosen_on.truth.sum())
    if positives < FEW:
        yield Finding(
            "few-positives",
            "warning",
            f"The validation rows hold {counted(positives, 'positive row')}: the threshold may lie"
            " elsewhere on other rows.",
            {"positives": positives},
        )
    if rule.by in ("recall", "precision") and rule.at is not None:
        found = after[rule.by].interval()
        if found.value is not None and found.value < rule.at:
            sure = found.high is not None and found.high < rule.at
            yield Finding(
                "constraint-missed",
                "warning" if sure else "info",
                f"On the test rows {rule.by} is {number(found.value)}, below {rule.at:g}"
                + (
                    ": ask for more than you need."
                    if sure
                    else ", within what chance explains: ask for a little more to be safe."
                ),
                {"value": found.value, "asked": rule.at},
            )
    if not test.predicted.any() or test.predicted.all():
        everybody = "nobody" if not test.predicted.any() else "everybody"
        yield Finding(
            "one-sided",
            "warning",
            f"The chosen threshold calls {everybody} positive.",
            {},
        )

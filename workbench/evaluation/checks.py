"""Method checks: ways in which good numbers mislead, each with its evidence and a next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding
from workbench.core.signature import Signature
from workbench.measures.intervals import Estimate
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample
from workbench.measures.words import counted, noun, number, span

GAP = 0.05  # of a share between training and test rows
TIMES = 1.5  # of an error
RARE = 0.1
RARE_ROWS = 30


def checks(
    sample: Sample,
    estimates: Mapping[str, Estimate],
    signature: Signature,
    fitted: Sample | None = None,
) -> Iterator[Finding]:
    """What is wrong with how a model is judged, or looks wrong with the model.

    Parameters
    ----------
    fitted
        Rows that the model was fitted on, for the gap between these and the test rows.
    """
    yield from _chance(sample, estimates)
    yield from _imbalance(sample, estimates, signature)
    if fitted is not None:
        yield from _overfitting(fitted, estimates[PRIMARY[sample.task]])


def _chance(sample: Sample, estimates: Mapping[str, Estimate]) -> Iterator[Finding]:
    """An AUC, a log loss or an R² that a constant answer may reach, too."""
    if sample.task == "binary":
        name, constant = "roc_auc", 0.5
    elif sample.task == "regression":
        name, constant = "r2", 0.0
    else:
        shares = np.bincount(sample.truth.astype(np.int64)) / len(sample)
        present = shares[shares > 0]
        name, constant = "log_loss", float(-(present * np.log(present)).sum())
    found = estimates[name].interval()
    if found.value is None or found.low is None or found.high is None:
        return
    up = METRICS[sample.task][name].higher_is_better
    better = found.low > constant if up else found.high < constant
    if not better:
        title = METRICS[sample.task][name].title
        yield Finding(
            "no-better-than-chance",
            "warning",
            f"{title} {number(found.value)} ({span(found.low, found.high)}) is not beyond"
            f" {number(constant)}, what a constant answer has: look at the columns that it learns"
            " from, or keep more rows.",
            {name: found.value, "constant": constant},
        )


def _imbalance(
    sample: Sample, estimates: Mapping[str, Estimate], signature: Signature
) -> Iterator[Finding]:
    """Accuracy where one class is nearly everything, and too few rows of the other."""
    if sample.task != "binary":
        return
    positives = int(sample.truth.sum())
    rare, name = min(
        (positives, signature.classes[1]), (len(sample) - positives, signature.classes[0])
    )
    share = rare / len(sample)
    if not 0 < share < RARE:
        return
    accuracy, precise = estimates["accuracy"].value, estimates["average_precision"].value
    if accuracy is not None:
        level = number(positives / len(sample))
        told = (
            f" Judge by average precision ({number(precise)}; at random {level}) or by costs."
            if precise is not None and name == signature.positive
            else " Judge by balanced accuracy, MCC or costs."
        )
        yield Finding(
            "imbalance",
            "info",
            f"{share:.1%} of the rows are {name}: accuracy {number(accuracy)} says little, since"
            f" always answering the other class has {number(1 - share)}.{told}",
            {"share": share, "accuracy": accuracy},
        )
    if rare < RARE_ROWS:
        yield Finding(
            "few-of-a-class",
            "warning",
            f"Only {counted(rare, 'test row')} {'is' if rare == 1 else 'are'} {name}: what is said"
            " about them is rough. Give the test part a larger share, or cross-validate.",
            {"rows": rare},
        )


def _overfitting(fitted: Sample, tested: Estimate) -> Iterator[Finding]:
    """Much better on the rows that it was fitted on."""
    metric = METRICS[fitted.task][PRIMARY[fitted.task]]
    inside, found = metric(fitted), tested.interval()
    if inside is None or found.value is None or found.low is None or found.high is None:
        return
    if metric.higher_is_better:
        apart = inside - found.value > GAP and inside > found.high
    else:
        apart = found.value > TIMES * inside and inside < found.low
    if apart:
        yield Finding(
            "overfitting",
            "info",
            f"{metric.title} is {number(inside)} on training rows and {number(found.value)} on test"
            f" rows: it knows some of them by heart. Where {noun(metric.title)} matters, try a"
            " simpler model or stronger regularisation, and hold both against each other.",
            {"train": inside, "test": found.value},
        )

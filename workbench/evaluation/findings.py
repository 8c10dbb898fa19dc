"""What is worth saying about an evaluation besides its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from workbench.core.recipe import PRIMARY
from workbench.core.report import Finding
from workbench.core.signature import Signature
from workbench.evaluation.checks import checks
from workbench.measures.intervals import Estimate
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample
from workbench.measures.words import counted, listed, noun, number

FEW = 100  # rows, under which intervals are wide
PERFECT = 0.995
MISCALIBRATED = 0.05


def findings(
    sample: Sample,
    estimates: Mapping[str, Estimate],
    signature: Signature,
    fitted: Sample | None = None,
) -> tuple[Finding, ...]:
    """Everything that a reader of the numbers should know."""
    return (
        *_not_applicable(sample, estimates, signature),
        *_few(sample),
        *_no_better(sample, estimates, signature),
        *_too_good(estimates, signature),
        *_miscalibrated(estimates),
        *checks(sample, estimates, signature, fitted),
    )


def _not_applicable(
    sample: Sample, estimates: Mapping[str, Estimate], signature: Signature
) -> Iterator[Finding]:
    absent = [name for k, name in enumerate(signature.classes) if not (sample.truth == k).any()]
    metrics = METRICS[signature.task]
    unknown = [n for n, e in estimates.items() if e.value is None and not metrics[n].narrow]
    nothing = [noun(metrics[name].title) for name in unknown]
    if nothing:
        if absent:
            why = f": the test rows hold no {listed(absent)}"
        elif signature.task == "regression":
            why = ": the true value is the same in all test rows"
        else:
            why = f": no row is predicted {signature.positive}"
        first = listed(nothing)
        verb = "does" if len(nothing) == 1 else "do"
        yield Finding(
            "not-applicable",
            "warning",
            f"{first[0].upper()}{first[1:]} {verb} not apply{why}.",
            {"metrics": unknown, "absent": absent},
        )
    elif absent:
        yield Finding(
            "absent-classes",
            "warning",
            f"No test row is {listed(absent[:8])}; averages over classes leave them out.",
            {"absent": absent},
        )


def _few(sample: Sample) -> Iterator[Finding]:
    if len(sample) < FEW:
        yield Finding(
            "few-rows",
            "warning",
            f"Only {counted(len(sample), 'test row')}: intervals are wide and rough.",
            {"rows": len(sample)},
        )


def _no_better(
    sample: Sample, estimates: Mapping[str, Estimate], signature: Signature
) -> Iterator[Finding]:
    if signature.task == "regression":
        r2 = estimates["r2"].value
        if r2 is not None and r2 <= 0:
            yield Finding(
                "no-better-than-constant",
                "warning",
                f"The model is no better than always answering the mean (R² {number(r2)}).",
                {"r2": r2},
            )
        return
    shares = np.bincount(sample.truth.astype(np.int64), minlength=sample.classes) / len(sample)
    accuracy = estimates["accuracy"].value
    if accuracy is not None and accuracy <= shares.max() and (shares > 0).sum() > 1:
        common = signature.classes[int(shares.argmax())]
        yield Finding(
            "no-better-than-constant",
            "warning",
            f"Accuracy {number(accuracy)} is no better than always answering {common}"
            f" ({number(float(shares.max()))}).",
            {"accuracy": accuracy, "constant": float(shares.max())},
        )


def _too_good(estimates: Mapping[str, Estimate], signature: Signature) -> Iterator[Finding]:
    name = PRIMARY["binary"] if signature.task != "regression" else "r2"
    value = estimates[name].value
    if value is not None and value >= PERFECT:
        title = METRICS[signature.task][name].title
        yield Finding(
            "too-good",
            "info",
            f"{title} {number(value)} is nearly perfect:"
            f" make sure that no column gives {signature.target} away (the data's profile looks for"
            " leakage and for rows that train and test share).",
            {name: value},
        )


def _miscalibrated(estimates: Mapping[str, Estimate]) -> Iterator[Finding]:
    error = estimates["ece"].interval() if "ece" in estimates else None
    if error and error.value is not None and error.low is not None and error.low > MISCALIBRATED:
        yield Finding(
            "miscalibrated",
            "warning",
            f"Probabilities are off by {number(error.value)} on average:"
            " do not read them as frequencies.",
            {"ece": error.value},
        )

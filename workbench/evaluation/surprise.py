"""Surprise: the rows that a model was surest about and wrong, with what they are in the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.evaluation.rows import in_columns
from workbench.measures.losses import LOSSES, losses
from workbench.measures.sample import Sample
from workbench.measures.words import counted

SURE = 0.95  # a wrong class with this probability may be a wrong label
HEAVY = 0.5  # share of the loss in few rows that is worth a word


def most_surprising(sample: Sample, limit: int) -> np.ndarray:
    """The places of the rows with the greatest losses, the greatest first; none without a loss."""
    lost = losses(sample)
    found: np.ndarray = np.argsort(-lost, kind="stable")[: max(0, limit)]
    return found[lost[found] > 0]


def surprises(
    sample: Sample,
    places: np.ndarray,
    rows: np.ndarray,
    data: Mapping[str, Sequence[Any]],
    signature: Signature,
    *,
    name: str,
    subject: str,
) -> Report:
    """The report of the rows at ``places``.

    Parameters
    ----------
    places
        As :func:`most_surprising` gives them.
    rows
        (n,) the number of each row in the data set.
    data
        The user's columns at ``places``.

    Returns
    -------
    Report
        kind ``surprises``.
    """
    lost = losses(sample)
    whole = float(lost.sum())
    facts: dict[str, Any] = {
        "rows": len(sample),
        "task": signature.task,
        "target": signature.target,
        "classes": list(signature.classes),
        "loss": LOSSES[signature.task],
        "mean_loss": float(lost.mean()),
        "share": float(lost[places].sum()) / whole if whole else 0.0,
    }
    return Report(
        "surprises",
        subject,
        f"Where {name} was most wrong, on {counted(len(sample), 'test row')}",
        _sentence(sample, places, facts),
        facts,
        tuple(_findings(sample, places, facts)),
        (_wrong(sample, lost, places, rows, signature), in_columns(places, rows, data)),
    )


def _wrong(
    sample: Sample, lost: np.ndarray, places: np.ndarray, rows: np.ndarray, signature: Signature
) -> Table:
    if signature.task == "regression":
        said = {"truth": sample.truth[places], "predicted": sample.scores[places]}
        caption = "The furthest off first."
    else:
        names = np.array(signature.classes, dtype=object)
        truth = sample.truth[places].astype(np.int64)
        predicted = sample.predicted[places].astype(np.int64)
        said = {
            "truth": names[truth],
            "predicted": names[predicted],
            "given": sample.given[places],
        }
        caption = "The least expected first; `given` is the probability of the truth."
    return Table.of("surprises", {"row": rows[places], **said, "loss": lost[places]}, caption)


def _sentence(sample: Sample, places: np.ndarray, facts: Mapping[str, Any]) -> str:
    if not len(places):
        return "Nothing surprised it: every row came out as the model was sure of."
    if len(places) == len(sample):
        return f"All {counted(len(sample), 'test row')}, the most surprising first."
    return (
        f"The {counted(len(places), 'row')} that surprised it most"
        f" ({len(places) / len(sample):.1%} of the test rows) hold {facts['share']:.0%} of the"
        f" {facts['loss']}."
    )


def _findings(sample: Sample, places: np.ndarray, facts: Mapping[str, Any]) -> Iterator[Finding]:
    if sample.task != "regression":
        sure = int((sample.given[places] < 1 - SURE).sum())
        if sure:
            yield Finding(
                "sure-and-wrong",
                "info",
                f"In {sure:,} of these rows the truth had a probability under {1 - SURE:.0%}: look"
                " for wrong labels, or for what the columns do not say.",
                {"rows": sure},
            )
    few = len(places) <= 0.1 * len(sample)
    if few and facts["share"] > HEAVY:
        yield Finding(
            "few-rows-hold-the-loss",
            "warning",
            "A few rows decide the mean loss: judge by a metric that outliers move less.",
            {"share": facts["share"]},
        )

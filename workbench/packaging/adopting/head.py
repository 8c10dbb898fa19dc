"""What a foreign model gives, turned into scores: probabilities in our order, or values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, softmax

from workbench.core.errors import DataError, UsageError
from workbench.core.signature import Signature
from workbench.measures.words import listed

SLACK = 1e-3  # how far probabilities of float16 may be from adding up to 1
SHARE = 0.99  # of rows whose named label must be the one with the highest score

Form = Literal["value", "probabilities", "logits", "positive", "margin"]


@dataclass(frozen=True)
class Head:
    """How an output becomes scores.

    ``value``: a number as it is; ``probabilities``: as they are; ``logits``: through softmax;
    ``positive``: the probability of the second of two classes; ``margin``: its log-odds.
    ``order`` says which column each class of ours is.
    """

    output: str
    form: Form
    order: tuple[int, ...]

    @property
    def width(self) -> int:
        """Columns of the scores."""
        return len(self.order)

    def scores(self, raw: np.ndarray) -> np.ndarray:
        """(n, classes) or (n,), float64."""
        values = np.asarray(raw, np.float64)
        if self.form == "value":
            return values.reshape(-1)
        if self.form in ("positive", "margin"):
            second = values.reshape(-1) if self.form == "positive" else expit(values.reshape(-1))
            values = np.stack([1 - second, second], axis=1)
        if self.form == "logits":
            values = softmax(values, axis=1)
        return values[:, list(self.order)]


def settle(
    raw: np.ndarray, output: str, signature: Signature, labels: Sequence[str]
) -> tuple[Head, list[str]]:
    """The head that fits what a model said of some rows, and what had to be assumed.

    Parameters
    ----------
    raw
        (n,), (n, 1) or (n, classes).
    labels
        The model's classes in the order of its columns; empty where nobody says.

    Raises
    ------
    DataError
        The output does not fit the task.
    UsageError
        The classes are not those of the target, or nobody says their order.
    """
    if raw.ndim == 0:
        raise DataError("The model gives one number for all rows.", "One row, one answer.")
    width = 1 if raw.ndim == 1 else raw.shape[-1]
    if raw.ndim > 2:
        raise DataError(f"The model gives {raw.ndim} dimensions of scores.", "One row, one answer.")
    if not np.isfinite(raw).all():
        raise DataError(
            "The model gives no number for some rows of the data set.",
            "Adopt it with what fills in missing values, or use a data set without any.",
        )
    if signature.task == "regression":
        if width != 1:
            raise DataError(
                f"The model gives {width} numbers a row; a regression gives one.",
                "Name another target, or adopt it as a classifier: task=...",
            )
        return Head(output, "value", (0,)), []
    form, notes = _form(np.asarray(raw, np.float64).reshape(len(raw), width))
    classes = 2 if width == 1 else width
    if classes != len(signature.classes):
        raise DataError(
            f"The model gives {classes} classes; {signature.target!r} has"
            f" {len(signature.classes)}: {listed(list(signature.classes))}.",
            "Choose the target that the model was made for.",
        )
    order, more = order_of(labels, signature)
    return Head(output, form, order), notes + more


def order_of(labels: Sequence[str], signature: Signature) -> tuple[tuple[int, ...], list[str]]:
    """Which of the model's columns each class of the target is.

    Raises
    ------
    UsageError
        The labels are not the target's, or there are none and the order cannot be known.
    """
    known = signature.classes
    if not labels:
        if known == tuple(str(k) for k in range(len(known))):
            return tuple(range(len(known))), [
                "The file names no classes: its scores are taken to be of 0, 1, … in order."
            ]
        raise UsageError(
            f"The file does not say which class each of its {len(known)} scores is of.",
            f"Say so, in the model's order: classes={list(known)!r}.",
        )
    if sorted(labels) != sorted(known):
        raise UsageError(
            f"The model's classes are {listed(list(labels))}; those of {signature.target!r} are"
            f" {listed(list(known))}.",
            "Say which of these each of the model's classes is, in its order: classes=[...].",
        )
    return tuple(list(labels).index(name) for name in known), []


def observed(scores: np.ndarray, named: np.ndarray, classes: int) -> tuple[str, ...]:
    """The label of each column, from rows whose label the model named itself; else nothing."""
    if scores.ndim != 2 or scores.shape[1] != classes:
        return ()
    top = np.argmax(scores, axis=1)
    found = []
    for k in range(classes):
        mine, counts = np.unique(np.asarray(named)[top == k].astype(str), return_counts=True)
        if not len(mine) or counts.max() < SHARE * counts.sum():
            return ()
        found.append(str(mine[np.argmax(counts)]))
    return tuple(found) if len(set(found)) == classes else ()


def _form(raw: np.ndarray) -> tuple[Form, list[str]]:
    within = bool((raw >= -SLACK).all() and (raw <= 1 + SLACK).all())
    if raw.shape[1] == 1:
        if within:
            return "positive", []
        return "margin", ["Its scores leave 0 to 1: they are taken for log-odds."]
    if within and bool((np.abs(raw.sum(axis=1) - 1) <= SLACK).all()):
        return "probabilities", []
    if within:
        raise DataError(
            "The model's scores lie between 0 and 1 but do not add up to 1.",
            "Adopt a model that gives one class a row, with probabilities that add up.",
        )
    return "logits", ["Its scores are no probabilities: they are taken for logits, with softmax."]

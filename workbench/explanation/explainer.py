"""The promise of an explainer, and the explainers by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import Cancelled
from workbench.core.progress import Progress
from workbench.core.registry import Registry
from workbench.core.signature import Signature

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Space = Literal["log-odds", "probability", "value"]


class Explainable(Protocol):
    """What an explainer needs of a predictor."""

    signature: Signature

    def scores(self, frame: Any) -> np.ndarray:
        """Probabilities ``(n, classes)``, or values ``(n,)``."""

    def prepared(self, frame: Any) -> np.ndarray:
        """The matrix that the estimator takes, ``(n, m)``."""

    @property
    def sources(self) -> Sequence[tuple[str, ...]]:
        """The user's columns behind each prepared one: one, or those of a feature."""

    @property
    def estimator(self) -> Any:
        """The fitted estimator, with ``predict`` or ``predict_proba`` on prepared rows."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Contributions of the user's columns to a model's output.

    ``base[k] + values[r, :, k].sum()`` is ``output[r, k]``, as the model itself computed it, up to
    rounding: whoever reads an attribution checks that.

    Parameters
    ----------
    rows
        Places of the explained rows in the frame; an explainer leaves some out, evenly, where all
        would take too long.
    values
        ``(rows, columns, outputs)``, columns in the order of the signature.
    base
        ``(outputs,)``: the output where nothing is known of a row.
    output
        ``(rows, outputs)``, in ``space``, computed apart from ``values``.
    space
        What the contributions add up to. Log-odds of many classes are the scores before softmax.
    method
        How they were found, in a few words.
    spread
        Standard error of sampled contributions (mean over rows and columns); None where exact.
    """

    rows: Places
    values: Floats
    base: Floats
    output: Floats
    space: Space
    method: str
    spread: float | None = None

    @property
    def error(self) -> float:
        """The largest difference between base plus contributions, and output."""
        return float(np.abs(self.base + self.values.sum(axis=1) - self.output).max(initial=0.0))


class Stopped(Cancelled):
    """Somebody asked to stop an explainer; ``part`` are the rows it had finished."""

    def __init__(self, sentence: str, part: Attribution) -> None:
        super().__init__(sentence)
        self.part = part


class Explainer(Protocol):
    """Explains rows of a frame.

    ``background`` rows stand for "on average". The outputs are the positive class of a binary
    task, every class of others, or the value.

    Raises
    ------
    Stopped
        Somebody asked to stop when some rows were finished; an explainer may also raise
        :class:`~workbench.core.errors.Cancelled` and keep none.
    """

    def __call__(
        self,
        predictor: Explainable,
        frame: Any,
        background: Any,
        *,
        seed: int,
        progress: Progress,
    ) -> Attribution: ...


explainers: Registry[Explainer] = Registry(
    "explainer",
    {
        "linear": "workbench.explanation.explainers.linear:explain",
        "trees": "workbench.explanation.explainers.trees:explain",
        "additive": "workbench.explanation.explainers.additive:explain",
        "gradients": "workbench.explanation.explainers.gradients:explain",
        "sampling": "workbench.explanation.explainers.sampling:explain",
    },
)


def classes_of(signature: Signature) -> tuple[str | None, ...]:
    """The outputs that are explained: the positive class, every class, or the value (None)."""
    if signature.task == "regression":
        return (None,)
    return signature.classes[1:] if signature.task == "binary" else signature.classes


def some(rows: int, most: int) -> Places:
    """Places of at most ``most`` of ``rows`` rows, evenly spread."""
    if rows <= most:
        return np.arange(rows)
    return np.arange(most) * rows // most


def players(predictor: Explainable) -> tuple[list[tuple[str, ...]], Places]:
    """What is attributed as one, and the place among these of each prepared column.

    A player is a column of the user, or the columns that a feature is made from together.
    """
    order = {sources: place for place, sources in enumerate(dict.fromkeys(predictor.sources))}
    return list(order), np.array([order[s] for s in predictor.sources], dtype=np.int64)


def shared(values: Floats, groups: Sequence[tuple[str, ...]], signature: Signature) -> Floats:
    """Contributions of groups of columns, axis 1, shared equally by the columns of each.

    Sums stay as they are. Equal shares are what the Shapley value gives to columns that do
    nothing without each other.
    """
    place = {name: k for k, name in enumerate(signature.names)}
    shares = np.zeros((len(groups), len(place)))
    for number, group in enumerate(groups):
        shares[number, [place[name] for name in group]] = 1 / len(group)
    return np.moveaxis(np.tensordot(values, shares, axes=(1, 0)), -1, 1)


def fold(values: Floats, predictor: Explainable) -> Floats:
    """Contributions of prepared columns, axis 1, summed over the columns that each comes from."""
    return shared(values, predictor.sources, predictor.signature)


def outputs(predictor: Explainable, prepared: np.ndarray) -> Floats:
    """The estimator's probabilities or values on prepared rows, ``(rows, outputs)``."""
    estimator, task = predictor.estimator, predictor.signature.task
    if task == "regression":
        return np.asarray(estimator.predict(prepared), dtype=np.float64).reshape(len(prepared), 1)
    probabilities = np.asarray(estimator.predict_proba(prepared), dtype=np.float64)
    return probabilities[:, 1:] if task == "binary" else probabilities

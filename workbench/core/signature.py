"""What a model takes and gives: the promise that training, export and serving share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from workbench.core.errors import NotFound
from workbench.core.recipe import Task

Kind = Literal["number", "boolean", "category", "text", "datetime"]


@dataclass(frozen=True)
class Field:
    """One input column of a model, with what training saw in it."""

    name: str
    kind: Kind
    low: float | None = None  # numbers: smallest and largest value in training
    high: float | None = None
    categories: tuple[str, ...] = ()  # categories: the values seen in training, commonest first
    example: str | float | bool | None = None


@dataclass(frozen=True)
class Signature:
    """Inputs and output of a model.

    ``classes`` are the target's values as text, in the order of the probabilities; for a binary
    task the second is the positive one, predicted when its probability is >= ``threshold``.
    ``costs`` of more than two classes decide for the least expected cost: what it costs to say the
    column's class where the row's is true.
    """

    inputs: tuple[Field, ...]
    target: str
    task: Task
    classes: tuple[str, ...] = ()
    threshold: float = 0.5
    target_dtype: str = "string"  # Arrow's name, to give labels back in the type they came in
    sensitive: tuple[str, ...] = field(default=())
    costs: tuple[tuple[float, ...], ...] = ()

    def costing(self, costs: tuple[tuple[float, ...], ...]) -> Signature:
        """This signature, deciding by what mistakes cost; for two classes that is a threshold."""
        if self.task != "binary":
            return replace(self, costs=costs)
        alarm, miss = costs[0][1] - costs[0][0], costs[1][0] - costs[1][1]
        return replace(self, threshold=alarm / (alarm + miss))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.inputs)

    @property
    def positive(self) -> str | None:
        return self.classes[1] if self.task == "binary" else None

    def __getitem__(self, name: str) -> Field:
        for item in self.inputs:
            if item.name == name:
                return item
        raise NotFound.among("input column", name, self.names)

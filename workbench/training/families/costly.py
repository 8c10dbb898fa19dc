"""A wrapper: another family whose decisions, or training, follow what mistakes cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Task
from workbench.training.families.calibrated import Wrapper
from workbench.training.family import Fitted, Problem, explainer_of, settled

WAYS = ("decision", "weights")
HINT = "Say for two classes {'false_positive': 1, 'false_negative': 5}, or rows of costs by class."


class Costly(Wrapper):
    """Mistakes of different price.

    ``by="decision"`` trains as ever and decides for the class with the least expected cost (Elkan
    2001); probabilities stay what they are. ``by="weights"`` weighs the rows of a class by what its
    mistakes cost, where the family has ``class_weight``; probabilities then lean, too.
    """

    name = "costly"
    title = "Cost-sensitive"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {**super().defaults(task), "costs": None, "by": "decision"}

    def explained_by(self, params: Mapping[str, Any]) -> str:
        """As what it wraps: the model is that family's own."""
        [(family, inner)] = self.members(params)
        return explainer_of(family, inner)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        [(family, params)] = self.members(problem.params)
        costs, by = price_list(problem.params["costs"], problem.classes), problem.params["by"]
        if by not in WAYS:
            raise UsageError(f"{by!r} is no way to heed costs.", f"Use: {', '.join(WAYS)}.")
        inner = settled(family, problem.task, params)
        if by == "weights":
            if "class_weight" not in family.parameters(problem.task):
                raise UsageError(
                    f"{family.title} cannot weigh classes.",
                    "Use by='decision', or wrap logistic, elastic, svm, lightgbm or a forest.",
                )
            inner["class_weight"] = weights(costs)
        fitted = family.fit(replace(problem, params=inner, blocks=()), progress)
        if by == "weights":
            return fitted
        return replace(fitted, costs=tuple(tuple(float(c) for c in row) for row in costs))


def price_list(given: Any, classes: int) -> np.ndarray:
    """Costs (classes, classes): what it costs to say the column where the row is true.

    Raises
    ------
    UsageError
        They are no costs of so many classes, or being wrong costs nothing.
    """
    if given is None:
        given = {"false_positive": 1, "false_negative": 1} if classes == 2 else 1 - np.eye(classes)
    if isinstance(given, Mapping):
        names = {"false_positive", "false_negative"}
        if classes != 2 or set(given) != names:
            raise UsageError("These are no costs of mistakes.", HINT)
        given = [[0, given["false_positive"]], [given["false_negative"], 0]]
    try:
        costs = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError("Costs are numbers.", HINT) from error
    if costs.shape != (classes, classes) or not np.isfinite(costs).all():
        raise UsageError(
            f"Costs of {classes} classes are {classes} rows of {classes} numbers: one row a true"
            " class, one column a decision.",
            HINT,
        )
    if (costs < 0).any() or (costs <= np.diag(costs)[:, None]).sum() > classes:
        raise UsageError("Being right must cost less than being wrong, and nothing below 0.", HINT)
    return costs


def weights(costs: np.ndarray) -> dict[int, float]:
    """What a mistake about each class costs on average, with a mean of 1 over the classes."""
    size = costs.shape[0] - 1
    price = (costs - np.diag(costs)[:, None]).sum(axis=1) / size
    price = price / price.mean()
    return {k: float(p) for k, p in enumerate(price)}


FAMILY = Costly()

"""A stack of other families, joined by what each says of rows that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, within
from workbench.core.recipe import Task
from workbench.training.families.blend import BlendFamily, parts
from workbench.training.family import Family, Fitted, Problem, settled
from workbench.training.predictor import scores
from workbench.training.stack import StackClassifier, StackRegressor

FOLDS = 5


class StackFamily(BlendFamily):
    """``members`` as a blend has them; ``folds`` parts of the training rows take turns.

    Each member is fitted once without each part and says what it holds of that part (Wolpert 1992);
    the weights are learned from these answers, and the members are fitted once more on all training
    rows. The validation rows only stop members early, so that thresholds and prediction intervals
    can still be chosen on them.
    """

    name = "stack"
    title = "Stack"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {**super().defaults(task), "folds": FOLDS}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset({"members", "folds"})

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        members = self.members(problem.params)
        folds = list(_folds(problem))
        steps = len(members) * (len(folds) + 1)
        said, fitted = [], []
        for number, ((family, params), part) in enumerate(
            zip(members, parts(problem), strict=True)
        ):
            asked = replace(part, params=settled(family, problem.task, params))
            first = number * (len(folds) + 1)

            def step(at: int, what: str, first: int = first, name: str = family.name) -> Progress:
                here = first + at
                return within(progress, here / steps, (here + 1) / steps, f"{name}, {what}: ")

            said.append(_unseen(family, asked, folds, step))
            whole = step(len(folds), "all training rows")
            fitted.append(family.fit(asked, whole).estimator)
        kind = StackRegressor if problem.task == "regression" else StackClassifier
        model = kind(tuple(stop for stop, _ in problem.blocks), problem.seed)
        weights = model.learn(said, problem.y)
        model.adopt(fitted, weights)
        named = zip(members, weights, strict=True)
        facts = {f"weight_{k}_{f.name}": round(float(w), 4) for k, ((f, _), w) in enumerate(named)}
        return Fitted(model, facts={**facts, "folds": len(folds)})


def _folds(problem: Problem) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training rows to fit on and to ask about; rows of one group are never on both sides."""
    count = problem.params["folds"]
    if not isinstance(count, int) or not 2 <= count <= 20:
        raise UsageError(f"A stack has 2 to 20 folds, not {count!r}.")
    if problem.ordered:
        raise UsageError(
            "A stack asks about rows from before those that it learned from, which rows in order"
            " of time forbid.",
            "Use the family blend: it weighs its members on the validation rows.",
        )
    rows = np.arange(len(problem.y))
    if problem.groups is not None:
        count = min(count, len(np.unique(problem.groups)))
        if count < 2:
            raise UsageError("All training rows are of one group, so there are no folds.")
        return GroupKFold(count).split(rows, groups=problem.groups)
    if problem.task == "regression":
        return KFold(count, shuffle=True, random_state=problem.seed).split(rows)
    fewest = int(np.bincount(problem.y, minlength=problem.classes).min())
    if fewest < 2:
        raise UsageError(
            "A class has fewer than 2 training rows: no fold could learn it.",
            "Merge rare classes, or use the family blend.",
        )
    dealt = StratifiedKFold(min(count, fewest), shuffle=True, random_state=problem.seed)
    return dealt.split(rows, problem.y)


def _unseen(family: Family, problem: Problem, folds: Any, step: Any) -> np.ndarray:
    """What a family says of the training rows, each by a fit that had not seen the row."""
    width = () if problem.task == "regression" else (problem.classes,)
    found = np.empty((len(problem.y), *width))
    for number, (fit, held) in enumerate(folds):
        asked = replace(
            problem,
            x=problem.x[fit],
            y=problem.y[fit],
            x_valid=problem.x[held],
            y_valid=problem.y[held],
            weights=None if problem.weights is None else problem.weights[fit],
            groups=None if problem.groups is None else problem.groups[fit],
        )
        model = family.fit(asked, step(number, f"fold {number + 1} of {len(folds)}")).estimator
        found[held] = scores(model, problem.task, asked.x_valid)
    return found


FAMILY = StackFamily()

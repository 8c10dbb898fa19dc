"""A wrapper: another family, with its probabilities calibrated on the validation rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, within
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Space
from workbench.training.calibrated import CalibratedClassifier
from workbench.training.family import Explainer, Family, Fitted, Problem, Steps, families, settled

MAPS = ("auto", "isotonic", "sigmoid", "temperature")
ENOUGH = 1_000  # rows from which on isotonic regression does not overfit (Niculescu-Mizil 2005)


class Wrapper:
    """What families around one other family have in common: ``of`` and its ``params``."""

    name: str
    tasks: tuple[Task, ...] = ("binary", "multiclass")
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"of": "lightgbm", "params": {}}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset(self.defaults(task))

    def space(self, task: Task) -> Space:
        return {}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        raise NotImplementedError("a wrapper prepares the columns as what it wraps does")

    def members(self, params: Mapping[str, Any]) -> list[tuple[Family, Mapping[str, Any]]]:
        """The one family that is wrapped, with its parameters.

        Raises
        ------
        UsageError
            It is no family, or one that cannot be wrapped.
        """
        of, inner = params.get("of", "lightgbm"), params.get("params") or {}
        if not isinstance(of, str) or not isinstance(inner, Mapping):
            raise UsageError(
                f"{self.name!r} wraps a family, not {of!r}.",
                'Say {"of": "lightgbm", "params": {}}.',
            )
        family = families.get(of)
        if hasattr(family, "members"):
            raise UsageError(
                f"{self.name!r} cannot wrap {of!r}, which wraps others itself.",
                "Name a plain family.",
            )
        return [(family, dict(inner))]


class Calibrated(Wrapper):
    """Probabilities that mean what they say, over any family of classifiers."""

    name = "calibrated"
    title = "Calibrated"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {**super().defaults(task), "method": "auto"}

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        [(family, params)] = self.members(problem.params)
        method = problem.params["method"]
        if method not in MAPS:
            raise UsageError(f"{method!r} is no method.", f"Use one of: {', '.join(MAPS)}.")
        problem, x, y = _aside(problem)
        if method == "auto":
            method = "isotonic" if len(y) >= ENOUGH else "sigmoid"
        inner = replace(problem, params=settled(family, problem.task, params), blocks=())
        fitted = family.fit(inner, within(progress, 0.0, 0.95))
        progress(0.96, "calibrating")
        model = CalibratedClassifier(method).adopt(fitted.estimator, x, y)
        facts = {**fitted.facts, "method": method, "calibration_rows": len(y)}
        return Fitted(model, fitted.history, facts)


def _aside(problem: Problem) -> tuple[Problem, np.ndarray, np.ndarray]:
    """The rows to calibrate on: those for validation, or a fifth of the others."""
    if problem.x_valid is not None and problem.y_valid is not None:
        return problem, problem.x_valid, problem.y_valid
    x, x_kept, y, y_kept = train_test_split(
        problem.x,
        problem.y,
        test_size=0.2,
        random_state=problem.seed,
        stratify=problem.y if np.bincount(problem.y).min() > 1 else None,
    )
    return replace(problem, x=x, y=y), x_kept, y_kept


FAMILY = Calibrated()

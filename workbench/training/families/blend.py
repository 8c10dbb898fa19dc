"""A blend of other families, trained on the same rows and weighted on the validation rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.checkpoint import NOWHERE
from workbench.core.errors import UsageError
from workbench.core.progress import Progress, within
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Space
from workbench.training.blend import BlendClassifier, BlendRegressor, greedy
from workbench.training.family import (
    ALL_TASKS,
    Explainer,
    Family,
    Fitted,
    Problem,
    Steps,
    families,
    settled,
)
from workbench.training.predictor import scores

MEMBERS = ("logistic", "forest", "lightgbm")


class BlendFamily:
    """Its one parameter ``members`` lists families, each with parameters of its own."""

    name = "blend"
    title = "Blend"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "sampling"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {"members": [{"family": name, "params": {}} for name in MEMBERS]}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset({"members"})

    def space(self, task: Task) -> Space:
        return {}

    def steps(self, preparation: Preparation, width: int) -> Steps:
        raise NotImplementedError("a blend prepares its columns member by member")

    def members(self, params: Mapping[str, Any]) -> list[tuple[Family, Mapping[str, Any]]]:
        """The families that are blended, with their parameters.

        Raises
        ------
        UsageError
            The list is no list of families.
        """
        given = params["members"]
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            raise UsageError("members is a list of families.", 'Say [{"family": "lightgbm"}].')
        found = []
        for one in given:
            if not isinstance(one, Mapping) or not one.get("family") or set(one) - KEYS:
                raise UsageError(
                    f"{one!r} is no member of a {self.name}.",
                    'Say {"family": "lightgbm", "params": {}}.',
                )
            member = families.get(str(one["family"]))
            if hasattr(member, "members"):
                raise UsageError(
                    f"A {self.name} cannot hold {member.name!r}, which holds others itself.",
                    "Leave it out of the members.",
                )
            found.append((member, dict(one.get("params") or {})))
        return found

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        members = self.members(problem.params)
        stops = [stop for stop, _ in problem.blocks]
        fitted = []
        for number, ((family, params), part) in enumerate(
            zip(members, parts(problem), strict=True)
        ):
            step = within(
                progress, number / len(members), (number + 1) / len(members), f"{family.name}: "
            )
            asked = replace(part, params=settled(family, problem.task, params))
            fitted.append(family.fit(asked, step).estimator)
        weights = self._weights(problem, fitted)
        kind = BlendRegressor if problem.task == "regression" else BlendClassifier
        model = kind(tuple(stops), problem.seed).adopt(fitted, weights)
        named = zip(members, weights, strict=True)
        facts = {f"weight_{k}_{f.name}": round(float(w), 4) for k, ((f, _), w) in enumerate(named)}
        return Fitted(model, facts=facts)

    def _weights(self, problem: Problem, fitted: Sequence[Any]) -> np.ndarray:
        """From the validation rows; equal ones where there are none."""
        if problem.x_valid is None or problem.y_valid is None:
            return np.full(len(fitted), 1 / len(fitted))
        held = [p.x_valid for p in parts(problem)]
        said = [scores(m, problem.task, x) for m, x in zip(fitted, held, strict=True)]
        truth = problem.y_valid
        if problem.task == "regression":
            return greedy(said, lambda s: float(np.mean((s - truth) ** 2)))
        rows = np.arange(len(truth))
        return greedy(said, lambda s: float(-np.log(np.clip(s[rows, truth], 1e-15, 1)).mean()))


KEYS = {"family", "params"}


def parts(problem: Problem) -> list[Problem]:
    """The problem of each member: its own columns of the matrix."""
    found, start = [], 0
    for stop, levels in problem.blocks:
        valid = problem.x_valid
        found.append(
            replace(
                problem,
                x=np.ascontiguousarray(problem.x[:, start:stop]),
                x_valid=None if valid is None else np.ascontiguousarray(valid[:, start:stop]),
                levels=levels,
                blocks=(),
                checkpoint=NOWHERE,  # one place cannot hold several fits
            )
        )
        start = stop
    return found


FAMILY = BlendFamily()

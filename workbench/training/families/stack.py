"""A stack of other families, joined by what each says of rows that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.errors import UsageError
from workbench.core.progress import Progress, within
from workbench.core.recipe import Task
from workbench.training.families.blend import BlendFamily, parts
from workbench.training.family import Family, Fitted, Problem, settled
from workbench.training.predictor import scores
from workbench.training.stack import StackClassifier, StackRegressor
from workbench.training.turns import turns

FOLDS = 5
DEEPEST = 3  # layers
Member = tuple[Family, Mapping[str, Any]]
Step = Callable[[int, str], Progress]


class StackFamily(BlendFamily):
    """``members`` as a blend has them; ``folds`` parts of the training rows take turns.

    Each member is fitted once without each part and says what it holds of that part (Wolpert 1992);
    the weights are learned from these answers. With ``refit`` the members are fitted once more on
    all training rows, and the validation rows only stop them early. Without it the fits of the
    folds answer together (Breiman 1996, Bagging predictors; Parmanto, Munro and Doyle 1996): better
    models, as many times larger and slower. Then the validation rows are dealt into the folds, too,
    each fit stops early on the part that it leaves out, and what is chosen on validation rows, a
    threshold or how wide intervals are, is chosen on answers of fits that had not seen them.

    With more than one of ``layers`` all members are fitted again on their own columns and what the
    layer before says of the row, by fits that had not seen it; the weights are learned from the
    answers of all layers (stacked generalisation with the input passed on; Ting and Witten 1999,
    Erickson et al. 2020, AutoGluon-Tabular). What the rows of the other folds were told came from
    fits that knew the fold that is asked: of a later layer the answers to held-out rows are
    therefore better than they should be, the more so the fewer rows there are.
    """

    name = "stack"
    title = "Stack"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {**super().defaults(task), "folds": FOLDS, "refit": True, "layers": 1}

    def parameters(self, task: Task) -> frozenset[str]:
        return frozenset({"members", "folds", "refit", "layers"})

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        refit, layers = _asked(problem.params)
        held = 0 if refit or problem.x_valid is None else len(problem.x_valid)
        known = problem if refit else _together(problem)
        members = self.members(problem.params)
        folds = list(_folds(known))
        fits = 1 if refit else len(folds)
        kind = StackRegressor if problem.task == "regression" else StackClassifier
        model = kind(tuple(stop for stop, _ in problem.blocks), problem.seed, fits, layers)
        if layers > 1:
            model.listen(known.y)
            known = _centred(known, model)
        said: list[np.ndarray] = []
        fitted: list[Any] = []
        here = known
        for layer in range(layers):
            name = f"layer {layer + 1}, " if layers > 1 else ""
            part = within(progress, layer / layers, (layer + 1) / layers, name)
            answers, models = _layer(members, here, folds, refit, part)
            said += answers
            fitted += models
            if layer + 1 < layers:
                valid = None if here.x_valid is None else model.told(_asked_of(models, here))
                here = _beside(known, model.told(answers), valid)
        weights = model.learn(said, known.y)
        model.layers = _heeded(weights, layers)
        weights = weights[: len(members) * model.layers]
        model.adopt(fitted[: fits * len(weights)], np.repeat(weights / fits, fits))
        named = zip(members * model.layers, weights, strict=True)
        facts = {f"weight_{k}_{f.name}": round(float(w), 4) for k, ((f, _), w) in enumerate(named)}
        last = [(w, s[-held:]) for w, s in zip(weights, said, strict=False)] if held else []
        valid_scores = model.joined(last) if last else None
        return Fitted(model, facts={**facts, "folds": len(folds)}, valid_scores=valid_scores)


def _asked(params: Mapping[str, Any]) -> tuple[bool, int]:
    """``refit`` and ``layers``."""
    refit, layers = params["refit"], params["layers"]
    if not isinstance(refit, bool):
        raise UsageError(f"refit is true or false, not {refit!r}.")
    if isinstance(layers, bool) or not isinstance(layers, int) or not 1 <= layers <= DEEPEST:
        raise UsageError(f"A stack has 1 to {DEEPEST} layers, not {layers!r}.")
    return refit, layers


def _centred(problem: Problem, model: Any) -> Problem:
    valid = problem.y_valid
    valid = None if valid is None else model.centred(valid)
    return replace(problem, y=model.centred(problem.y), y_valid=valid)


def _heeded(weights: np.ndarray, layers: int) -> int:
    """How many layers are left without the last ones in which nobody has a weight."""
    each = weights.reshape(layers, -1).any(axis=1)
    return int(np.flatnonzero(each)[-1]) + 1 if each.any() else 1


def _layer(
    members: Sequence[Member], problem: Problem, folds: Sequence[Any], refit: bool, part: Progress
) -> tuple[list[np.ndarray], list[Any]]:
    """What each member says of rows that it has not seen, and its fits: a fold's, or the last."""
    said, fitted = [], []
    fits = len(folds) + refit
    each = zip(members, parts(problem), strict=True)
    for number, ((family, params), own) in enumerate(each):
        settings = settled(family, problem.task, params)
        if not refit and hasattr(family, "shared"):
            settings = family.shared(settings, len(folds))
        asked = replace(own, params=settings)
        step = _step(part, number * fits, fits * len(members), family.name)
        answers, models = _unseen(family, asked, folds, step)
        said.append(answers)
        if refit:
            models = [family.fit(asked, step(len(folds), "all training rows")).estimator]
        fitted += models
    return said, fitted


def _asked_of(models: Sequence[Any], problem: Problem) -> list[np.ndarray]:
    """What the members, each fitted on all training rows, say of the validation rows."""
    held = zip(models, parts(problem), strict=True)
    return [
        scores(model, problem.task, own.x_valid) for model, own in held if own.x_valid is not None
    ]


def _beside(problem: Problem, told: np.ndarray, valid: np.ndarray | None) -> Problem:
    """The problem of a later layer: each member's own columns behind those that were ``told``."""
    width = told.shape[1]
    stops = [stop for stop, _ in problem.blocks]
    starts = [0, *stops[:-1]]

    def joined(x: np.ndarray, front: np.ndarray) -> np.ndarray:
        each = zip(starts, stops, strict=True)
        return np.hstack([one for a, b in each for one in (front, x[:, a:b])])

    return replace(
        problem,
        x=joined(problem.x, told),
        x_valid=None
        if valid is None or problem.x_valid is None
        else joined(problem.x_valid, valid),
        blocks=tuple((s + width * k, own) for k, (s, own) in enumerate(problem.blocks, start=1)),
    )


def _step(progress: Progress, first: int, steps: int, name: str) -> Step:
    """Makes the progress of each fit of a member, which are ``first`` and those behind it."""

    def made(at: int, what: str) -> Progress:
        here = first + at
        return within(progress, here / steps, (here + 1) / steps, f"{name}, {what}: ")

    return made


def _together(problem: Problem) -> Problem:
    """The validation rows behind the training rows, all of them to learn from."""
    if problem.x_valid is None or problem.y_valid is None:
        return problem
    return replace(
        problem,
        x=np.concatenate([problem.x, problem.x_valid]),
        y=np.concatenate([problem.y, problem.y_valid]),
        x_valid=None,
        y_valid=None,
        weights=_joined(problem.weights, problem.weights_valid),
        weights_valid=None,
        groups=_joined(problem.groups, problem.groups_valid),
        groups_valid=None,
    )


def _joined(train: np.ndarray | None, valid: np.ndarray | None) -> np.ndarray | None:
    return None if train is None or valid is None else np.concatenate([train, valid])


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
    if problem.groups is not None:
        count = min(count, len(np.unique(problem.groups)))
        if count < 2:
            raise UsageError("All training rows are of one group, so there are no folds.")
    elif problem.task != "regression":
        fewest = int(np.bincount(problem.y, minlength=problem.classes).min())
        if fewest < 2:
            raise UsageError(
                "A class has fewer than 2 training rows: no fold could learn it.",
                "Merge rare classes, or use the family blend.",
            )
        count = min(count, fewest)
    for fit, held in turns(problem.y, problem.groups, count, problem.seed):
        if problem.task != "regression" and len(np.unique(problem.y[fit])) < problem.classes:
            raise UsageError(
                "All rows of a class are in one fold, since they belong together: no fit without"
                " it could learn the class.",
                "Use the family blend, or leave the class out.",
            )
        yield fit, held


def _unseen(
    family: Family, problem: Problem, folds: Sequence[Any], step: Step
) -> tuple[np.ndarray, list[Any]]:
    """What a family says of each training row by a fit that had not seen it, and these fits."""
    width = () if problem.task == "regression" else (problem.classes,)
    found = np.empty((len(problem.y), *width))
    models = []
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
        models.append(model)
    return found, models


FAMILY = StackFamily()

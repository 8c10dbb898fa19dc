"""Mitigation: fits of a family that heed groups, by weights, labels, inputs or thresholds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from workbench.core.errors import DataError, UsageError
from workbench.core.mitigation import METHODS, Mitigation
from workbench.core.progress import Progress, within
from workbench.training.family import Family, Fitted, Problem, weighs
from workbench.training.membership import Groups
from workbench.training.mitigated import (
    DecorrelatedClassifier,
    DecorrelatedRegressor,
    GroupThresholds,
    Mixture,
    cleaned,
)
from workbench.training.predictor import scores

Fit = Callable[[Problem, Progress], Fitted]
ROUNDS = 10  # fits of the exponentiated gradient
BOUND = 2.0  # the most that all gaps together cost, in errors
RATE = 4.0  # of the exponentiated gradient's steps
RATES = 200  # common rates that thresholds are looked for at
LONGEST = 4_500  # letters in which thresholds are told
LENGTH = 80  # of them for a group's name
CLASSES = {"exponentiated_gradient", "grid_search", "thresholds"}  # need two classes


def check(mitigation: Mitigation, family: Family, task: str, params: Mapping[str, Any]) -> None:
    """Say what cannot be mitigated so.

    Raises
    ------
    UsageError
        The method needs two classes, or weights that the family does not take.
    """
    title = METHODS[mitigation.method]
    if mitigation.method in CLASSES and task != "binary":
        raise UsageError(
            f"{title} needs a target of two classes; this one is {task}.",
            "Use the correlation remover.",
        )
    if mitigation.method == "reweighing" and task == "regression":
        raise UsageError("Reweighing needs classes.", "Use the correlation remover.")
    learns = mitigation.method not in ("thresholds", "correlation_remover")
    if learns and not weighs(family, params):
        raise UsageError(
            f"{family.title} cannot weigh rows, which {title.lower()} needs.",
            "Use logistic, elastic, a forest, histboost, lightgbm or xgboost; or thresholds.",
        )


def mitigated(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    """The family's model with the mitigation: ``fit`` fits it to a problem.

    ``problem.x`` is without the 0/1 columns of the groups; models of methods that ask for the group
    take them behind it.
    """
    return HOW[mitigation.method](mitigation, problem, groups, fit, progress)


# weights -------------------------------------------------------------------------------------


def reweighed(y: np.ndarray, members: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Weights under which group and class are independent (Kamiran and Calders 2012).

    ``P(group) P(class) / P(group, class)``; with less strength, that to its power. Rows of no group
    are a group of their own.
    """
    group = _codes(members)
    joint = np.zeros((members.shape[1] + 1, int(y.max()) + 1))
    np.add.at(joint, (group, y), 1)
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True) / len(y)
    weights = np.divide(expected, joint, out=np.ones_like(joint), where=joint > 0)[group, y]
    found: np.ndarray = weights**strength
    return found / found.mean()


def _reweighing(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    weights = reweighed(problem.y, groups.train, mitigation.strength)
    asked = replace(problem, weights=weights)
    if problem.y_valid is not None and groups.valid is not None:
        held = reweighed(problem.y_valid, groups.valid, mitigation.strength)
        asked = replace(asked, weights_valid=held)
    return fit(asked, progress)


# inputs --------------------------------------------------------------------------------------


def _remover(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    """Least squares of each number on the groups (Bird et al. 2020); codes stay as they are."""
    numbers = _numbers(problem)
    there = np.isfinite(problem.x)
    slopes = np.zeros((groups.train.shape[1], problem.x.shape[1]))
    hot = groups.train.astype(np.float64)
    design = np.column_stack([np.ones(len(hot)), hot])
    for column in numbers:
        rows = there[:, column]
        if rows.sum() > design.shape[1]:
            values = problem.x[rows, column].astype(np.float64)
            slopes[:, column] = np.linalg.lstsq(design[rows], values, rcond=None)[0][1:]
    slopes *= min(1.0, mitigation.strength)
    shares = hot.mean(axis=0)
    kind = DecorrelatedRegressor if problem.task == "regression" else DecorrelatedClassifier
    model = kind(groups.width).adopt(None, groups.cells, slopes, shares)

    def clean(x: np.ndarray | None, members: np.ndarray | None) -> np.ndarray | None:
        if x is None or members is None:
            return x
        return cleaned(x, members, model.slopes_, model.shift_)

    x = clean(problem.x, groups.train)
    assert x is not None
    fitted = fit(replace(problem, x=x, x_valid=clean(problem.x_valid, groups.valid)), progress)
    model.inner_ = fitted.estimator
    return replace(fitted, estimator=model)


def _numbers(problem: Problem) -> list[int]:
    """The columns that are amounts: each member of a stack or blend has its own, codes behind."""
    found: list[int] = []
    start = 0
    for stop, levels in problem.blocks or ((problem.x.shape[1], problem.levels),):
        found += range(start, stop - len(levels))
        start = stop
    return found


# labels: the reductions of Agarwal et al. 2018 -------------------------------------------------


def moments(
    chosen: np.ndarray, y: np.ndarray, members: np.ndarray, aim: str
) -> tuple[np.ndarray, np.ndarray]:
    """How far each group's rate lies from everybody's, and what each row adds to that.

    Returns
    -------
    tuple
        Gaps ``(conditions, groups)``, and effects ``(conditions, groups, rows)`` with
        ``gaps = effects @ chosen``, where ``chosen`` is 0 or 1 a row.
    """
    effects = []
    for rows in _conditions(y, aim):
        mine = members.T.astype(np.float64) * rows
        counts = mine.sum(axis=1, keepdims=True)
        inside = np.zeros(mine.shape, np.float64)
        np.divide(mine, counts, out=inside, where=counts > 0)
        effects.append(np.where(counts > 0, inside - rows / max(1, rows.sum()), 0.0))
    found = np.array(effects)
    return found @ chosen, found


def _conditions(y: np.ndarray, aim: str) -> list[np.ndarray]:
    """Among which rows the rates of an aim are taken."""
    return {
        "demographic_parity": [np.ones(len(y), bool)],
        "equal_opportunity": [y == 1],
        "equalized_odds": [y == 1, y == 0],
    }[aim]


def _relabelled(
    problem: Problem, groups: Groups, aim: str, prices: np.ndarray, fit: Fit, progress: Progress
) -> Fitted:
    """Fit to the labels and weights that make each gap cost its price beside an error."""
    labels, weights = _priced(problem.y, groups.train, aim, prices)
    if labels.min() == labels.max():
        raise DataError(
            "So strong a mitigation leaves one decision for everybody.", "Use a smaller strength."
        )
    asked = replace(problem, y=labels, weights=weights)
    if problem.y_valid is not None and groups.valid is not None:
        # else the rows that tell when to stop would stop what is asked for
        labels, weights = _priced(problem.y_valid, groups.valid, aim, prices)
        asked = replace(asked, y_valid=labels, weights_valid=weights)
    return fit(asked, progress)


def _priced(
    y: np.ndarray, members: np.ndarray, aim: str, prices: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which decision is cheaper for each row, and by how much; weights have a mean of 1."""
    _, effects = moments(y, y, members, aim)
    # a price of 1 is that of an error on every row of the group
    share = np.array([(members.T * rows).mean(axis=1) for rows in _conditions(y, aim)])
    cost = np.tensordot(prices * share, effects, axes=([0, 1], [0, 1]))
    signed = (2.0 * y - 1.0) / len(y) - cost
    weights = np.abs(signed)
    return (signed > 0).astype(y.dtype), weights / weights.mean()


def _gradient(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    """The mean of the later models of the exponentiated gradient, instead of a draw among them."""
    gaps, effects = moments(problem.y, problem.y, groups.train, mitigation.aim)
    total = np.zeros((2, *gaps.shape))  # for each side of a gap, what its price grows with
    fits = []
    for number in range(ROUNDS):
        grown = np.exp(total)
        share = grown / (1.0 + grown.sum())
        prices = BOUND * mitigation.strength * (share[0] - share[1])
        step = within(progress, number / ROUNDS, (number + 1) / ROUNDS, f"model {number + 1}: ")
        fits.append(_relabelled(problem, groups, mitigation.aim, prices, fit, step))
        said = scores(fits[-1].estimator, "binary", problem.x)[:, 1]
        gaps = effects @ (said >= 0.5).astype(np.float64)
        total += RATE * np.array([gaps, -gaps])
    kept = [f.estimator for f in fits[ROUNDS // 2 :]]
    model = Mixture().adopt(kept, np.full(len(kept), 1 / len(kept)))
    held = [f.valid_scores for f in fits[ROUNDS // 2 :] if f.valid_scores is not None]
    mean = np.mean(held, axis=0) if held else None
    return Fitted(model, facts={"models": len(kept)}, valid_scores=mean)


def _grid(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    """One point of a grid along the gaps of the family's own model."""
    plain = fit(problem, within(progress, 0.0, 0.5, "as it is: "))
    chosen = (scores(plain.estimator, "binary", problem.x)[:, 1] >= 0.5).astype(np.float64)
    gaps, _ = moments(chosen, problem.y, groups.train, mitigation.aim)
    size = float(np.abs(gaps).max())
    if size == 0:
        return plain
    prices = mitigation.strength * gaps / size
    step = within(progress, 0.5, 1.0, "mitigated: ")
    return _relabelled(problem, groups, mitigation.aim, prices, fit, step)


# thresholds ----------------------------------------------------------------------------------


def _thresholds(
    mitigation: Mitigation, problem: Problem, groups: Groups, fit: Fit, progress: Progress
) -> Fitted:
    fitted = fit(problem, progress)
    x, y, members = problem.x, problem.y, groups.train
    if problem.x_valid is not None and problem.y_valid is not None and groups.valid is not None:
        x, y, members = problem.x_valid, problem.y_valid, groups.valid
    held = fitted.valid_scores
    said = scores(fitted.estimator, "binary", x) if held is None else held
    found = thresholds(said[:, 1], y, members, mitigation.aim)
    found = 0.5 + min(1.0, mitigation.strength) * (found - 0.5)
    model = GroupThresholds(groups.width).adopt(fitted.estimator, groups.cells, found)
    moved = None if held is None else model.moved(held, members)
    facts = {**fitted.facts, "thresholds": _told(groups, found)}
    return replace(fitted, estimator=model, facts=facts, valid_scores=moved)


def _told(groups: Groups, found: np.ndarray) -> str:
    """Group to threshold as JSON: of the largest groups, as many as a tag of the run holds."""
    told: dict[str, float] = {}
    for k in np.argsort(-groups.train.sum(axis=0), kind="stable"):
        name = groups.names[k]
        short = name if len(name) <= LENGTH else f"{name[:LENGTH]}… ({k})"
        more = {**told, short: round(float(found[k]), 4)}
        if len(json.dumps(more, ensure_ascii=False)) > LONGEST:
            break
        told = more
    return json.dumps(told, ensure_ascii=False)


def thresholds(said: np.ndarray, y: np.ndarray, members: np.ndarray, aim: str) -> np.ndarray:
    """A threshold for each group, so that the rates of ``aim`` are alike (Hardt et al. 2016).

    Without randomisation: of all common rates the one with the highest accuracy; of equalized odds,
    which thresholds alone seldom reach, the one with the highest accuracy less the widest gap.
    Groups without rows to tell keep 0.5.
    """
    tables = [_table(said[m > 0], y[m > 0]) for m in members.T]
    known = [k for k, t in enumerate(tables) if t is not None and t[1].any() and (~t[1]).any()]
    found = np.full(members.shape[1], 0.5)
    best = -np.inf
    for target in _targets(aim, [tables[k] for k in known]):
        picks = [_nearest(tables[k], target, aim) for k in known]
        right = sum(p[1] for p in picks)
        value = right / max(1, len(y)) - (_widest(picks) if aim == "equalized_odds" else 0.0)
        if value > best:
            best = value
            found[known] = [p[0] for p in picks]
    return found


def _table(said: np.ndarray, y: np.ndarray) -> Any:
    """Cuts between neighbouring scores, from none selected to all: what each selects rightly."""
    if not len(said):
        return None
    order = np.argsort(-said, kind="stable")
    ordered, positive = said[order], y[order] == 1
    ends = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    tp = np.r_[0, np.cumsum(positive)[ends]].astype(np.float64)
    fp = np.r_[0, np.cumsum(~positive)[ends]].astype(np.float64)
    edge = np.r_[1.0, ordered[ends], 0.0]
    cuts = np.clip((edge[:-1] + edge[1:]) / 2, 1e-4, 1 - 1e-4)  # no score lies on a cut
    return cuts, positive, tp, fp


def _targets(aim: str, tables: list[Any]) -> list[Any]:
    if aim != "equalized_odds":
        return list(np.linspace(0, 1, RATES + 1))
    points: list[Any] = []
    for _, positive, tp, fp in tables:
        tpr = tp / positive.sum()
        some = np.unique(np.searchsorted(tpr, np.linspace(0, 1, RATES + 1)))
        points += list(zip(tpr[some], fp[some] / (~positive).sum(), strict=True))
    return points


def _nearest(table: Any, target: Any, aim: str) -> tuple[float, float, float, float]:
    """The cut whose rate is nearest: threshold, rows decided rightly, TPR and FPR."""
    cuts, positive, tp, fp = table
    tpr, fpr = tp / positive.sum(), fp / (~positive).sum()
    if aim == "demographic_parity":
        off = np.abs((tp + fp) / len(positive) - target)
    elif aim == "equal_opportunity":
        off = np.abs(tpr - target)
    else:
        off = np.maximum(np.abs(tpr - target[0]), np.abs(fpr - target[1]))
    k = int(np.argmin(off))
    return float(cuts[k]), float(tp[k] + (~positive).sum() - fp[k]), float(tpr[k]), float(fpr[k])


def _widest(picks: list[tuple[float, float, float, float]]) -> float:
    rates = np.array([p[2:] for p in picks])
    return float((rates.max(axis=0) - rates.min(axis=0)).max())


def _codes(members: np.ndarray) -> np.ndarray:
    """Group numbers; one behind the last for rows of none."""
    none = members.shape[1]
    return np.where(members.any(axis=1), members.argmax(axis=1), none)


HOW = {
    "reweighing": _reweighing,
    "correlation_remover": _remover,
    "exponentiated_gradient": _gradient,
    "grid_search": _grid,
    "thresholds": _thresholds,
}

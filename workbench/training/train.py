"""Train: a recipe, a frame and a split become a fitted pipeline that takes raw frames."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from workbench.core.checkpoint import NOWHERE, Checkpoint
from workbench.core.dataset import Schema
from workbench.core.errors import DataError, UsageError, WorkbenchError
from workbench.core.feature import Feature
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import Recipe
from workbench.core.report import Finding, Table
from workbench.core.signature import Signature
from workbench.core.split import TRAIN, VALID
from workbench.encoding import Input, inputs
from workbench.training.family import Family, Fitted, Problem, families, settled
from workbench.training.membership import Groups, groups_of
from workbench.training.mitigation import check, mitigated
from workbench.training.prepare import blocks, prepare
from workbench.training.signature import Signed, sign
from workbench.training.steps import Encode
from workbench.training.target import check_target, truth_codes

__all__ = ["Ground", "Trained", "fit", "ground", "train", "truth_codes"]

FEWEST = 10  # training rows
# features, encoded arrays, and the columns that models see: a step like features.derive.Derive
Deriver = Callable[[Sequence[Feature], Sequence[Input], Collection[str]], Any]


@dataclass(frozen=True)
class Trained:
    """A fitted pipeline, its signature, and how the fitting went.

    ``history`` has the column ``step`` and one column per curve; ``facts`` holds device, seconds,
    n_features, best_iteration (where there is one) and the parameters that were used.
    ``valid_scores`` are those of :class:`Fitted`, for each validation row that has a target.
    """

    pipeline: Pipeline
    signature: Signature
    history: Table
    facts: Mapping[str, Any]
    notes: tuple[Finding, ...]
    valid_scores: np.ndarray | None = None


def train(
    recipe: Recipe,
    frame: pd.DataFrame,
    schema: Schema,
    parts: np.ndarray,
    progress: Progress = silent,
    derive: Deriver | None = None,
    checkpoint: Checkpoint = NOWHERE,
) -> Trained:
    """Fit a recipe on the training rows; validation rows only decide when to stop.

    Parameters
    ----------
    parts
        One of ``TRAIN``, ``VALID``, ``TEST`` per row of ``frame``.
    derive
        Gives the step that makes the recipe's features.
    checkpoint
        Where a long fit leaves what it needs to go on, and where one that was interrupted did.

    Raises
    ------
    DataError
        The target or the columns do not allow it; one sentence says which and why.
    UsageError
        The recipe asks for something that its family does not know.
    """
    started = time.perf_counter()
    progress(0.0, "reading the columns")
    found = ground(recipe, frame, schema, parts, derive)
    progress(0.06, "preparing the columns")
    fitted = _fitted(found, recipe, within(progress, 0.08, 1.0), checkpoint)
    signature = found.signature
    if fitted.costs:
        signature = signature.costing(fitted.costs)
    if recipe.threshold is not None:
        signature = decided(signature, recipe)
    return Trained(
        pipeline=Pipeline([*found.steps, ("prepare", found.columns), ("model", fitted.estimator)]),
        signature=signature,
        history=_table(fitted.history),
        facts={
            "device": "cpu",
            "seconds": round(time.perf_counter() - started, 3),
            "n_features": int(found.problem.x.shape[1]),
            "rows": len(found.problem.x),
            "params": settled(found.family, signature.task, recipe.params),
            **fitted.facts,
        },
        notes=found.notes,
        valid_scores=fitted.valid_scores,
    )


def decided(signature: Signature, recipe: Recipe) -> Signature:
    """The signature with the recipe's threshold.

    Raises
    ------
    UsageError
        Nothing is decided by one threshold: more or less than two classes, or one for each group.
    """
    if signature.task != "binary":
        raise UsageError(
            f"A {signature.task} model has no threshold.", "Leave it out of the recipe."
        )
    if recipe.mitigation is not None and recipe.mitigation.method == "thresholds":
        raise UsageError(
            "The model has a threshold for each group; another one would undo them.",
            "Mitigate the run with the aim that you need, or choose a run without thresholds.",
        )
    return replace(signature, threshold=float(recipe.threshold or 0.0))


@dataclass(frozen=True)
class Ground:
    """A recipe's rows made ready: what stays the same whatever the family's parameters are."""

    family: Family
    signature: Signature
    steps: tuple[tuple[str, Any], ...]  # before the preparation, fitted
    columns: ColumnTransformer  # the preparation, fitted
    problem: Problem  # with the family's defaults
    notes: tuple[Finding, ...]
    groups: Groups | None = None  # of a mitigation


def ground(
    recipe: Recipe,
    frame: pd.DataFrame,
    schema: Schema,
    parts: np.ndarray,
    derive: Deriver | None = None,
) -> Ground:
    """Encode, derive and prepare the training and validation rows of a recipe.

    Raises
    ------
    DataError, UsageError
        As :func:`train`.
    """
    signed = sign(recipe, frame, schema, parts)
    signature = signed.signature
    family = families.get(recipe.family)
    params = settled(family, signature.task, recipe.params)
    truth = truth_codes(frame[signature.target], signature)
    check_target(truth, parts, signature)
    known = np.isfinite(truth) if truth.dtype.kind == "f" else truth >= 0
    rows = {part: np.flatnonzero(known & (parts == part)) for part in (TRAIN, VALID)}
    notes = signed.notes + _remarks(rows, len(truth) - int(known.sum()), signature.target)
    steps = [("encode", Encode.of(signature)), *_derive(signed, derive, recipe)]
    groups = _groups(signed, recipe, frame, rows, family)
    problem, columns = _problem(recipe, frame, truth, rows, signed, steps, family, params)
    if groups is not None and asks(recipe):
        problem = _narrowed(problem, groups.width)
    return Ground(family, signature, tuple(steps), columns, problem, notes, groups)


def fit(
    found: Ground,
    params: Mapping[str, Any],
    seed: int,
    progress: Progress = silent,
    checkpoint: Checkpoint = NOWHERE,
) -> Fitted:
    """Fit the family on prepared rows with these parameters over its defaults.

    Raises
    ------
    UsageError
        The library refuses a parameter.
    DataError
        The library fails for another reason.
    """
    family = found.family
    problem = replace(
        found.problem,
        params=settled(family, found.signature.task, params),
        seed=seed,
        checkpoint=checkpoint,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=UserWarning)
            return family.fit(problem, progress)
    except WorkbenchError:
        raise
    except Exception as error:  # whatever a library may raise: other families go on
        raise _unfitted(family, params, error) from error


def _unfitted(family: Family, params: Mapping[str, Any], error: Exception) -> WorkbenchError:
    """What went wrong in a library, in one sentence."""
    if isinstance(error, MemoryError):
        return DataError(
            f"There is not enough memory to fit {family.title}.",
            "Take fewer rows or columns, or parameters of a smaller model.",
        )
    first = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
    if params and isinstance(error, (ValueError, TypeError)):
        # names were checked before: what is left is a value that the library refuses
        return UsageError(
            f"{family.title} cannot be fitted with these parameters: {first}",
            f"They were: {', '.join(f'{k}={v!r}' for k, v in params.items())}.",
        )
    return DataError(
        f"{family.title} could not be fitted: {type(error).__name__}: {first}",
        "Try other parameters or another family.",
    )


def _fitted(found: Ground, recipe: Recipe, progress: Progress, checkpoint: Checkpoint) -> Fitted:
    """The family's model, with the recipe's mitigation if it has one."""
    if recipe.mitigation is None or found.groups is None:
        return fit(found, recipe.params, recipe.seed, progress, checkpoint)

    def again(problem: Problem, step: Progress) -> Fitted:
        return fit(replace(found, problem=problem), recipe.params, recipe.seed, step)

    return mitigated(recipe.mitigation, found.problem, found.groups, again, progress)


def asks(recipe: Recipe) -> bool:
    """Whether the model takes the columns that form the groups."""
    return recipe.mitigation is not None and recipe.mitigation.asks


def _groups(
    signed: Signed,
    recipe: Recipe,
    frame: pd.DataFrame,
    rows: Mapping[int, np.ndarray],
    family: Family,
) -> Groups | None:
    if recipe.mitigation is None:
        return None
    check(recipe.mitigation, family, signed.signature.task, recipe.params)
    named = replace(signed.signature, inputs=signed.by)
    columns = list(recipe.mitigation.by)
    parts = [frame[columns].iloc[rows[part]] for part in (TRAIN, VALID)]
    return groups_of(named, parts[0], parts[1])


def _narrowed(problem: Problem, width: int) -> Problem:
    """The family's own part of the matrix, without the 0/1 columns of the groups behind it."""
    cut = problem.x.shape[1] - width
    valid = problem.x_valid
    return replace(
        problem,
        x=_float32(problem.x[:, :cut]),
        x_valid=None if valid is None else _float32(valid[:, :cut]),
    )


def _derive(signed: Signed, derive: Deriver | None, recipe: Recipe) -> list[tuple[str, Any]]:
    if not signed.features:
        return []
    if derive is None:
        raise UsageError("The recipe has features, and nobody to make them.", "Leave them out.")
    used = {*signed.used, *(recipe.mitigation.by if asks(recipe) and recipe.mitigation else ())}
    return [("derive", derive(signed.features, inputs(signed.signature), used))]


def _problem(
    recipe: Recipe,
    frame: pd.DataFrame,
    truth: np.ndarray,
    rows: Mapping[int, np.ndarray],
    signed: Signed,
    steps: Sequence[tuple[str, Any]],
    family: Family,
    params: Mapping[str, Any],
) -> tuple[Problem, ColumnTransformer]:
    """Fit the steps before the model on the training rows, and prepare the validation rows."""
    before = Pipeline(list(steps))
    learned = before.fit_transform(frame.iloc[rows[TRAIN]], truth[rows[TRAIN]])
    signature = signed.signature
    arrays = getattr(before[-1], "arrays_", None) or inputs(signature)
    asked: Sequence[str] = recipe.mitigation.by if recipe.mitigation and asks(recipe) else ()
    seen = [i for i in arrays if i.column not in asked or i.column in signed.used]
    own = {i.column: i for i in arrays}
    by = [own[name] for name in asked]
    columns = prepare(family, recipe.preparation, seen, params, by)
    x = columns.fit_transform(learned, truth[rows[TRAIN]])
    valid = rows[VALID]
    x_valid = columns.transform(before.transform(frame.iloc[valid])) if len(valid) else None
    parties = blocks(columns)
    groups = _split_groups(recipe, frame, rows, x, x_valid)
    problem = Problem(
        task=signature.task,
        classes=len(signature.classes),
        x=_float32(x),
        y=truth[rows[TRAIN]],
        x_valid=None if x_valid is None else _float32(x_valid),
        y_valid=truth[valid] if len(valid) else None,
        levels=parties[0][1] if len(parties) == 1 else (),
        params=params,
        seed=recipe.seed,
        blocks=parties,
        groups=groups[0],
        groups_valid=groups[1],
        ordered=recipe.split is not None and recipe.split.method == "time",
    )
    return problem, columns


def _split_groups(
    recipe: Recipe,
    frame: pd.DataFrame,
    rows: Mapping[int, np.ndarray],
    x: np.ndarray,
    x_valid: np.ndarray | None,
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Which training and validation rows the split keeps together; one without a group is alone."""
    if recipe.split is None or recipe.split.method not in ("group", "content"):
        return None, None
    if recipe.split.column:
        held = np.concatenate([rows[TRAIN], rows[VALID]])
        codes, known = pd.factorize(frame[recipe.split.column].iloc[held])
        alone = codes < 0
        codes[alone] = len(known) + np.arange(alone.sum())
    else:  # by content: what is the same to a model
        both = np.ascontiguousarray(x if x_valid is None else np.concatenate([x, x_valid]))
        whole = both.view(f"V{both.shape[1] * both.itemsize}").ravel()
        codes = np.unique(whole, return_inverse=True)[1]
    count = len(rows[TRAIN])
    return np.asarray(codes[:count]), np.asarray(codes[count:])


def _remarks(rows: Mapping[int, np.ndarray], dropped: int, target: str) -> tuple[Finding, ...]:
    if len(rows[TRAIN]) < FEWEST:
        raise DataError(
            f"There are {len(rows[TRAIN])} training rows; at least {FEWEST} are needed.",
            "Import more rows or give the training part a larger share.",
        )
    notes: list[Finding] = []
    if dropped:
        sentence = f"{dropped} rows have no value of the target {target!r} and are left out."
        notes.append(Finding("target-missing", "warning", sentence, {"rows": dropped}, target))
    if not len(rows[VALID]):
        sentence = "There are no validation rows, so training does not stop early."
        notes.append(Finding("no-validation", "info", sentence))
    return tuple(notes)


def _float32(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float32)


def _table(history: Mapping[str, Sequence[float]]) -> Table:
    steps = max((len(v) for v in history.values()), default=0)
    return Table.of("history", {"step": list(range(1, steps + 1)), **history})

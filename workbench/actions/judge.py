"""How a sweep judges an attempt: fitted on some rows, scored on others, never on the test rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.dataset import Schema
from workbench.core.progress import Progress
from workbench.core.recipe import Recipe
from workbench.core.signature import Signature
from workbench.core.split import TEST, TRAIN, VALID
from workbench.data.folds import grouped
from workbench.data.split import drawn
from workbench.encoding import decide
from workbench.features.derive import Derive
from workbench.measures.losses import shares
from workbench.measures.metrics import METRICS
from workbench.measures.sample import Sample
from workbench.tables import Tabular
from workbench.training.predictor import scores
from workbench.training.steady import steadily
from workbench.training.train import Ground, fit, ground
from workbench.training.turns import turns
from workbench.tuning.attempt import Judgement, Watch

ENOUGH = 1000  # validation rows that judge alone; with fewer, all rows but the test's take turns
FOLDS = 5
KEPT = 2_000_000_000  # bytes of prepared rows that are held for later attempts


def folds(
    parts: np.ndarray, truth: np.ndarray, recipe: Recipe, table: Tabular, schema: Schema
) -> list[np.ndarray]:
    """The parts of each fold: the split's own validation rows where they are enough.

    Elsewhere the rows that are not for testing are cut in five, as the split keeps groups or equal
    rows together; rows in order of time are never mixed.
    """
    valid = int((parts == VALID).sum())
    split = recipe.split
    if valid >= ENOUGH or split is None or not drawn(split, table):
        return [parts]
    rows = np.flatnonzero(parts != TEST)
    groups, count = grouped(split, table, schema), FOLDS
    if groups is not None:
        groups = groups[rows]
        count = min(FOLDS, len(np.unique(groups)))
        if count < 2:
            return [parts]
    found = []
    for _, held in turns(truth[rows], groups, count, recipe.seed):
        fold = np.where(parts == TEST, TEST, TRAIN).astype(np.int8)
        fold[rows[held]] = VALID
        found.append(_learnable(fold, truth))
    return found


def _learnable(fold: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """A class that would be held out whole stays in training: it cannot be learned else."""
    if truth.dtype.kind == "f":
        return fold
    for label in np.unique(truth[(fold == VALID) & (truth >= 0)]):
        mine = truth == label
        if not (mine & (fold == TRAIN)).any():
            fold[mine & (fold == VALID)] = TRAIN
    return fold


@dataclass
class TableJudge:
    """Judges attempts of any family on one table; what does not depend on parameters is kept.

    Parameters
    ----------
    recipes
        One per family, pinned; their parameters are what is not tuned.
    metric
        A name in ``METRICS`` of the task.
    steady
        Whether fits are to repeat themselves to the last bit.
    """

    recipes: Mapping[str, Recipe]
    frame: pd.DataFrame
    schema: Schema
    folds: Sequence[np.ndarray]
    metric: str
    steady: bool = False
    kept: int = KEPT
    _grounds: dict[tuple[str, int], Ground] = field(default_factory=dict)

    def __call__(self, family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        recipe = self.recipes[family]
        started, spent, iterations = time.perf_counter(), 0.0, 0.0
        said: list[np.ndarray] = []
        truths: list[np.ndarray] = []
        for number in range(len(self.folds)):
            found = self._ground(family, number)
            steps = _steps(watch, judged=number == 0)
            with steadily(self.steady):
                fitted = fit(found, {**recipe.params, **params}, recipe.seed, steps)
            iterations += float(fitted.facts.get("best_iteration", 0))
            began = time.perf_counter()
            x = found.problem.x_valid
            assert x is not None and found.problem.y_valid is not None
            told = scores(fitted.estimator, found.signature.task, x)
            spent += time.perf_counter() - began
            said.append(told if fitted.valid_scores is None else fitted.valid_scores)
            truths.append(found.problem.y_valid)
        truth, given = np.concatenate(truths), np.concatenate(said)
        sample = _sample(truth, given, self._ground(family, 0).signature)
        value = METRICS[sample.task][self.metric](sample)
        facts = {
            "seconds": round(time.perf_counter() - started, 3),
            "latency_us": round(1e6 * spent / len(truth), 3),
        }
        if iterations:
            facts["iterations"] = round(iterations / len(self.folds), 1)
        return Judgement(
            float("nan") if value is None else value, shares(sample, self.metric), facts
        )

    def _ground(self, family: str, number: int) -> Ground:
        key = (family, number)
        if key not in self._grounds:
            made = ground(
                self.recipes[family], self.frame, self.schema, self.folds[number], Derive.of
            )
            while self._grounds and self._held() + _size(made) > self.kept:
                del self._grounds[next(iter(self._grounds))]
            self._grounds[key] = made
        return self._grounds[key]

    def _held(self) -> int:
        return sum(map(_size, self._grounds.values()))


def _size(found: Ground) -> int:
    """Bytes of the prepared rows."""
    valid = found.problem.x_valid
    return int(found.problem.x.nbytes + (valid.nbytes if valid is not None else 0))


def _sample(truth: np.ndarray, given: np.ndarray, signature: Signature) -> Sample:
    if signature.task == "regression":
        return Sample.of("regression", truth, given)
    predicted = decide(given, replace(signature, threshold=0.5))
    return Sample.of(signature.task, truth, given, predicted=predicted)


def _steps(watch: Watch, judged: bool) -> Progress:
    """A progress that tells the sweep's watch; of several folds only the first is judged early."""

    def step(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
        found = metrics or {}
        at = found.get("iteration", found.get("epoch"))
        loss = found.get("valid_loss") if judged and at is not None else None
        watch(int(at or 0), loss)

    return step

"""Validate: a run's recipe by cross-validation, on the rows that are not for testing."""

from __future__ import annotations

import hashlib
import io
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.judge import TableJudge, folds
from workbench.actions.own import meet_again
from workbench.actions.results import Results
from workbench.core.errors import DataError, StoreError, UsageError
from workbench.core.folds import Folds
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import ADOPTED, PRIMARY, Recipe
from workbench.core.report import Report
from workbench.core.split import TEST, TRAIN, VALID
from workbench.data.folds import Fold, deal, settled
from workbench.data.split import assign
from workbench.evaluation.evaluate import sample_of
from workbench.evaluation.validation import About, Held, Learned, validation
from workbench.features.derive import Derive
from workbench.measures.intervals import Interval
from workbench.measures.metrics import METRICS
from workbench.training.family import families, space
from workbench.training.predictor import Predictor
from workbench.training.steady import steadily
from workbench.training.train import Trained, train, truth_codes
from workbench.tuning.attempt import Contender
from workbench.tuning.search import Budget, Search
from workbench.tuning.studies import Studies

FILE = "validation.parquet"
CURVE = (0.1, 0.2, 0.4, 0.7, 1.0)
SCORED = 20_000  # training rows that a learning curve scores


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str | None = None,
    runs: Sequence[str] = (),
    folds: int = 5,
    repeats: int = 1,
    scheme: str | None = None,
    column: str | None = None,
    seed: int = 0,
    inner: int = 0,
    curve: bool | Sequence[float] = False,
) -> dict[str, Any]:
    """Cross-validate the recipes of runs, all on the same folds if their data are the same.

    Parameters
    ----------
    scheme, column
        As :class:`~workbench.core.folds.Folds` has them; what each run's split asks for by default.
    inner
        Attempts of a search within each fold (nested cross-validation); 0: the run's parameters.
    curve
        Whether smaller training parts are tried, too, or which shares of them.

    Returns
    -------
    dict
        ``report`` (``validation``), ``runs`` (ids).
    """
    names = list(dict.fromkeys([*([run] if run else []), *runs]))
    if not names:
        raise UsageError("Validation needs a run.", "Name one.")
    asked = Folds(folds, repeats, scheme, column, seed)  # type: ignore[arg-type]
    for name in names:  # what cannot be validated is said before anything is trained
        _Plan(context, Results.of(context, name), asked, inner)
    done = []
    for number, name in enumerate(names):
        part = within(progress, number / len(names), (number + 1) / len(names))
        done.append(of(context, name, asked, inner, curve, part).subject)
    return {"report": "validation", "runs": done}


def of(
    context: Context,
    run: str,
    asked: Folds,
    inner: int = 0,
    curve: bool | Sequence[float] = False,
    progress: Progress = silent,
) -> Report:
    """The validation of a run, computed and kept with it, and all that its folds predicted.

    Raises
    ------
    UsageError
        The folds need a column, or there is nothing to tune in them.
    DataError
        There are too few rows, groups or moments for so many folds.
    StoreError
        The run's data are not what they were.
    """
    plan = _Plan(context, Results.of(context, run), asked, inner)
    shares = _shares(curve)
    turns = plan.turns
    held: list[Held] = []
    learned: list[Learned] = []
    for number, fold in enumerate(turns):
        part = within(
            progress,
            0.97 * number / len(turns),
            0.97 * (number + 1) / len(turns),
            f"fold {number + 1} of {len(turns)}: ",
        )
        here = 0.4 if shares and fold.repeat == 0 else 1.0
        held.append(plan.judged(fold, within(part, 0, here)))
        if here < 1:
            learned += plan.learned(fold, shares, held[-1].params, within(part, here, 1))
    progress(0.97, "measuring")
    report = validation(held, plan.results.signature, plan.about, learned)
    context.store.put_file(plan.results.record.id, FILE, _parquet(held))
    context.store.put_report(plan.results.record.id, report)
    progress(1.0, report.sentence)
    return report


def _learnable(found: Sequence[Fold], truth: np.ndarray, classes: Sequence[str]) -> None:
    """Raise before hours of training when a fold leaves a class out."""
    for fold in found if truth.dtype.kind != "f" else ():
        there = np.unique(truth[fold.parts == TRAIN])
        missing = sorted(set(range(len(classes))) - set(there.tolist()))
        if missing:
            raise DataError(
                f"Fold {fold.number + 1} has no training row of the class"
                f" {classes[missing[0]]!r}: too few rows have it.",
                "Use fewer folds, or leave the rows of that class out.",
            )


def _shares(curve: bool | Sequence[float]) -> tuple[float, ...]:
    if isinstance(curve, bool):
        return CURVE if curve else ()
    wrong = [s for s in curve if not 0 < s <= 1]
    if wrong:
        raise UsageError(f"{wrong[0]} is no share of the training rows.", "Use 0 to 1.")
    return tuple(sorted({float(s) for s in curve}))


@dataclass(frozen=True)
class _Plan:
    """What is validated on what; read once."""

    context: Context
    results: Results
    asked: Folds
    inner: int

    def __post_init__(self) -> None:
        record = self.results.record
        meet_again(record)
        if record.recipe.family == ADOPTED:
            raise UsageError(
                f"Run {record.short} was trained elsewhere: nobody here can train it on folds.",
                "Leave it out.",
            )
        if self.results.dataset.digest != record.dataset_digest:
            raise StoreError(
                f"{self.results.dataset.ref} is not what run {record.short} was trained on.",
                "Its digest differs: the workspace was mixed with another one.",
            )
        if not isinstance(self.inner, Integral) or self.inner < 0:
            raise UsageError(
                f"An inner search has a whole number of attempts, not {self.inner!r}.",
                "0 leaves it out.",
            )
        if self.inner and not self.tuned:
            raise UsageError(
                f"{families.get(self.recipe.family).title} has no parameters to search for.",
                "Leave the inner search out.",
            )

    @property
    def recipe(self) -> Recipe:
        return self.results.record.recipe

    @cached_property
    def frame(self) -> pd.DataFrame:
        frame: pd.DataFrame = self.context.datasets.frame(self.results.dataset)
        return frame

    @cached_property
    def truth(self) -> np.ndarray:
        return truth_codes(self.frame[self.results.signature.target], self.results.signature)

    @cached_property
    def folds(self) -> Folds:
        assert self.recipe.split is not None
        return settled(self.asked, self.recipe.split, self.results.signature.task != "regression")

    @cached_property
    def turns(self) -> list[Fold]:
        split, results = self.recipe.split, self.results
        assert split is not None
        table = self.context.datasets.table(results.dataset)
        parts = assign(split, table, results.schema)
        found = deal(self.folds, parts, self.truth, split, table, results.schema)
        _learnable(found, self.truth, results.signature.classes)
        return found

    @cached_property
    def tuned(self) -> dict[str, Any]:
        return dict(space(families.get(self.recipe.family), self.results.signature.task))

    @property
    def about(self) -> About:
        return About(
            subject=self.results.record.id,
            title=self.results.title,
            folds=self.folds,
            marks=_marks(self.turns),
            inner=self.inner,
            tested=_tested(self.results),
            dataset={"dataset": self.recipe.dataset, "family": self.recipe.family},
        )

    def judged(self, fold: Fold, progress: Progress) -> Held:
        """A fold's model, and what it says about the rows that are held out."""
        started = time.perf_counter()
        params = self._searched(fold, within(progress, 0, 0.8)) if self.inner else None
        start = 0.8 if self.inner else 0.0
        trained = self._trained(fold.parts, params, within(progress, start, 0.98))
        scores = self._scores(trained, fold.held)
        found = trained.facts.get("best_iteration")
        return Held(
            repeat=fold.repeat,
            number=fold.number,
            rows=fold.held,
            truth=self.truth[fold.held],
            scores=scores,
            train=int((fold.parts == TRAIN).sum()),
            stop=int((fold.parts == VALID).sum()),
            seconds=time.perf_counter() - started,
            iterations=None if found is None else float(found),
            params=params,
        )

    def learned(
        self,
        fold: Fold,
        shares: Sequence[float],
        params: Mapping[str, Any] | None,
        progress: Progress,
    ) -> list[Learned]:
        """Models of a part of the fold's training rows; smaller parts lie within larger ones."""
        order = self._order(fold)
        found = []
        for number, share in enumerate(shares):
            kept = order[: max(1, round(share * len(order)))]
            parts = np.where(fold.parts == TRAIN, TEST, fold.parts).astype(np.int8)
            parts[kept] = TRAIN
            parts = _complete(parts, fold, self.truth)
            step = within(progress, number / len(shares), (number + 1) / len(shares))
            trained = self._trained(parts, params, step)
            rows = np.flatnonzero(parts == TRAIN)
            seen = rows if len(rows) <= SCORED else np.sort(order[:SCORED])
            found.append(
                Learned(
                    share,
                    fold.number,
                    len(rows),
                    self._value(trained, fold.held),
                    self._value(trained, seen),
                )
            )
        return found

    def _order(self, fold: Fold) -> np.ndarray:
        """The training rows in the order in which they join: the latest first where time counts."""
        rows = np.flatnonzero(fold.parts == TRAIN)
        if self.folds.scheme == "time":
            when = pd.Series(self.frame[self.folds.column].iloc[rows].to_numpy())
            # the latest first; rows without a moment count as the earliest, as in the folds
            order = when.sort_values(kind="stable", na_position="first").index.to_numpy()
            return rows[order][::-1]
        return np.random.default_rng([self.folds.seed, fold.number, 1]).permutation(rows)

    def _trained(
        self, parts: np.ndarray, params: Mapping[str, Any] | None, progress: Progress
    ) -> Trained:
        recipe = self.recipe
        if params is not None:
            held = {k: v for k, v in recipe.params.items() if k not in self.tuned}
            recipe = replace(recipe, params={**held, **params})
        with steadily(self.results.context.settings.deterministic):
            trained = train(recipe, self.frame, self.results.schema, parts, progress, Derive.of)
        if trained.signature.names != self.results.signature.names:
            raise StoreError(
                f"What {self.recipe.dataset}'s columns are for was edited since run"
                f" {self.results.record.short}.",
                "Train it again, and validate that run.",
            )
        return trained

    def _scores(self, trained: Trained, rows: np.ndarray) -> np.ndarray:
        return Predictor(trained.pipeline, trained.signature).scores(self.frame.iloc[rows])

    def _value(self, trained: Trained, rows: np.ndarray) -> float | None:
        signature = self.results.signature
        sample = sample_of(self.truth[rows], self._scores(trained, rows), signature)
        return METRICS[signature.task][PRIMARY[signature.task]](sample)

    def _searched(self, fold: Fold, progress: Progress) -> dict[str, Any]:
        """The parameters that a search within the fold's own training rows finds best."""
        family, signature = self.recipe.family, self.results.signature
        metric = PRIMARY[signature.task]
        # the run's own parameters may come from rows that this fold holds out: they are no start
        recipe = replace(
            self.recipe, params={k: v for k, v in self.recipe.params.items() if k not in self.tuned}
        )
        table = self.context.datasets.table(self.results.dataset)
        judging = folds(fold.parts, self.truth, recipe, table, self.results.schema)
        contender = Contender(family, self.tuned, (families.get(family).defaults(signature.task),))
        steady = self.results.context.settings.deterministic
        judge = TableJudge(
            {family: recipe}, self.frame, self.results.schema, judging, metric, steady
        )
        higher = METRICS[signature.task][metric].higher_is_better
        with tempfile.TemporaryDirectory() as folder:
            studies = Studies(
                Path(folder) / "attempts.journal",
                [contender],
                higher=higher,
                seed=self.folds.seed + fold.number,
            )
            found = Search(studies, [contender], judge, Budget(attempts=self.inner)).run(progress)
        if family not in found.best:
            reasons = [a.reason for a in found.attempts if a.reason]
            first = reasons[0].rstrip(".") if reasons else "none was begun"
            raise UsageError(f"No attempt of the inner search gave a model: {first}.")
        return dict(found.best[family].params)


def _complete(parts: np.ndarray, fold: Fold, truth: np.ndarray) -> np.ndarray:
    """A small part keeps one row of each class at least: without it nothing could be learned."""
    if truth.dtype.kind == "f":
        return parts
    full = np.flatnonzero(fold.parts == TRAIN)
    for label in np.setdiff1d(truth[full], truth[parts == TRAIN]):
        parts[full[np.argmax(truth[full] == label)]] = TRAIN
    return parts


def _marks(turns: Sequence[Fold]) -> str:
    """A digest of which rows were held out when."""
    found = hashlib.sha256()
    for fold in turns:
        found.update(f"{fold.repeat}/{fold.number}:{len(fold.held)};".encode())
        found.update(np.ascontiguousarray(fold.held, dtype=np.int64).tobytes())
    return found.hexdigest()[:16]


def _tested(results: Results) -> Interval | None:
    report = results.context.store.report(results.record.id, "evaluation")
    if report is None:
        return None
    rows = {r["name"]: r for r in report["metrics"].records()}
    row = rows.get(PRIMARY[results.signature.task])
    return None if row is None else Interval(row["value"], row["low"], row["high"])


def _parquet(held: Sequence[Held]) -> bytes:
    """Repeat, fold, row number, truth and scores, as a run's predictions have them."""
    frames = []
    for one in held:
        scores = one.scores
        columns = (
            {"value": scores}
            if scores.ndim == 1
            else {f"score_{k}": scores[:, k] for k in range(scores.shape[1])}
        )
        frames.append(
            pd.DataFrame(
                {
                    "repeat": one.repeat + 1,
                    "fold": one.number + 1,
                    "row": one.rows,
                    "truth": one.truth,
                    **columns,
                }
            )
        )
    buffer = io.BytesIO()
    pd.concat(frames, ignore_index=True).to_parquet(buffer, index=False)
    return buffer.getvalue()


def kept(context: Context, run: str) -> pd.DataFrame:
    """What the folds of a validated run predicted: ``repeat fold row truth score_0 ...``.

    Raises
    ------
    StoreError
        The run was not validated.
    """
    results = Results.of(context, run)
    if "validation" not in context.store.report_kinds(results.record.id):
        raise StoreError(
            f"Run {results.record.short} was not validated.",
            f"Do it: workbench validate {results.record.short}",
        )
    return pd.read_parquet(context.store.file(results.record.id, FILE))

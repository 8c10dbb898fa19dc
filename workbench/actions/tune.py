"""Tune: the best of several families within a budget, found on rows that are not for testing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.actions.crew import ProcessCrew, bearable
from workbench.actions.plan import Plan
from workbench.actions.results import Results
from workbench.actions.sweeps import ASKED, JOURNAL, REPORT, folder_of
from workbench.actions.sweeps import asked as asked_of
from workbench.actions.sweeps import attempts as kept
from workbench.actions.train import one, scores_of
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import (
    Cancelled,
    DataError,
    StoreError,
    UsageError,
    WorkbenchError,
)
from workbench.core.files import locked, replacing
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import Recipe
from workbench.core.report import Finding
from workbench.core.run import RunRecord
from workbench.core.split import PARTS, VALID
from workbench.core.wire import dumps, plain
from workbench.evaluation.evaluate import sample_of
from workbench.jobs.ledger import new_id
from workbench.jobs.machine import load
from workbench.measures.metrics import METRICS, Metric
from workbench.training.family import families as known_families
from workbench.training.own import addresses, meet
from workbench.tuning.report import report
from workbench.tuning.search import Budget, Outcome, Search
from workbench.tuning.studies import Studies
from workbench.tuning.together import Together

USUAL = ("logistic", "forest", "histboost", "lightgbm")
AUTO = (  # where time is short the first are tried: one of each kind, then their likes
    "dummy", "logistic", "lightgbm", "extratrees", "network", "catboost", "xgboost", "forest",
    "histboost", "elastic", "bayes",
)  # fmt: skip
AUTO_KEEP = 4
FINAL = 0.15  # of the time is kept for the training of the winners
LONGEST = 60 * 24 * 30  # minutes
ATTEMPTS = 50  # where neither attempts nor minutes are said
JOINT = ("blend", "stack")  # made of several winners


def run(
    context: Context,
    progress: Progress = silent,
    *,
    dataset: str | None = None,
    families: Sequence[str] | None = None,
    target: str | None = None,
    seed: int = 0,
    sensitive: str = "use",
    columns: Sequence[str] | None = None,
    features: Sequence[Mapping[str, Any]] | None = None,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    split: Mapping[str, Any] | None = None,
    metric: str | None = None,
    attempts: int | None = None,
    minutes: float | None = None,
    keep: int | None = None,
    blend: bool = False,
    auto: bool = False,
    sweep: str | None = None,
    own: Mapping[str, str] | None = None,
    parallel: int | None = None,
    quick: bool = False,
) -> dict[str, Any]:
    """Try families and parameters, then train the best as runs.

    Parameters
    ----------
    families
        Four usual ones by default; with ``auto``, all that are installed and suit large tables.
    params
        Parameters per family that are not tuned: ``{"lightgbm": {"n_estimators": 300}}``.
    metric
        What is to be best, a metric of the task; its primary one by default.
    attempts, minutes
        The budget; 50 attempts when neither is given. The winners' training is within it.
    keep
        How many families' best attempts become runs; one, with ``auto`` four.
    blend
        Whether these are blended into one more run.
    auto
        The preset: a baseline, many families, the best of them and a bagged stack of them, in the
        number of folds that time allows; of rows in order of time their blend.
    sweep
        An earlier sweep to go on with: its attempts count, and what was cut short is tried again.
    own
        Where to import the families that the user wrote.
    parallel
        How many attempts run at the same time, each in a process with its share of the cores; one
        by default, and of an earlier sweep as many as it had. Fewer where memory is too small.

    quick
        Whether quick models are looked for, too (two objectives): the runs are then attempts that
        no other beats in both the metric and the latency.

    Returns
    -------
    dict
        ``sweep``, ``runs``, ``best`` (ids), ``failed`` (family and reason).

    Raises
    ------
    UsageError
        A name, metric or budget that there is not.
    DataError
        No attempt gave a model.
    """
    meet(own or {})
    _counted(attempts, "A sweep has at least one attempt")
    _counted(keep, "A sweep keeps at least one run")
    _counted(parallel, "A sweep runs at least one attempt at a time")
    asked: dict[str, Any] = {
        "dataset": dataset,
        "families": list((_installed() if auto else USUAL) if families is None else families),
        "target": target,
        "seed": seed,
        "sensitive": sensitive,
        "columns": columns,
        "features": features,
        "split": split,
        "params": params or {},
        "metric": metric,
        "keep": keep or (AUTO_KEEP if auto else 1),
        "blend": blend or auto,
        "bag": auto,
        "attempts": attempts,
        "minutes": minutes,
        "parallel": parallel or 1,
        "quick": quick,
    }
    if sweep is None and dataset is None:
        raise UsageError("Tuning needs a data set.", "Name one.")
    folder = None
    if sweep is not None:
        folder = _unchanged(context, folder_of(context, sweep))
        now = {"keep": keep, "blend": blend, "parallel": parallel}
        now |= {"attempts": attempts, "minutes": minutes} if attempts or minutes else {}
        asked = _gone_on(folder, now)
    return _carried_out(context, folder, asked, progress)


def _gone_on(folder: Path, now: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier sweep asked for, with what is asked for now; a budget replaces the other."""
    said = {name: value for name, value in now.items() if value or name in ("attempts", "minutes")}
    return {"bag": False, "parallel": 1, "quick": False, **asked_of(folder), **said}


def _carried_out(
    context: Context, begun: Path | None, asked: Mapping[str, Any], progress: Progress
) -> dict[str, Any]:
    """The search, its winners as runs, and the report; in a new folder where none is ``begun``."""
    began = time.monotonic()
    plan = Plan(context, asked)
    ending = plan.ending(asked["minutes"], asked["keep"])
    bagging = asked["bag"] and plan.in_turns()
    budget = _budget(asked["attempts"], asked["minutes"])
    folder = begun or _begun(context, asked, plan.record)
    if bagging:
        budget = replace(budget, seconds=ending.seconds, reserve=ending.needed)
    count, fewer = _bearable(asked["parallel"], plan)
    notes = [*plan.notes, *([Finding("fewer-at-once", "info", fewer)] if fewer else [])]
    for note in notes:
        progress(0.02, note.sentence)
    found = _search(folder, plan, budget, within(progress, 0.02, 0.85), count, asked["quick"])
    bag = ending.bag(found.attempts, time.monotonic() - began) if bagging else None
    recipes = plan.winners(found, asked["keep"], asked["blend"], bag, asked["quick"])
    runs, failed = _train(context, recipes, within(progress, 0.86, 0.98))
    best = _chosen(context, runs, found, METRICS[plan.task][plan.metric])
    told = report(
        found,
        subject=folder.name,
        metric=METRICS[plan.task][plan.metric],
        rows=int(sum((f == VALID).sum() for f in plan.folds)),
        folds=len(plan.folds),
        seconds=time.monotonic() - began,
        runs=[(r.recipe.family, r.id) for r in runs],
        about={
            "dataset": plan.record.ref,
            "target": plan.target,
            "best_run": best.id,
            "parallel": count,
        },
        notes=notes,
    )
    _keep(folder / REPORT, dumps(plain(told)))
    context.store.put_report(best.id, told)
    progress(1.0, told.sentence)
    ids = [r.id for r in runs]
    return {"sweep": folder.name, "runs": ids, "best": best.id, "failed": failed}


def _counted(asked: Any, what: str) -> None:
    if asked is not None and not (isinstance(asked, Integral) and asked >= 1):
        raise UsageError(f"{what}, not {asked!r}.", "Give a whole number from 1 on.")


def _bearable(asked: int, plan: Plan) -> tuple[int, str]:
    if asked == 1:
        return 1, ""
    machine = load()
    return bearable(asked, plan.frame, machine.memory - machine.used)


def _search(
    folder: Path, plan: Plan, budget: Budget, progress: Progress, parallel: int, quick: bool
) -> Outcome:
    """The attempts; asked for and kept by this process alone, and carried out by ``parallel``."""
    contenders = plan.contenders()
    try:
        with locked(folder / "driver.lock", wait=False):
            how = {"higher": plan.higher, "seed": plan.seed, "quick": quick}
            studies = Studies(folder / JOURNAL, contenders, **how)
            search = Search(studies, contenders, plan.judge(), budget)
            if parallel == 1:
                found = search.run(progress)
            else:
                found = Together(search, _crew(folder, plan, parallel)).run(progress)
    except BlockingIOError as error:
        raise UsageError(
            f"Sweep {folder.name} is under way in another process.",
            "Wait for its end, or cancel its job: workbench jobs list.",
        ) from error
    except OSError as error:
        raise StoreError(
            f"The sweep cannot go on: {error.strerror or error}.",
            f"Mend that, then go on: workbench tune --resume {folder.name}",
        ) from error
    if not found.best:
        reasons = [a.reason for a in found.attempts if a.reason]
        first = reasons[0].rstrip(".") if reasons else "no time"
        raise DataError(f"No attempt gave a model: {first}.")
    return found


def _crew(folder: Path, plan: Plan, seats: int) -> ProcessCrew:
    context = plan.context
    try:
        own = addresses(list(plan.recipes))
    except UsageError as error:
        raise UsageError(
            error.sentence, "Put it into a module and import that, or tune with parallel=1."
        ) from error
    return ProcessCrew(context.root, folder, seats, own, context.settings.threads)


def _begun(context: Context, asked: Mapping[str, Any], record: DatasetRecord) -> Path:
    """The folder of a new sweep; what is asked was found to be possible."""
    folder = context.folder("sweeps", context.job or new_id())
    # what was asked is pinned, so that a sweep that goes on stands on the same ground
    _keep(folder / ASKED, dumps({**asked, "dataset": record.ref, "ground": record.ground}))
    return folder


def _unchanged(context: Context, folder: Path) -> Path:
    """A sweep goes on only on the rows and columns that it began on: test rows stay test rows."""
    begun = asked_of(folder)
    record = context.datasets.get(begun["dataset"])
    if record.ground != begun["ground"]:
        raise UsageError(
            f"{record.ref} was edited since sweep {folder.name} began: its roles, split or"
            " features are others now.",
            "Undo the edits, or begin a new sweep; it starts from the newest runs.",
        )
    kept(context, folder.name)  # a damaged journal must not begin anew
    return folder


def _keep(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _budget(attempts: int | None, minutes: float | None) -> Budget:
    if minutes is not None and not (isinstance(minutes, Real) and 0 < minutes <= LONGEST):
        raise UsageError(
            f"{minutes!r} minutes are no budget.",
            f"A sweep takes more than 0 minutes, and at most {LONGEST} (30 days).",
        )
    if attempts is None and minutes is None:
        attempts = ATTEMPTS
    return Budget(attempts, None if minutes is None else 60 * minutes * (1 - FINAL))


def _train(
    context: Context, recipes: Sequence[Recipe], progress: Progress
) -> tuple[list[RunRecord], list[dict[str, str]]]:
    """The winners as runs; one that fails does not take the others with it."""
    runs, failed = [], []
    for number, recipe in enumerate(recipes):
        part = within(
            progress,
            number / len(recipes),
            (number + 1) / len(recipes),
            f"training the {'' if recipe.family in JOINT else 'best '}{recipe.family}: ",
        )
        try:
            runs.append(one(context, recipe, part))
        except Cancelled:
            raise
        except WorkbenchError as error:
            failed.append({"family": recipe.family, "reason": str(error)})
    if not runs:
        raise DataError(failed[0]["reason"])
    return runs, failed


def _chosen(
    context: Context, runs: Sequence[RunRecord], found: Outcome, metric: Metric
) -> RunRecord:
    """What was made of several, if the winner is one of them; else the better on validation rows.

    There the winner's value is the best of many, found and stopped on these very rows, and a bag's
    that of single fits: who compared them would always leave the bag. The test rows only tell how
    good the chosen one is.
    """
    made = {r.recipe.family: r for r in reversed(runs)}  # the best of a family is the first
    first = next((made[f] for f in found.best if f in made), runs[0])
    joint = next((made[f] for f in JOINT if f in made and f not in found.best), None)
    if joint is None:
        return first
    if first.recipe.family in {m["family"] for m in joint.recipe.params["members"]}:
        return joint
    values = [_on_valid(Results.of(context, r.id), metric) for r in (joint, first)]
    if None in values:
        return joint
    sign = 1.0 if metric.higher_is_better else -1.0
    return joint if sign * (values[0] or 0.0) >= sign * (values[1] or 0.0) else first


def _on_valid(results: Results, metric: Metric) -> float | None:
    """A run's metric on the validation rows; None where there are none."""
    rows = results.predictions
    rows = rows[rows["part"] == PARTS[VALID]]
    if rows.empty:
        return None
    signature = results.signature
    truth = rows["truth"].to_numpy()
    return metric(sample_of(truth, scores_of(rows, signature), signature))


def _installed() -> list[str]:
    found = []
    for name in AUTO:
        with contextlib.suppress(WorkbenchError):  # not installed, or cannot be loaded
            known_families.get(name)
            found.append(name)
    return found

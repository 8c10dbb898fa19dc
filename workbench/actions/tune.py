"""Tune: the best of several families within a budget, found on rows that are not for testing."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.actions.context import Context
from workbench.actions.contract import required
from workbench.actions.judge import TableJudge, folds
from workbench.actions.train import best_of, one, settle
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import (
    Cancelled,
    DataError,
    MissingExtra,
    NotFound,
    UsageError,
    WorkbenchError,
)
from workbench.core.files import locked, replacing
from workbench.core.progress import Progress, silent, within
from workbench.core.recipe import PRIMARY, Recipe, Task
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.split import VALID
from workbench.core.wire import dumps, plain
from workbench.data.split import assign
from workbench.jobs.ledger import new_id
from workbench.measures.metrics import METRICS
from workbench.training.family import families as known_families
from workbench.training.family import space
from workbench.training.own import meet
from workbench.training.signature import sign
from workbench.training.train import truth_codes
from workbench.tuning.attempt import Contender
from workbench.tuning.report import report
from workbench.tuning.search import Budget, Outcome, Search
from workbench.tuning.studies import Studies, read

USUAL = ("logistic", "forest", "histboost", "lightgbm")
AUTO = (
    "dummy", "logistic", "elastic", "bayes", "forest", "extratrees", "histboost", "lightgbm",
    "xgboost", "network",
)  # fmt: skip
AUTO_KEEP = 4
BASELINE = "dummy"
FINAL = 0.15  # of the time is kept for the training of the winners
ATTEMPTS = 50  # where neither attempts nor minutes are said
JOURNAL = "attempts.journal"
RECENT = 200  # runs among which warm starts are looked for
WARM = 2  # of them a family


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
        The preset: a baseline, many families, the best of them and their blend.
    sweep
        An earlier sweep to go on with: its attempts count, and what was cut short is tried again.
    own
        Where to import the families that the user wrote.

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
    asked: dict[str, Any] = {
        "dataset": dataset,
        "families": list(families or (_installed() if auto else USUAL)),
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
        "attempts": attempts,
        "minutes": minutes,
    }
    folder = _folder(context, sweep, asked)
    if sweep is not None:
        asked = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
        if attempts is None and minutes is None:
            attempts, minutes = asked["attempts"], asked["minutes"]
    budget, began = _budget(attempts, minutes), time.monotonic()
    plan = _Plan(context, asked)
    found = _search(folder, plan, budget, within(progress, 0.02, 0.85))
    recipes = plan.winners(found, keep or asked["keep"], blend or asked["blend"])
    runs, failed = _train(context, recipes, within(progress, 0.86, 0.98))
    best = best_of(runs, plan.metric)
    told = report(
        found.attempts,
        found,
        subject=folder.name,
        metric=METRICS[plan.task][plan.metric],
        rows=int(sum((f == VALID).sum() for f in plan.folds)),
        folds=len(plan.folds),
        seconds=time.monotonic() - began,
        runs={r.recipe.family: r.id for r in runs},
        about={"dataset": plan.record.ref, "target": plan.target, "best_run": best.id},
    )
    _keep(folder / "report.json", dumps(plain(told)))
    context.store.put_report(best.id, told)
    progress(1.0, told.sentence)
    ids = [r.id for r in runs]
    return {"sweep": folder.name, "runs": ids, "best": best.id, "failed": failed}


def _search(folder: Path, plan: _Plan, budget: Budget, progress: Progress) -> Outcome:
    """The attempts, driven by this process alone."""
    contenders = plan.contenders()
    try:
        with locked(folder / "driver.lock", wait=False):
            studies = Studies(folder / JOURNAL, contenders, higher=plan.higher, seed=plan.seed)
            found = Search(studies, contenders, plan.judge(), budget).run(progress)
    except BlockingIOError as error:
        raise UsageError(
            f"Sweep {folder.name} is under way in another process.",
            "Wait for its end, or cancel its job: workbench jobs list.",
        ) from error
    if not found.best:
        reasons = [a.reason for a in found.attempts if a.reason]
        raise DataError(f"No attempt gave a model: {reasons[0] if reasons else 'no time'}.")
    return found


def folder_of(context: Context, sweep: str) -> Path:
    """The folder of a sweep by its id or the beginning of it.

    Raises
    ------
    NotFound
        There is none, or several begin so.
    """
    known = sorted(p.parent.name for p in context.root.glob("sweeps/*/sweep.json"))
    meant = [name for name in known if name.startswith(sweep)] if len(sweep) > 3 else []
    if len(meant) != 1:
        raise NotFound.among("sweep", sweep, known)
    return context.root / "sweeps" / meant[0]


def _folder(context: Context, sweep: str | None, asked: Mapping[str, Any]) -> Path:
    if sweep is not None:
        return _unchanged(context, folder_of(context, sweep))
    if asked["dataset"] is None:
        raise UsageError("Tuning needs a data set.", "Name one.")
    # what was asked is pinned, so that a sweep that goes on stands on the same ground
    record = context.datasets.get(str(asked["dataset"]))
    folder = context.folder("sweeps", context.job or new_id())
    _keep(folder / "sweep.json", dumps({**asked, "dataset": record.ref, "ground": record.ground}))
    return folder


def _unchanged(context: Context, folder: Path) -> Path:
    """A sweep goes on only on the rows and columns that it began on: test rows stay test rows."""
    asked = json.loads((folder / "sweep.json").read_text(encoding="utf-8"))
    record = context.datasets.get(asked["dataset"])
    if record.ground != asked["ground"]:
        raise UsageError(
            f"{record.ref} was edited since sweep {folder.name} began: its roles, split or"
            " features are others now.",
            "Undo the edits, or begin a new sweep; it starts from the newest runs.",
        )
    return folder


def _keep(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _budget(attempts: int | None, minutes: float | None) -> Budget:
    if attempts is not None and attempts < 1:
        raise UsageError(f"A sweep has at least one attempt, not {attempts}.")
    if minutes is not None and not 0 < minutes <= 60 * 24 * 30:
        raise UsageError(f"{minutes} minutes are no budget.", "Say for instance --minutes 10.")
    if attempts is None and minutes is None:
        attempts = ATTEMPTS
    return Budget(attempts, None if minutes is None else 60 * minutes * (1 - FINAL))


class _Plan:
    """What is tuned on what; read once."""

    def __init__(self, context: Context, asked: Mapping[str, Any]) -> None:
        self.context = context
        names = list(dict.fromkeys(asked["families"]))
        if not names:
            raise UsageError("No model family is chosen.", "Choose one or more.")
        self.record: DatasetRecord = context.datasets.get(str(asked["dataset"]))
        required(context, self.record)
        self.seed = int(asked["seed"])
        self.fixed: Mapping[str, Mapping[str, Any]] = asked["params"]
        shared = {
            k: asked[k]
            for k in ("dataset", "target", "seed", "sensitive", "columns", "features", "split")
        }
        spare = sorted(set(self.fixed) - set(names))
        if spare:
            raise UsageError(f"There are parameters for {spare[0]!r}, which does not compete.")
        self.recipes = {name: self._recipe(shared, name) for name in names}
        self.frame = context.datasets.frame(self.record)
        first = next(iter(self.recipes.values()))
        self.target = first.target or ""
        self.schema = self.record.schema.edited(roles={self.target: "target"})
        assert first.split is not None
        table = context.datasets.table(self.record)
        parts = assign(first.split, table, self.schema)
        signature = sign(first, self.frame, self.schema, parts).signature
        self.task: Task = signature.task
        for name in names:
            if self.task not in known_families.get(name).tasks:
                del self.recipes[name]
        if not self.recipes:
            raise UsageError(
                f"None of these families can do {self.task}: {', '.join(names)}.",
                "Choose others: workbench train --help lists them.",
            )
        self.metric = asked["metric"] or PRIMARY[self.task]
        if self.metric not in METRICS[self.task]:
            raise NotFound.among("metric", self.metric, list(METRICS[self.task]))
        self.higher = METRICS[self.task][self.metric].higher_is_better
        truth = truth_codes(self.frame[signature.target], signature)
        self.folds = folds(parts, truth, first, table, self.schema)

    def _recipe(self, shared: Mapping[str, Any], family: str) -> Recipe:
        known_families.get(family)
        recipe = Recipe.from_dict(
            {**shared, "family": family, "params": dict(self.fixed.get(family, {}))}
        )
        return settle(recipe, self.record)

    def contenders(self) -> list[Contender]:
        """The families with their defaults, and what earlier runs on this data found best."""
        recipe = next(iter(self.recipes.values()))
        earlier = _earlier(self.context, self.record, recipe)
        found = []
        for name, recipe in self.recipes.items():
            family = known_families.get(name)
            tuned = {k: d for k, d in space(family, self.task).items() if k not in recipe.params}
            starts = [family.defaults(self.task), *earlier.get(name, [])]
            found.append(Contender(name, tuned, tuple(starts)))
        return found

    def winners(self, found: Outcome, keep: int, blend: bool) -> list[Recipe]:
        """Recipes of the best attempts, the baseline's beside them, and of their blend."""
        best = [a for f, a in found.best.items() if f != BASELINE][: max(1, keep)]
        blend = blend and all(a.family != "blend" for a in best)
        told = [
            self._with(self.recipes[a.family], {**self.recipes[a.family].params, **a.params})
            for a in [*best, *([found.best[BASELINE]] if BASELINE in found.best else [])]
        ]
        if not blend or len(best) < 2:
            return told
        members = [
            {"family": r.family, "params": dict(r.params)} for r in told if r.family != BASELINE
        ]
        first = self.recipes[best[0].family]
        return [*told, self._with(first, {"members": members}, family="blend")]

    def _with(self, recipe: Recipe, params: Mapping[str, Any], **more: Any) -> Recipe:
        return Recipe.from_dict({**recipe.to_dict(), "params": params, **more})

    def judge(self) -> TableJudge:
        return TableJudge(self.recipes, self.frame, self.schema, self.folds, self.metric)


def _earlier(
    context: Context, record: DatasetRecord, recipe: Recipe
) -> dict[str, list[Mapping[str, Any]]]:
    """Per family the parameters of the newest runs that answered the same question.

    The newest, not the best: what was best on the test rows must not steer a search.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for known in context.store.runs(RECENT) if context.learned else ():
        asked = known.recipe
        starts = found.setdefault(asked.family, [])
        alike = asked.dataset == record.ref and asked.target == recipe.target
        if known.state == "done" and alike and asked.params and len(starts) < WARM:
            starts.append(asked.params)
    return found


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
            f"training the best {recipe.family}: ",
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


def _installed() -> list[str]:
    found = []
    for name in AUTO:
        with contextlib.suppress(MissingExtra):
            known_families.get(name)
            found.append(name)
    return found


def kept(context: Context, sweep: str) -> Report | None:
    """The report of a sweep that is over, or None."""
    path = folder_of(context, sweep) / "report.json"
    if not path.is_file():
        return None
    return Report.from_dict(json.loads(path.read_text(encoding="utf-8")))


def attempts(context: Context, sweep: str) -> list[dict[str, Any]]:
    """The attempts of a sweep so far as plain data; another process may be making them."""
    path = folder_of(context, sweep) / JOURNAL
    return [dict(plain(a)) for a in read(path)] if path.is_file() else []


def sweeps(context: Context) -> list[str]:
    """Ids of the sweeps, the newest first."""
    found = context.root.glob("sweeps/*/sweep.json")
    return [p.parent.name for p in sorted(found, key=lambda p: -p.stat().st_mtime)]


def dataset_of(context: Context, sweep: str) -> str:
    """The data set that a sweep is about."""
    path = folder_of(context, sweep) / "sweep.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["dataset"])

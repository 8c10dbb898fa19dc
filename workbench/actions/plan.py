"""What a sweep is about, read once: the table, its folds, the families and their spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.actions.context import Context
from workbench.actions.contract import required
from workbench.actions.judge import TableJudge, folds
from workbench.actions.train import by_family, settle
from workbench.core.dataset import DatasetRecord
from workbench.core.errors import NotFound, UsageError, WorkbenchError
from workbench.core.recipe import PRIMARY, Recipe, Task
from workbench.core.report import Finding
from workbench.core.split import TEST, TRAIN
from workbench.data.split import assign, drawn
from workbench.measures.metrics import METRICS
from workbench.training.family import families as known_families
from workbench.training.family import kin, settled, space, starts
from workbench.training.signature import sign
from workbench.training.train import truth_codes
from workbench.tuning.attempt import Attempt, Contender, front
from workbench.tuning.ending import Bag, Ending
from workbench.tuning.search import Outcome

BASELINE = "dummy"
RECENT = 200  # runs among which warm starts are looked for
WARM = 2  # of them a family
LAYERED = 1000  # rows: of fewer, what is gained by a second layer of a bag is mostly chance


class Plan:
    """What is tuned on what; read once."""

    def __init__(self, context: Context, asked: Mapping[str, Any]) -> None:
        self.context = context
        named = list(dict.fromkeys(asked["families"]))
        if not named:
            raise UsageError("No model family is chosen.", "Choose one or more.")
        self.notes: list[Finding] = []
        names = [name for name in named if self._loaded(name, len(named))]
        if not names:
            raise UsageError("None of these families can be used.", self.notes[0].sentence)
        self.record: DatasetRecord = context.datasets.get(str(asked["dataset"]))
        required(context, self.record)
        self.fixed = by_family(asked["params"])
        shared = {
            k: asked[k]
            for k in ("dataset", "target", "seed", "sensitive", "columns", "features", "split")
        }
        spare = sorted(set(self.fixed) - set(named))
        if spare:
            raise UsageError(f"There are parameters for {spare[0]!r}, which does not compete.")
        self.recipes = {name: self._recipe(shared, name) for name in names}
        self.frame = context.datasets.frame(self.record)
        first = next(iter(self.recipes.values()))
        self.seed = first.seed
        self.target = first.target or ""
        self.schema = self.record.schema.edited(roles={self.target: "target"})
        assert first.split is not None
        table = context.datasets.table(self.record)
        parts = assign(first.split, table, self.schema)
        signature = sign(first, self.frame, self.schema, parts).signature
        self.task: Task = signature.task
        unable = {n for n in names if self.task not in known_families.get(n).tasks}
        self.recipes = {n: r for n, r in self.recipes.items() if n not in unable}
        if not self.recipes:
            raise UsageError(
                f"None of these families can do {self.task}: {', '.join(names)}.",
                "Choose others: workbench train --help lists them.",
            )
        for name, recipe in self.recipes.items():  # a wrong parameter is said before any fit
            settled(known_families.get(name), self.task, recipe.params)
        self.notes += [_unable(name, self.task) for name in names if name in unable]
        self.metric = asked["metric"] or PRIMARY[self.task]
        if self.metric not in METRICS[self.task]:
            raise NotFound.among("metric", self.metric, list(METRICS[self.task]))
        self.higher = METRICS[self.task][self.metric].higher_is_better
        truth = truth_codes(self.frame[signature.target], signature)
        self.folds = folds(parts, truth, first, table, self.schema)

    def _loaded(self, family: str, named: int) -> bool:
        """Whether a family can be used; where it is one of several, a note says that it cannot."""
        try:
            known_families.get(family)
        except NotFound:
            raise
        except WorkbenchError as error:
            if named == 1:
                raise
            self.notes.append(Finding("family-absent", "warning", str(error), {}, family))
            return False
        return True

    def _recipe(self, shared: Mapping[str, Any], family: str) -> Recipe:
        recipe = Recipe.from_dict(
            {**shared, "family": family, "params": self.fixed.get(family, {})}
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
            begin = [*starts(family, self.task), *earlier.get(name, [])]
            found.append(Contender(name, tuned, tuple(begin)))
        return found

    def ending(self, minutes: float | None, keep: int) -> Ending:
        """How the time is shared between the search and what is trained at its end."""
        learned = sum(int((f == TRAIN).sum()) for f in self.folds) / len(self.folds)
        known = int((self.folds[0] != TEST).sum())
        alone = {f for f in self.recipes if hasattr(known_families.get(f), "members")}
        return Ending(
            seconds=None if minutes is None else 60 * minutes,
            keep=keep,
            judged=len(self.folds),
            growth=known / learned,
            higher=self.higher,
            alone=frozenset({BASELINE, *alone}),
            kin=lambda name: kin(known_families.get(name)),
            usual=self._usual,
            layers=2 if known >= LAYERED else 1,
            fits=self._fits,
        )

    def _usual(self, one: Attempt) -> bool:
        usual = known_families.get(one.family).defaults(self.task)
        return all(name in usual and usual[name] == value for name, value in one.params.items())

    def _fits(self, one: Attempt, folds: int) -> float:
        family = known_families.get(one.family)
        if not hasattr(family, "shared"):
            return folds
        whole = settled(family, self.task, self._won(one).params)
        share: Mapping[str, Any] = family.shared(whole, folds)
        return folds * float(share["n_estimators"] / whole["n_estimators"])

    def in_turns(self) -> bool:
        """Whether validation rows may take turns with those that are learned from."""
        split = next(iter(self.recipes.values())).split
        return split is not None and drawn(split, self.context.datasets.table(self.record))

    def winners(
        self,
        found: Outcome,
        keep: int,
        blend: bool = False,
        bag: Bag | None = None,
        quick: bool = False,
    ) -> list[Recipe]:
        """Recipes of the best attempts, the baseline's beside them, and of their bag or blend.

        With ``quick`` they are attempts that no other beats in both quality and latency: the best,
        the quickest and some between.
        """
        best = [a for f, a in found.best.items() if f != BASELINE][: max(1, keep)]
        if quick:
            best = self._front(found.attempts, max(1, keep))
        baseline = [found.best[BASELINE]] if BASELINE in found.best else []
        told = [self._won(a) for a in [*best, *baseline]]
        if bag is not None:
            more = {"folds": bag.folds, "refit": False, "layers": bag.layers}
            return [*told, self._holding("stack", bag.members, more)]
        if not blend or len(best) < 2 or any(a.family == "blend" for a in best):
            return told
        return [*told, self._holding("blend", best, {})]

    def _front(self, attempts: Sequence[Attempt], keep: int) -> list[Attempt]:
        points = [a for a in front(attempts, self.higher) if a.family != BASELINE][::-1]
        at = np.unique(np.linspace(0, len(points) - 1, min(keep, len(points))).round().astype(int))
        return [points[k] for k in at]

    def _won(self, one: Attempt) -> Recipe:
        recipe = self.recipes[one.family]
        return self._with(recipe, {**recipe.params, **one.params})

    def _holding(self, family: str, held: Sequence[Attempt], params: Mapping[str, Any]) -> Recipe:
        recipes = [self._won(a) for a in held]
        members = [{"family": r.family, "params": dict(r.params)} for r in recipes]
        return self._with(recipes[0], {"members": members, **params}, family=family)

    def _with(self, recipe: Recipe, params: Mapping[str, Any], **more: Any) -> Recipe:
        return Recipe.from_dict({**recipe.to_dict(), "params": params, **more})

    def judge(self) -> TableJudge:
        steady = self.context.settings.deterministic
        return TableJudge(self.recipes, self.frame, self.schema, self.folds, self.metric, steady)


def _unable(family: str, task: Task) -> Finding:
    tasks = ", ".join(known_families.get(family).tasks)
    sentence = f"{family} cannot do {task}, so it did not compete; it can do {tasks}."
    return Finding("family-unable", "warning", sentence, {}, family)


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

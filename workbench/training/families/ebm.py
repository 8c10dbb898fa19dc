"""Explainable boosting machine by interpret: boosting whose every part can be drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.additive import AdditiveClassifier, AdditiveRegressor
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps
from workbench.training.steps import tree_steps

EVERY = 25  # boosting steps between two looks at progress
ROUGHLY = 3_000  # steps of a bag; it stops by itself


class EBM:
    """A sum of one curve a column and some pairs, boosted in turns and averaged over bags.

    Each bag keeps 15 % of the training rows aside to stop by; the validation rows stay unseen.
    Categories are codes in the order of the target's mean, each with a bin of its own.
    """

    name = "ebm"
    title = "Explainable boosting machine"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "additive"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "interactions": 0 if task == "multiclass" else 10,
            "outer_bags": 4,
            "max_bins": 256,
            "learning_rate": 0.04 if task == "regression" else 0.02,
            "max_leaves": 2 if task == "regression" else 3,
            "min_samples_leaf": 4,
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"max_rounds", "early_stopping_rounds", "smoothing_rounds", "reg_lambda"}
        return frozenset({*self.defaults(task), *more, "max_interaction_bins"})

    def space(self, task: Task) -> Space:
        pairs = {} if task == "multiclass" else {"interactions": Whole(0, 30)}
        return {
            "learning_rate": Real(0.005, 0.1, log=True),
            "max_leaves": Whole(2, 5),
            "min_samples_leaf": Whole(2, 50, log=True),
            **pairs,
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        params = dict(problem.params)
        report = _Report(progress, int(params["outer_bags"]))
        regression = problem.task == "regression"
        kind = ExplainableBoostingRegressor if regression else ExplainableBoostingClassifier
        machine = kind(
            **params,
            feature_types=["continuous"] * problem.x.shape[1],
            random_state=problem.seed,
            n_jobs=1,  # more would be processes that nobody could stop
            callback=report,
        )
        machine.fit(problem.x, problem.y)
        if report.stopped is not None:
            raise report.stopped
        held = AdditiveRegressor if regression else AdditiveClassifier
        fitted = held(int(params["interactions"])).adopt(machine, problem.classes)
        steps = np.asarray(machine.best_iteration_).ravel()
        facts = {"terms": len(fitted.terms_), "steps": int(steps.sum())}
        return Fitted(fitted, {"inner_loss": report.losses} if report.losses else {}, facts)


class _Report:
    """Called after each boosting step; what is raised in it is kept, and ends the fit.

    interpret would hold an exception for the end of one bag, and begin the next.
    """

    def __init__(self, progress: Progress, bags: int) -> None:
        self.progress, self.bags = progress, bags
        self.losses: list[float] = []
        self.stopped: BaseException | None = None
        self._farthest = 0.0

    def __call__(self, bag: int, step: int, _going: bool, metric: float) -> bool:
        if self.stopped is None and step % EVERY == 0:
            try:
                self._tell(bag, step, metric)
            except BaseException as error:  # noqa: BLE001 - raised again after the fit
                self.stopped = error
        return self.stopped is not None

    def _tell(self, bag: int, step: int, metric: float) -> None:
        newest = None
        if bag == 0 and np.isfinite(metric):
            self.losses.append(float(metric))
            newest = {"inner_loss": float(metric), "step": float(step)}
        # pairs are boosted after all bags of single columns: back to the first bag
        share = (bag + min(0.99, step / ROUGHLY)) / self.bags
        self._farthest = max(self._farthest, min(0.99, share))
        self.progress(self._farthest, f"bag {bag + 1}, step {step}", newest)


FAMILY = EBM()

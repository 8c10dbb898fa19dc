"""Gradient-boosted trees by LightGBM."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import lightgbm as lgb
import numpy as np

from workbench.core.checkpoint import NOWHERE
from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Choice, Real, Space, Whole
from workbench.training.chunks import Chunks, pack, unpack
from workbench.training.cuda import fitted_on, place
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.quickskops import ask_once
from workbench.training.steps import tree_steps

METRIC = {"binary": "binary_logloss", "multiclass": "multi_logloss", "regression": "l2"}


class LightGBM:
    """Boosted trees on raw numbers and category codes, stopped early by the validation rows."""

    name = "lightgbm"
    title = "LightGBM"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    kin = "boosted trees"
    weighs = True

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "n_estimators": 1500,
            "learning_rate": 0.05,
            "num_leaves": 31,
            "min_child_samples": 20,
            "subsample": 0.9,
            "subsample_freq": 1,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
            "extra_trees": False,
            "device": "auto",
            "early_stopping": 60,  # rounds without a gain that anybody could see
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {
            "max_depth",
            "min_split_gain",
            "min_child_weight",
            "reg_alpha",
            "max_bin",
            "path_smooth",
        }
        classes = set() if task == "regression" else {"class_weight"}
        weight = {"scale_pos_weight"} if task == "binary" else set()
        return frozenset({*self.defaults(task), *more, *classes, *weight})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "num_leaves": Whole(4, 255, log=True),
            "min_child_samples": Whole(2, 200, log=True),
            "subsample": Real(0.5, 1.0),
            "colsample_bytree": Real(0.2, 1.0),
            "reg_lambda": Real(1e-3, 100, log=True),
            "extra_trees": Choice((False, True)),
        }

    def starts(self, task: Task) -> list[dict[str, Any]]:
        # thresholds by chance err on other rows than the best ones do, and often on fewer
        return [{**self.defaults(task), "extra_trees": True}]

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        chosen = place(problem.params["device"], self.title, problem, _tiny)
        return fitted_on(chosen, lambda device: self._fit(problem, device, progress), progress)

    def _fit(self, problem: Problem, device: str, progress: Progress) -> Fitted:
        params = {k: v for k, v in problem.params.items() if k != "device"}
        if device == "cuda":
            params |= {"device_type": "cuda"}
            problem = replace(problem, checkpoint=NOWHERE)  # its sums differ from fit to fit
        patience, total = int(params.pop("early_stopping")), int(params["n_estimators"])
        kind = lgb.LGBMRegressor if problem.task == "regression" else lgb.LGBMClassifier
        course = _Course(problem, progress)
        begun = course.resume()
        valid: dict[str, Any] = {}
        if problem.x_valid is not None:
            valid = {
                "eval_X": problem.x_valid,
                "eval_y": problem.y_valid,
                "eval_names": ["valid"],
                "eval_metric": METRIC[problem.task],
            }
            course.patience = patience
        model = kind(
            **{**params, "n_estimators": total - course.done},
            random_state=problem.seed,
            n_jobs=cores(problem),
            deterministic=True,
            force_row_wise=True,
            verbosity=-1,
        )
        try:
            model.fit(
                problem.x,
                problem.y,
                problem.weights,
                callbacks=[course.chunks, course],
                init_model=begun,
                **valid,
            )
        except lgb.basic.LightGBMError as error:
            raise UsageError(
                f"LightGBM refused: {str(error).partition(' at /')[0].strip()}.",
                "Check the parameters.",
            ) from error
        # which cores and device there were, and where it went on from, is no part of the model
        model.set_params(n_jobs=None, n_estimators=total)
        for held in (vars(model), vars(model)["_other_params"]):
            held.pop("device_type", None)
        vars(model.booster_)["_Booster__init_predictor"] = None
        vars(model)["_evals_result"] = {}  # a file for each number; the run keeps the course
        losses = course.losses
        best = int(model.best_iteration_ or model.n_estimators_)
        return Fitted(model, {"valid_loss": losses} if losses else {}, {"best_iteration": best})


def _tiny() -> None:
    """A model of forty rows, fitted on the GPU; most builds have no CUDA, and say so."""
    rows = np.arange(40, dtype=np.float32)[:, None]
    told = {"device_type": "cuda", "verbosity": -1, "min_child_samples": 1, "num_leaves": 2}
    lgb.train(told, lgb.Dataset(rows, rows[:, 0]), num_boost_round=1)


class _Course:
    """A callback of one fit: tells how far it is, stops it early, and leaves checkpoints.

    An exception that ``progress`` raises in it ends the fit.
    """

    before_iteration = False
    order = 10

    def __init__(self, problem: Problem, progress: Progress) -> None:
        self.total = int(problem.params["n_estimators"])
        self.patience = 0
        # gains that nobody could see are none
        self.least = 1e-5 * (float(problem.y.var()) if problem.task == "regression" else 1.0)
        self.losses: list[float] = []
        self.done = 0  # rounds, when it began
        self.chunks = Chunks(problem.seed, _drawn_every(problem.params))
        self._progress, self._checkpoint = progress, problem.checkpoint
        self._width = problem.x.shape[1]
        self._best, self._lowest = 0, math.inf

    def __call__(self, env: Any) -> None:
        loss = next((float(r[2]) for r in env.evaluation_result_list or ()), None)
        if loss is not None:
            self._hear(loss)
        rounds = env.iteration + 1
        metrics = None if loss is None else {"valid_loss": loss, "iteration": float(rounds)}
        self._progress(rounds / self.total, f"round {rounds}", metrics)
        waited = len(self.losses) - 1 - self._best
        if self.patience > 0 and (waited >= self.patience or rounds == self.total):
            raise lgb.callback.EarlyStopException(self._best, env.evaluation_result_list)
        if rounds % self.chunks.length == 0 and rounds < self.total:
            self._checkpoint.offer(lambda: self._state(env.model, rounds))

    def _hear(self, loss: float) -> None:
        if loss < self._lowest - self.least or not self.losses:
            self._best, self._lowest = len(self.losses), loss
        self.losses.append(loss)

    def _state(self, model: Any, rounds: int) -> bytes:
        trees = model.model_to_string(num_iteration=-1)
        told = {"rounds": rounds, "losses": self.losses}
        return pack(lgb.__version__, told, trees.encode())

    def resume(self) -> Any:
        """The trees of a fit that was cut short, with what it had learned; None: begin anew."""
        kept = unpack(self._checkpoint.last(), lgb.__version__)
        if kept is None or kept[0]["rounds"] >= self.total:
            return None
        told, content = kept
        trees = lgb.Booster(model_str=content.decode())
        if trees.num_feature() != self._width:
            return None  # it is another table's
        for loss in told["losses"]:
            self._hear(loss)
        self.done = int(told["rounds"])
        self._progress(self.done / self.total, f"going on after round {self.done}")
        return trees


def _drawn_every(params: Mapping[str, Any]) -> int:
    """Every how many rounds rows are drawn; 0: all are always used."""
    return int(params["subsample_freq"]) if float(params["subsample"]) < 1 else 0


ask_once(lgb.Booster)
FAMILY = LightGBM()

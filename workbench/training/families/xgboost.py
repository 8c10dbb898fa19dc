"""Gradient-boosted trees by XGBoost."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import xgboost as xgb

from workbench.core.checkpoint import NOWHERE
from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.chunks import CHUNK, pack, seeds, unpack
from workbench.training.cuda import fitted_on, place
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.quickskops import ask_once
from workbench.training.steps import tree_steps

METRIC = {"binary": "logloss", "multiclass": "mlogloss", "regression": "rmse"}


class XGBoost:
    """Boosted trees on raw numbers and category codes, stopped early by the validation rows."""

    name = "xgboost"
    title = "XGBoost"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    kin = "boosted trees"
    weighs = True

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "n_estimators": 1500,
            "learning_rate": 0.05,
            "max_depth": 6,
            "min_child_weight": 2.0,
            "subsample": 0.9,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
            "early_stopping": 60,
            "device": "auto",
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"gamma", "reg_alpha", "max_bin", "max_leaves", "grow_policy", "colsample_bynode"}
        weight = {"scale_pos_weight"} if task == "binary" else set()
        return frozenset({*self.defaults(task), *more, *weight})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "max_depth": Whole(2, 12),
            "min_child_weight": Real(0.5, 100, log=True),
            "subsample": Real(0.5, 1.0),
            "colsample_bytree": Real(0.2, 1.0),
            "reg_lambda": Real(1e-3, 100, log=True),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        chosen = place(problem.params["device"], self.title, problem, _tiny)
        return fitted_on(chosen, lambda device: self._fit(problem, device, progress), progress)

    def _fit(self, problem: Problem, device: str, progress: Progress) -> Fitted:
        params = {k: v for k, v in problem.params.items() if k != "device"}
        patience, total = int(params.pop("early_stopping")), int(params["n_estimators"])
        if device == "cuda":
            problem = replace(problem, checkpoint=NOWHERE)  # its sums differ from fit to fit
        course = _Course(problem, patience, progress)
        begun = course.resume()
        kind = xgb.XGBRegressor if problem.task == "regression" else xgb.XGBClassifier
        judged = problem.x_valid is not None
        model = kind(
            **{**params, "n_estimators": total - course.done},
            random_state=problem.seed,
            n_jobs=cores(problem),
            device=device,
            eval_metric=METRIC[problem.task],
            callbacks=[Chunks(problem.seed, course.done), course],
        )
        valid = [(problem.x_valid, problem.y_valid)] if judged else None
        try:
            model.fit(
                problem.x,
                problem.y,
                sample_weight=problem.weights,
                eval_set=valid,
                verbose=False,
                xgb_model=begun,
            )
        except xgb.core.XGBoostError as error:
            raise UsageError(
                f"XGBoost refused: {_last(str(error))}", "Check the parameters."
            ) from error
        losses = course.losses
        best = course.best + 1 if judged and patience > 0 else total
        # what is kept knows neither the machine's cores nor who listened to its training
        model.set_params(callbacks=None, n_jobs=None, device="cpu", n_estimators=total)
        model._Booster = model.get_booster()[:best]  # noqa: SLF001
        model.get_booster().set_param({"device": "cpu"})
        return Fitted(model, {"valid_loss": losses} if losses else {}, {"best_iteration": best})


class Chunks(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """From the second chunk of rounds on, each draws rows and columns from a seed of its own.

    Parameters
    ----------
    done
        Rounds of an earlier fit that this one goes on with.
    """

    def __init__(self, seed: int, done: int = 0) -> None:
        super().__init__()
        self.seed, self.done = seed, done

    def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        chunk, within = divmod(epoch + self.done, CHUNK)
        if chunk and not within:
            # columns are drawn by what grows the trees, which is made anew when this changes; a
            # parameter counts from the next look at the model on
            model.set_param({"tree_method": "approx"})
            model.num_boosted_rounds()
            model.set_param({"tree_method": "hist", "seed": seeds(self.seed, chunk)[0]})
            model.num_boosted_rounds()
        return False


class _Course(xgb.callback.TrainingCallback):  # type: ignore[misc]
    """Tells how far a fit is after each round, stops it early, and leaves checkpoints.

    An exception that ``progress`` raises in it ends the fit.
    """

    def __init__(self, problem: Problem, patience: int, progress: Progress) -> None:
        super().__init__()
        self.total = int(problem.params["n_estimators"])
        self.patience = patience
        self.losses: list[float] = []
        self.best, self._lowest = 0, math.inf
        self.done = 0  # rounds, when it began
        self._progress, self._checkpoint = progress, problem.checkpoint
        self._width = problem.x.shape[1]

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        rounds = self.done + epoch + 1
        newest = None
        if evals_log:
            self._hear(float(next(iter(next(iter(evals_log.values())).values()))[-1]))
            newest = {"valid_loss": self.losses[-1], "iteration": float(rounds)}
        self._progress(rounds / self.total, f"round {rounds}", newest)
        if 0 < self.patience <= len(self.losses) - 1 - self.best:
            return True
        if rounds % CHUNK == 0 and rounds < self.total:
            self._checkpoint.offer(lambda: self._state(model, rounds))
        return False

    def _hear(self, loss: float) -> None:
        if loss < self._lowest or not self.losses:
            self.best, self._lowest = len(self.losses), loss
        self.losses.append(loss)

    def _state(self, model: Any, rounds: int) -> bytes:
        told = {"rounds": rounds, "losses": self.losses}
        return pack(xgb.__version__, told, bytes(model.save_raw("ubj")))

    def resume(self) -> Any:
        """The trees of a fit that was cut short, with what it had learned; None: begin anew."""
        kept = unpack(self._checkpoint.last(), xgb.__version__)
        if kept is None or kept[0]["rounds"] >= self.total:
            return None
        told, content = kept
        trees = xgb.Booster()
        trees.load_model(bytearray(content))
        if trees.num_features() != self._width:
            return None  # it is another table's
        for loss in told["losses"]:
            self._hear(loss)
        self.done = int(told["rounds"])
        self._progress(self.done / self.total, f"going on after round {self.done}")
        return trees


def _tiny() -> None:
    """A model of two rows, fitted on the GPU."""
    if not xgb.build_info().get("USE_CUDA"):
        raise RuntimeError("this build of XGBoost has no CUDA")
    rows = xgb.DMatrix([[0.0], [1.0]], label=[0, 1])
    xgb.train({"device": "cuda", "max_depth": 1, "verbosity": 0}, rows, num_boost_round=1)


def _last(message: str) -> str:
    """The sentence among XGBoost's stack of addresses."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if "Check failed" in line or "Invalid" in line] or lines[:1]
    return told[0].partition("] ")[2] or told[0]


ask_once(xgb.Booster)
FAMILY = XGBoost()

"""Gradient-boosted oblivious trees by CatBoost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import catboost as cb

from workbench.core.checkpoint import NOWHERE, Checkpoint
from workbench.core.errors import UsageError
from workbench.core.progress import Progress
from workbench.core.recipe import Preparation, Task
from workbench.core.space import Real, Space, Whole
from workbench.training.chunks import pack, unpack
from workbench.training.cuda import fitted_on, place
from workbench.training.family import ALL_TASKS, Explainer, Fitted, Problem, Steps, cores
from workbench.training.oblivious import CatClassifier, CatRegressor
from workbench.training.share import among
from workbench.training.steps import tree_steps

# its processor's number of borders, so that the device decides less
GPU = {"task_type": "GPU", "devices": "0", "border_count": 254}
ROUND, TESTED = re.compile(r"(\d+):\s"), re.compile(r"\btest: (\S+)")  # in a line of its log
LOSS = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE"}


class CatBoost:
    """Symmetric trees on raw numbers and category codes, stopped early by the validation rows.

    Categories go in as codes in the order of the target's mean: CatBoost's own statistics of
    categories cannot leave it (its ONNX export refuses them, too).
    """

    name = "catboost"
    title = "CatBoost"
    tasks: tuple[Task, ...] = ALL_TASKS
    explainer: Explainer = "trees"
    kin = "boosted trees"

    def defaults(self, task: Task) -> dict[str, Any]:
        return {
            "iterations": 4000,
            "learning_rate": 0.05,
            "depth": 6,
            "l2_leaf_reg": 3.0,
            "random_strength": 1.0,
            "bagging_temperature": 1.0,
            "early_stopping": 60,
            "device": "auto",
        }

    def parameters(self, task: Task) -> frozenset[str]:
        more = {"border_count", "rsm", "min_data_in_leaf", "leaf_estimation_iterations"}
        classes = set() if task == "regression" else {"class_weights"}
        return frozenset({*self.defaults(task), *more, *classes})

    def space(self, task: Task) -> Space:
        return {
            "learning_rate": Real(0.01, 0.3, log=True),
            "depth": Whole(2, 10),
            "l2_leaf_reg": Real(0.1, 100, log=True),
            "random_strength": Real(0.01, 10, log=True),
            "bagging_temperature": Real(0.0, 10.0),
        }

    def steps(self, preparation: Preparation, width: int) -> Steps:
        return tree_steps(preparation)

    def fit(self, problem: Problem, progress: Progress) -> Fitted:
        asked = problem.params["device"]
        if asked == "auto" and float(problem.params.get("rsm") or 1) < 1:
            asked = "cpu"  # its GPU trees cannot leave columns out
        chosen = place(asked, self.title, problem, _tiny)
        return fitted_on(chosen, lambda device: self._fit(problem, device, progress), progress)

    def _fit(self, problem: Problem, device: str, progress: Progress) -> Fitted:
        with _snapshots(problem if device == "cpu" else replace(problem, checkpoint=NOWHERE)) as it:
            try:
                return self._fitted(problem, device, progress, it)
            except UsageError:
                if not it.begun:
                    raise
            it.forget()  # it is of another table, or of other parameters
            return self._fitted(problem, device, progress, it)

    def _fitted(
        self, problem: Problem, device: str, progress: Progress, snapshots: _Snapshots
    ) -> Fitted:
        params = {k: v for k, v in problem.params.items() if k != "device"}
        patience = int(params.pop("early_stopping"))
        report = _Report(progress, int(params["iterations"]), snapshots)
        if device == "cuda":
            params = {**GPU, "gpu_ram_part": 0.95 / among(), **params}
        kind = cb.CatBoostRegressor if problem.task == "regression" else cb.CatBoostClassifier
        model = kind(
            **params,
            loss_function=LOSS[problem.task],
            bootstrap_type="Bayesian",
            random_seed=problem.seed,
            thread_count=cores(problem),
            **snapshots.place,
            verbose=device == "cuda",
        )
        judged = problem.x_valid is not None
        stop = {"early_stopping_rounds": patience} if judged and patience > 0 else {}
        # on a GPU it calls nobody after a round, but writes a line
        heard = {"callbacks": [report]} if device == "cpu" else {"log_cout": report}
        try:
            model.fit(
                problem.x,
                problem.y,
                eval_set=(problem.x_valid, problem.y_valid) if judged else None,
                use_best_model=bool(stop),
                **heard,
                **snapshots.asked,
                **stop,
            )
        except cb.CatBoostError as error:
            if report.stopped is None:
                raise UsageError(
                    f"CatBoost refused: {_last(str(error))}", "Check the parameters."
                ) from error
        if report.stopped is not None:
            raise report.stopped
        held = CatRegressor if problem.task == "regression" else CatClassifier
        fitted = held(int(params["depth"]), float(params["learning_rate"]))
        fitted.adopt(model, problem.x.shape[1])
        losses = report.losses
        if snapshots.begun and judged and not losses:  # it had been cut short after its last round
            losses = list(next(iter(model.get_evals_result()["validation"].values())))
        history = {"valid_loss": losses} if losses else {}
        return Fitted(fitted, history, {"best_iteration": int(model.tree_count_)})


class _Report:
    """Says how far it is after each round; what is raised there is kept, and ends the fit.

    CatBoost would turn an exception into one of its own.
    """

    def __init__(self, progress: Progress, total: int, snapshots: _Snapshots | None = None) -> None:
        self.progress, self.total, self.snapshots = progress, total, snapshots
        self.losses: list[float] = []
        self.stopped: BaseException | None = None

    def after_iteration(self, info: Any) -> bool:
        valid = info.metrics.get("validation")
        told = next(iter(valid.values())) if valid else []
        if not self.losses and len(told) > 1:  # it went on: the earlier ones are told with it
            self.losses = [float(loss) for loss in told[:-1]]
        if self.snapshots is not None:
            self.snapshots.offer()
        return self._tell(int(info.iteration), float(told[-1]) if valid else None)

    def write(self, text: str) -> None:
        """A line of its log, which is all that it says on a GPU; it cannot be stopped there."""
        for line in text.splitlines():
            found, tested = ROUND.match(line), TESTED.search(line)
            if found and self.stopped is None:
                self._tell(int(found[1]) + 1, float(tested[1]) if tested else None)

    def _tell(self, at: int, loss: float | None) -> bool:
        if loss is not None:
            self.losses.append(loss)
        newest = None if loss is None else {"valid_loss": loss, "iteration": float(at)}
        try:
            self.progress(min(1.0, at / self.total), f"round {at}", newest)
        except BaseException as error:  # noqa: BLE001 - raised again after the fit
            self.stopped = error
            return False
        return True


class _Snapshots:
    """CatBoost's own snapshots of a fit, handed on to its checkpoint; none where that keeps none.

    A snapshot holds the random numbers, too, so a fit that goes on ends in the same bits.
    """

    def __init__(self, folder: Path, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.file = folder / "snapshot"
        self.begun = False
        self.place: dict[str, Any] = {"allow_writing_files": False}
        self.asked: dict[str, Any] = {}
        if math.isinf(checkpoint.period):
            return
        self.place = {"allow_writing_files": True, "train_dir": str(folder)}
        self.asked = {
            "save_snapshot": True,
            "snapshot_file": self.file.name,
            "snapshot_interval": int(checkpoint.period),
        }
        kept = unpack(checkpoint.last(), cb.__version__)
        if kept is not None:
            self.file.write_bytes(kept[1])
            self.begun = True
        self._seen = self._stamp()

    def _stamp(self) -> int:
        return self.file.stat().st_mtime_ns if self.file.is_file() else 0

    def offer(self) -> None:
        """Hand on a snapshot that was written since the last call."""
        if self.asked and (stamp := self._stamp()) != self._seen:
            self._seen = stamp
            self.checkpoint.offer(lambda: pack(cb.__version__, {}, self.file.read_bytes()))

    def forget(self) -> None:
        self.file.unlink(missing_ok=True)
        self.begun = False


@contextmanager
def _snapshots(problem: Problem) -> Iterator[_Snapshots]:
    with TemporaryDirectory() as folder:
        yield _Snapshots(Path(folder), problem.checkpoint)


def _tiny() -> None:
    """A model of four rows, fitted on the GPU."""
    told = {"task_type": "GPU", "devices": "0", "verbose": False, "allow_writing_files": False}
    cb.CatBoostRegressor(iterations=1, depth=1, gpu_ram_part=0.05, **told).fit(
        [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 4.0]
    )


def _last(message: str) -> str:
    """The sentence behind CatBoost's addresses in its source."""
    first = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return first.partition(": ")[2] or first


FAMILY = CatBoost()

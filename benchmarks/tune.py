"""A sweep of LightGBM attempts: ours beside Optuna alone with the same model on the same rows.

Each subject is a process of its own; the seconds are those of the attempts alone, once the table
is prepared. All ask the same estimator (150 rounds, no early stopping, the same random numbers)
within the same space, judge by AUC on the same rows, and keep every attempt in a journal. Ours also
keeps each row's loss, the latency and the seconds of each attempt, and watches for hopeless ones.
Giving these up saves rounds that Optuna alone fits; so there is a subject of ours that watches as
much and gives none up. It proposes what Optuna alone proposes: what lies between is the overhead.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from harness import Sample, Subject, arguments, machine, rounds, table, write

HEAD = """
import resource, sys, time
from pathlib import Path
folder, attempts = Path(sys.argv[1]), int(sys.argv[2])
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
"""
TAIL = """
cpu, began = spent(), time.perf_counter()
work()
took, used = time.perf_counter() - began, spent() - cpu
print(took, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PLAN = """
import tempfile
from workbench.workspace import Workspace
from workbench.actions.plan import Plan
from workbench.tuning.search import Budget, Search
from workbench.tuning.studies import Studies
ws = Workspace(folder)
held = {"lightgbm": {"n_estimators": 150, "early_stopping": 0}}
plan = Plan(ws.context, {
    "dataset": "made", "families": ["lightgbm"], "target": "y", "seed": 0, "sensitive": "use",
    "columns": None, "features": None, "split": None, "params": held, "metric": "roc_auc"})
contenders, judge = plan.contenders(), plan.judge()
ground = judge._ground("lightgbm", 0)
place = Path(tempfile.mkdtemp()) / "journal"
"""
OURS = (
    PLAN
    + """
def work():
    studies = Studies(place, contenders, higher=True, seed=0)
    Search(studies, contenders, judge, Budget(attempts, still=10**6)).run()
"""
)
PATIENT = (
    """
import optuna
optuna.pruners.SuccessiveHalvingPruner.prune = lambda *_: False
"""
    + OURS
)
OPTUNA = (
    PLAN
    + """
import lightgbm as lgb, optuna
from sklearn.metrics import roc_auc_score
from workbench.training.chunks import Chunks
from workbench.training.family import cores
optuna.logging.set_verbosity(optuna.logging.WARNING)
x, y, x_valid, y_valid = (getattr(ground.problem, n) for n in ("x", "y", "x_valid", "y_valid"))
def objective(trial):
    model = lgb.LGBMClassifier(
        n_estimators=150, subsample_freq=1, random_state=0, deterministic=True, force_row_wise=True,
        verbosity=-1, n_jobs=cores(ground.problem),
        learning_rate=trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        num_leaves=trial.suggest_int("num_leaves", 4, 255, log=True),
        min_child_samples=trial.suggest_int("min_child_samples", 2, 200, log=True),
        subsample=trial.suggest_float("subsample", 0.5, 1.0),
        colsample_bytree=trial.suggest_float("colsample_bytree", 0.2, 1.0),
        reg_lambda=trial.suggest_float("reg_lambda", 1e-3, 100, log=True))
    model.fit(x, y, eval_set=[(x_valid, y_valid)], eval_metric="binary_logloss",
        callbacks=[Chunks(0, int(model.subsample < 1))])  # the random numbers that ours draws
    return roc_auc_score(y_valid, model.predict_proba(x_valid)[:, 1])
def work():
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(place)))
    sampler = optuna.samplers.TPESampler(seed=REPLAY, multivariate=True, n_startup_trials=8)
    study = optuna.create_study(direction="maximize", storage=storage, sampler=sampler)
    study.enqueue_trial({"learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 20,
        "subsample": 0.9, "colsample_bytree": 0.6, "reg_lambda": 1.0})
    study.optimize(objective, n_trials=attempts)
"""
)


def make(folder: Path, rows: int) -> None:
    """A workspace with one table of mixed difficulty."""
    from workbench.workspace import Workspace

    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 20)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(3 * x[:, 3]) + rng.normal(size=rows)
    frame = pd.DataFrame({f"x{i}": x[:, i] for i in range(20)} | {"y": (score > 0).astype(int)})
    Workspace(folder).import_data(frame, name="made", target="y")


def subject(name: str, program: str, folder: Path, attempts: int, ours: bool = False) -> Subject:
    def measure() -> Sample:
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "ignore",
                "-c",
                HEAD + program + TAIL,
                str(folder),
                str(attempts),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr[-2000:]}")
        wall, cpu, memory = map(float, done.stdout.split()[-3:])
        return Sample(wall, cpu, memory)

    return Subject(name, measure, ours)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--attempts", type=int, default=50)
    options = parser.parse_args()
    print(machine())
    # the same stream of proposals as ours: it is the overhead that is asked for
    replay = zlib.crc32(b"lightgbm") % 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ws"
        make(folder, options.rows)
        alone = OPTUNA.replace("REPLAY", str(replay))
        found = rounds(
            [
                subject("workbench", OURS, folder, options.attempts, ours=True),
                subject("workbench, none given up", PATIENT, folder, options.attempts),
                subject("Optuna alone", alone, folder, options.attempts),
            ],
            options.rounds,
        )
    print(table(found, "workbench"))
    write(options.json, found)


if __name__ == "__main__":
    main()

"""Exact TreeSHAP: ours beside LightGBM's and XGBoost's own contributions and shap's explainer.

All in one process, on the same models, rows and number of threads, compiled and warm. Peers explain
fewer rows (their cost is the same for every row), so speeds are rows per CPU second. The first
call of ours, which compiles, is measured in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Sample, Subject, arguments, machine, median, rounds, write

FIRST = """
import time
began = time.perf_counter()
import numpy as np
from workbench.explanation import treeshap
from workbench.trees import Ensemble, Tree
loaded = time.perf_counter()
none = np.array([1, -1, -1])
tree = Tree(none * 0, none * 0.0, none, none + 1, none < 0, none[:, None] * 1.0, none * 0 + 1.0)
treeshap.contributions(treeshap.plan(Ensemble([tree], np.zeros(1)), 1), np.ones((1, 1)), 1)
print(loaded - began, time.perf_counter() - loaded)
"""


def first_call() -> None:
    """Seconds of the first call, without and with what it keeps on disk."""
    with tempfile.TemporaryDirectory() as folder:
        for kept in ("nothing", "the compiled code"):
            done = subprocess.run(
                [sys.executable, "-c", FIRST],
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
                capture_output=True,
                text=True,
                check=True,
            )
            loaded, called = map(float, done.stdout.split())
            print(f"first call with {kept} on disk: {called:.2f} s, after {loaded:.2f} s of import")


def models(rows: int, threads: int) -> tuple[dict[str, Any], np.ndarray]:
    """One model of each kind on a made table of 30 columns, and the table."""
    import lightgbm
    import xgboost
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, 30)).astype(np.float32)
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(3 * x[:, 3]) + draw.normal(size=rows)
    y = (score > 0).astype(int)
    made: dict[str, Any] = {
        "LightGBM": lightgbm.LGBMClassifier(
            n_estimators=200, num_leaves=31, n_jobs=threads, verbose=-1
        ),
        "XGBoost": xgboost.XGBClassifier(n_estimators=200, max_depth=5, n_jobs=threads),
        "histogram boosting": HistGradientBoostingClassifier(
            max_iter=200, max_leaf_nodes=31, early_stopping=False
        ),
        "random forest": RandomForestClassifier(
            100, min_samples_leaf=5, n_jobs=threads, random_state=0
        ),
    }
    return {name: model.fit(x[:50_000], y[:50_000]) for name, model in made.items()}, x


def timed(work: Callable[[], Any], rows: int) -> Callable[[], Sample]:
    """A measurement of ``work`` in this process."""

    def measure() -> Sample:
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        spent, took = time.process_time() - cpu, time.perf_counter() - wall
        return Sample(took, spent, more={"rows_per_cpu_s": rows / spent})

    return measure


def contenders(
    name: str, model: Any, x: np.ndarray, threads: int, peer_rows: int
) -> dict[str, tuple[Callable[[], np.ndarray], int]]:
    """What explains a model, ours first: the work, and how many rows it explains."""
    import shap
    import xgboost

    from workbench.explanation.treeshap import contributions, plan
    from workbench.trees import read

    trees = plan(read(model), x.shape[1])
    few = x[:peer_rows]
    mine = x if name != "random forest" else few  # a row of it takes as long as many of the others
    found: dict[str, tuple[Callable[[], np.ndarray], int]] = {
        "workbench": (lambda: contributions(trees, mine, threads)[:, :, -1], len(mine))
    }
    if name == "LightGBM":
        booster = model.booster_
        theirs = lambda: booster.predict(few, pred_contrib=True, num_threads=threads)[:, :-1]  # noqa: E731
        found["pred_contrib"] = (theirs, len(few))
    elif name == "XGBoost":
        booster = model.get_booster()
        booster.set_param({"nthread": threads})
        data = xgboost.DMatrix(few, nthread=threads)
        found["pred_contribs"] = (
            lambda: booster.predict(data, pred_contribs=True)[:, :-1],
            len(few),
        )
    if name != "LightGBM":  # there shap asks LightGBM
        least = few if name != "random forest" else few[:10]
        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
        found["shap"] = (
            lambda: _one(explainer.shap_values(least, check_additivity=False)),
            len(least),
        )
    return found


def _one(values: Any) -> np.ndarray:
    values = np.asarray(values)
    return values if values.ndim == 2 else values[:, :, -1]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--peer-rows", type=int, default=1_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    print(machine())
    first_call()
    made, x = models(options.rows, options.threads)
    subjects, difference = [], {}
    for name, model in made.items():
        works = contenders(name, model, x, options.threads, options.peer_rows)
        ours = next(iter(works.values()))[0]()
        for label, (work, rows) in works.items():
            difference[f"{name}: {label}"] = float(np.abs(work() - ours[:rows]).max())
            subjects.append(
                Subject(f"{name}: {label}", timed(work, rows), ours=label == "workbench")
            )
    found = rounds(subjects, options.rounds)
    print("| | rows | rows per CPU s | rows per s | ours / theirs, CPU | largest difference |")
    print("|---|---|---|---|---|---|")
    for label, samples in found.items():
        speed = {n: np.median([s.more["rows_per_cpu_s"] for s in v]) for n, v in found.items()}
        own = speed[label.split(":")[0] + ": workbench"]
        rows = round(samples[0].more["rows_per_cpu_s"] * samples[0].cpu)
        print(
            f"| {label} | {rows:,} | {speed[label]:,.0f} | {rows / median(samples, 'wall'):,.0f}"
            f" | {own / speed[label]:.1f} | {difference[label]:.1e} |"
        )
    write(options.json, found)


if __name__ == "__main__":
    main()

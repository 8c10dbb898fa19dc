"""``--auto`` beside AutoGluon: the same minutes on the same cores, judged on the same test rows.

Both get the rows that are not for testing: ours keeps some of them for stopping and choosing, as
its recipe says, AutoGluon does with them what its preset does. One subject after the other, the
order turned from data set to data set. The difference is AutoGluon minus ours of the task's primary
metric, with its 95% interval from paired bootstrap draws of the test rows. What AutoGluon said is
kept in ``--work`` and not asked again, so that ours can be run anew.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from harness import machine

from workbench.core.recipe import PRIMARY
from workbench.core.split import PARTS, TEST
from workbench.evaluation.evaluate import sample_of
from workbench.measures.intervals import paired
from workbench.measures.metrics import METRICS
from workbench.objects import Run
from workbench.workspace import Workspace

FIT = Path(__file__).parent / "peers" / "autogluon_fit.py"
TABLES = (
    "german_credit", "adult", "california_housing", "default_credit", "covertype_10k",
    "bank_marketing",
)  # fmt: skip
THEIRS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}


def parted(ws: Workspace, name: str, folder: Path) -> tuple[Any, str]:
    """The data set, with its rows for AutoGluon beside it, and the metric of its task."""
    data = ws.import_data(name)
    folder.mkdir(parents=True, exist_ok=True)
    first = ws.train(data, ["dummy"], seed=7).best
    kept = first.predictions()
    test = kept.loc[kept["part"] == PARTS[TEST], "row"].to_numpy()
    target = data.schema.target.name
    names = [c.name for c in data.schema.having("feature", "sensitive")]
    frame = data.frame()[[*names, target]]
    for column in frame.columns:  # as pandas 2 of the peer's environment reads it, too
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].astype(object)
    frame.loc[test].to_parquet(folder / "test.parquet")
    frame[frame[target].notna()].drop(index=test).to_parquet(folder / "train.parquet")
    assert first.record.signature is not None
    return data, PRIMARY[first.record.signature.task]


def ours(ws: Workspace, data: Any, minutes: float) -> tuple[Run, float]:
    began = time.perf_counter()
    sweep = ws.tune(data, auto=True, minutes=minutes, seed=7)
    return sweep.best, time.perf_counter() - began


def theirs(python: str, folder: Path, data: Any, metric: str, asked: Any) -> tuple[str, float]:
    kept = folder / f"{asked.preset}-{asked.minutes:g}.json"
    if kept.is_file():
        said = json.loads(kept.read_text())
        return said["model"], said["seconds"]
    words = [str(folder), data.schema.target.name, THEIRS[metric], str(60 * asked.minutes)]
    done = subprocess.run(
        [python, "-W", "ignore", str(FIT), *words, asked.preset],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"AutoGluon on {data.name}: {done.stderr[-2000:]}")
    took, model = done.stdout.split()[-2:]
    shutil.rmtree(folder / "autogluon")
    kept.write_text(json.dumps({"model": model, "seconds": float(took)}))
    return model, float(took)


def apart(run: Run, folder: Path, metric: str) -> list[str]:
    """Our value, theirs, and the difference with its interval."""
    signature = run.record.signature
    assert signature is not None
    kept = run.predictions()
    kept = kept[kept["part"] == PARTS[TEST]].set_index("row")
    given = pd.read_parquet(folder / "scores.parquet")
    kept = kept.loc[given.index]
    if signature.task == "regression":
        scores = [kept["value"].to_numpy(), given["value"].to_numpy()]
    else:
        columns = [f"score_{k}" for k in range(len(signature.classes))]
        scores = [kept[columns].to_numpy(), given[list(signature.classes)].to_numpy()]
    samples = [sample_of(kept["truth"].to_numpy(), s, signature) for s in scores]
    mine, other = paired(samples, {metric: METRICS[signature.task][metric]}, draws=1000, seed=0)
    found = other[metric].minus(mine[metric]).interval()
    side = found.side if METRICS[signature.task][metric].higher_is_better else -found.side
    verdict = {1: "AutoGluon", -1: "workbench", 0: "no difference shown"}[side]
    return [
        f"{mine[metric].value:.4f}",
        f"{other[metric].value:.4f}",
        f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})",
        verdict,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="a Python that has autogluon.tabular")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--preset", default="best_quality")
    parser.add_argument("--only", default="", help="data sets, comma between")
    parser.add_argument("--work", type=Path, help="where what AutoGluon said is kept")
    options = parser.parse_args()
    print(machine())
    print("| data set | metric | workbench | AutoGluon | difference | better | seconds | models |")
    print("|---|---|---|---|---|---|---|---|")
    names = [n for n in options.only.split(",") if n] or TABLES
    for number, name in enumerate(names):
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.work or Path(temporary)) / name
            ws = Workspace(Path(temporary) / "ws")
            data, metric = parted(ws, name, folder)
            found: dict[str, Any] = {}
            for who in ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours"):
                if who == "ours":
                    found[who] = ours(ws, data, options.minutes)
                else:
                    found[who] = theirs(options.peers, folder, data, metric, options)
            (run, mine), (model, other) = found["ours"], found["theirs"]
            cells = apart(run, folder, metric)
            print(
                f"| {name} | {metric} | {' | '.join(cells)} | {mine:.0f} / {other:.0f}"
                f" | {run.record.model} / {model} |",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())

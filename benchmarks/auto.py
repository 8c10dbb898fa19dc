"""``--auto`` beside AutoGluon: the same minutes on the same cores, judged on the same test rows.

Both get the rows that are not for testing: ours keeps some of them for stopping and choosing, as
its recipe says, AutoGluon does with them what its preset does. Both at once, each on its own half
of the cores, or with ``--in-turn`` one after the other on all of them. The difference is AutoGluon
minus ours of the task's primary metric, with its 95% interval from paired bootstrap draws of the
test rows. What AutoGluon said is kept in ``--work`` and not asked again, so that ours can be run
anew.
"""

from __future__ import annotations

import argparse
import json
import os
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


class Peer:
    """AutoGluon in a process of its own; what it said before is not asked again."""

    def __init__(self, folder: Path, data: Any, metric: str, asked: Any, cores: set[int]) -> None:
        how = f"{data.record.digest[:12]}-{asked.preset}-{asked.minutes:g}-{len(cores)}"
        self.name, self.place = data.name, folder / "autogluon"
        self.kept, self.scores = folder / f"{how}.json", folder / f"{how}.parquet"
        self._process = None
        if not self.kept.is_file():
            words = [str(folder), str(self.scores), data.schema.target.name, THEIRS[metric]]
            self._process = subprocess.Popen(
                [asked.peers, "-W", "ignore", str(FIT), *words, str(60 * asked.minutes),
                 asked.preset, ",".join(map(str, cores))],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )  # fmt: skip

    def said(self) -> tuple[str, float]:
        """Its best model and the seconds that it took, when it is ready."""
        if self._process is not None:
            out, error = self._process.communicate()
            if self._process.returncode:
                raise SystemExit(f"AutoGluon on {self.name}: {error[-2000:]}")
            took, model = out.split()[-2:]
            shutil.rmtree(self.place)
            self.kept.write_text(json.dumps({"model": model, "seconds": float(took)}))
        told = json.loads(self.kept.read_text())
        return told["model"], told["seconds"]


def apart(run: Run, scores: Path, metric: str) -> tuple[list[str], int]:
    """Our value, theirs, and the difference with its interval; 1 where AutoGluon is better."""
    signature = run.record.signature
    assert signature is not None
    kept = run.predictions()
    kept = kept[kept["part"] == PARTS[TEST]].set_index("row")
    given = pd.read_parquet(scores)
    kept = kept.loc[given.index]
    if signature.task == "regression":
        said = [kept["value"].to_numpy(), given["value"].to_numpy()]
    else:
        columns = [f"score_{k}" for k in range(len(signature.classes))]
        said = [kept[columns].to_numpy(), given[list(signature.classes)].to_numpy()]
    samples = [sample_of(kept["truth"].to_numpy(), s, signature) for s in said]
    mine, other = paired(samples, {metric: METRICS[signature.task][metric]}, draws=1000, seed=0)
    found = other[metric].minus(mine[metric]).interval()
    side = found.side if METRICS[signature.task][metric].higher_is_better else -found.side
    verdict = {1: "AutoGluon", -1: "workbench", 0: "no difference shown"}[side]
    return [
        f"{mine[metric].value:.4f}",
        f"{other[metric].value:.4f}",
        f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})",
        verdict,
    ], side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", required=True, help="a Python that has autogluon.tabular")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--preset", default="best_quality")
    parser.add_argument("--only", default="", help="data sets, comma between")
    parser.add_argument("--work", type=Path, help="where what AutoGluon said is kept")
    parser.add_argument("--in-turn", action="store_true", help="not at once")
    options = parser.parse_args()
    print(machine())
    print("| data set | metric | workbench | AutoGluon | difference | better | seconds | models |")
    print("|---|---|---|---|---|---|---|---|")
    names = [n for n in options.only.split(",") if n] or TABLES
    every = sorted(os.sched_getaffinity(0))
    half = len(every) // 2
    halves = [set(every)] * 2 if options.in_turn else [set(every[:half]), set(every[half:])]
    os.sched_setaffinity(0, halves[1])
    sides: list[int] = []
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.work or Path(temporary)) / name
            ws = Workspace(Path(temporary) / "ws")
            data, metric = parted(ws, name, folder)
            peer = Peer(folder, data, metric, options, halves[0])
            if options.in_turn:
                peer.said()
            run, mine = ours(ws, data, options.minutes)
            model, other = peer.said()
            cells, side = apart(run, peer.scores, metric)
            sides.append(side)
            print(
                f"| {name} | {metric} | {' | '.join(cells)} | {mine:.0f} / {other:.0f}"
                f" | {run.record.model} / {model} |",
                flush=True,
            )
    rank = 1.5 + sum(sides) / (2 * len(sides))  # where no difference is shown both are between
    print(f"mean rank: workbench {rank:.2f}, AutoGluon {3 - rank:.2f}")


if __name__ == "__main__":
    sys.exit(main())

"""A run whose process was killed goes on, and ends as the one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.core.errors import JobError, StoreError
from workbench.objects import Job
from workbench.workspace import Workspace

pytestmark = pytest.mark.slow
PARAMS = {"network": {"epochs": 120, "patience": 120, "hidden": [64, 32]}}


def wait_for(job: Job, kept: Path, epochs: int) -> None:
    """Until the job has told of ``epochs`` epochs and left a checkpoint."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        told = [e.metrics.get("epoch", 0) for e in job.events()]
        if max(told, default=0) >= epochs and any(kept.glob("*/last")):
            return
        assert job.refresh().record.active, job.record.error
        time.sleep(0.02)
    raise AssertionError("the job did not get there")


def test_a_killed_training_goes_on_to_the_same_model(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "workbench.toml").write_text("[jobs]\ncheckpoint_seconds = 0\n")
    ws = Workspace(root)
    data = ws.import_data("breast_cancer")
    straight = ws.train(data, ["network"], seed=1, params=PARAMS).best

    job = ws.submit("train", dataset="breast_cancer", families=["network"], seed=1, params=PARAMS)
    wait_for(job, ws.root / "checkpoints", 3)
    os.killpg(_child(job), signal.SIGKILL)
    with pytest.raises(JobError, match="it was killed"):
        job.wait(60)

    lost = next(r for r in ws.runs.list() if r.id != straight.id)
    assert lost.record.state == "failed"
    assert [run.id for run in job.interrupted()] == [lost.id]
    assert "It had come to:" in lost.record.reason and "valid_loss" in lost.record.reason
    assert f"workbench runs resume {lost.record.short}" in lost.record.reason
    assert (ws.root / "checkpoints" / lost.id / "last").is_file()

    words = ["--workspace", str(ws.root), "runs", "resume", lost.record.short]
    subprocess.run([sys.executable, "-m", "workbench.cli", *words], check=True)
    found = ws.runs[lost.id]
    assert found.record.state == "done" and not found.record.reason
    assert dict(found.metrics) == dict(straight.metrics)
    assert found.predictions().equals(straight.predictions())
    assert not (ws.root / "checkpoints" / lost.id).exists()
    assert not job.interrupted()
    with pytest.raises(StoreError, match="nothing to go on with"):
        found.resume()


ALONE = """
import os, sys
from pathlib import Path
from workbench.workspace import Workspace
def stop(fraction, text, metrics=None):
    if (metrics or {}).get("epoch", 0) >= 3:
        os.kill(os.getpid(), 9)
Workspace(Path(sys.argv[1])).train("breast_cancer", ["blend"], seed=1, progress=stop,
    params={"blend": {"members": [{"family": "network", "params": {"epochs": 5, "hidden": h}}
                                  for h in ([8], [16])]}})
"""


def test_a_blend_killed_in_the_foreground_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "workbench.toml").write_text("[jobs]\ncheckpoint_seconds = 0\n")
    ws = Workspace(root)
    ws.import_data("breast_cancer")
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", ALONE, str(root)], check=False)
    assert done.returncode == -signal.SIGKILL
    (lost,) = ws.runs.list()
    assert lost.record.state == "failed" and "Its process has ended." in lost.record.reason
    assert lost.resume().record.state == "done"


BOOSTED = """
import os, sys
from pathlib import Path
from workbench.workspace import Workspace
def stop(fraction, text, metrics=None):
    if (metrics or {}).get("iteration", 0) >= int(sys.argv[3]):
        os.kill(os.getpid(), 9)
params = {sys.argv[2]: {sys.argv[4]: 180, "early_stopping": 170}}
Workspace(Path(sys.argv[1])).train("breast_cancer", [sys.argv[2]], seed=1, params=params,
    progress=stop)
"""


BOOSTERS = {
    "lightgbm": "n_estimators",
    "xgboost": "n_estimators",
    "catboost": "iterations",
    "histboost": "max_iter",
}


@pytest.mark.parametrize(("family", "rounds"), BOOSTERS.items())
def test_boosting_that_is_killed_twice_goes_on_to_the_same_model(
    tmp_path: Path, family: str, rounds: str
) -> None:
    if family in ("xgboost", "catboost"):
        pytest.importorskip(family)
    root = tmp_path / "ws"
    root.mkdir()
    (root / "workbench.toml").write_text("[jobs]\ncheckpoint_seconds = 0\n")
    ws = Workspace(root)
    ws.import_data("breast_cancer")
    params = {family: {rounds: 180, "early_stopping": 170}}
    straight = ws.train("breast_cancer", [family], seed=1, params=params).best
    words = [sys.executable, "-W", "ignore", "-c", BOOSTED, str(root), family, "70", rounds]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    lost = next(r for r in ws.runs.list() if r.id != straight.id)
    kept = ws.root / "checkpoints" / lost.id / "last"
    before = kept.read_bytes()
    again = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AGAIN, str(root), lost.id], check=False
    )
    assert again.returncode == -signal.SIGKILL
    assert kept.read_bytes() != before
    done = ws.runs[lost.id].resume()
    assert dict(done.metrics) == dict(straight.metrics)
    assert done.predictions().equals(straight.predictions())


AGAIN = """
import os, sys
from pathlib import Path
from workbench.workspace import Workspace
rounds = []
def stop(fraction, text, metrics=None):
    at = (metrics or {}).get("iteration", 0)
    rounds.extend([at] if at else [])
    if at >= 130:
        assert rounds[0] > 45, rounds  # the first ones are not fitted again
        os.kill(os.getpid(), 9)
Workspace(Path(sys.argv[1])).runs[sys.argv[2]].resume(progress=stop)
"""


def _child(job: Job) -> int:
    pid = job.refresh().record.pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

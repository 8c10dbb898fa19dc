"""Many jobs at once write into one store, and nothing of any is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.workspace import Workspace

JOBS = 20


@pytest.mark.slow
def test_twenty_jobs_at_once_lose_nothing(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    (root / "workbench.toml").write_text(f"[jobs]\nat_once = {JOBS}\nthreads = 1\n")
    ws = Workspace(root)
    ws.import_data("wine")
    alone = ws.train("wine", ["logistic"], seed=0).best
    jobs = [
        ws.submit("train", dataset="wine", families=["logistic"], seed=seed) for seed in range(JOBS)
    ]
    made = {job.wait(300)["best"]: seed for seed, job in enumerate(jobs)}
    assert len(made) == JOBS
    runs = {run.id: run for run in ws.runs.list()}
    assert len(runs) == JOBS + 1
    for run_id, seed in made.items():
        run = runs[run_id]
        assert run.record.state == "done" and run.record.recipe.seed == seed
        assert set(run.metrics) == set(alone.metrics)
        assert run.evaluation().subject == run_id
        assert len(run.predictions()) == len(alone.predictions())
        assert [e.fraction for e in ws.jobs[jobs[seed].id].events()][-1] == 1.0
    twin = next(runs[run_id] for run_id, seed in made.items() if seed == 0)
    assert dict(twin.metrics) == dict(alone.metrics)

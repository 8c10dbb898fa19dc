"""Jobs run in processes of their own, and end honestly whatever happens to them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from workbench.core.errors import JobError
from workbench.objects import Job
from workbench.workspace import Workspace

GUEST = str(Path(__file__).resolve().parents[1] / "guest")


@pytest.fixture(autouse=True)
def guest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guest package on the path of this process and of the workers."""
    monkeypatch.syspath_prepend(GUEST)
    monkeypatch.setenv("PYTHONPATH", GUEST)
    from workbench.actions import ACTIONS

    monkeypatch.setattr(ACTIONS, "_guests_known", False)


def until(check: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def running(job: Job) -> bool:
    return job.refresh().state == "running" and bool(job.events())


def test_a_job_says_how_far_it_is_and_gives_its_result(workspace: Workspace) -> None:
    job = workspace.submit("slow", seconds=0.8)
    assert job.wait(20) == {"slept": 0.8}
    events = job.events()
    assert 2 <= len(events) <= 6  # five a second at most
    fractions = [e.fraction for e in events]
    assert fractions == sorted(fractions)
    assert events[-1].metrics["gone"] > 0


def test_submitting_returns_at_once_and_another_handle_sees_the_job(workspace: Workspace) -> None:
    start = time.monotonic()
    job = workspace.submit("slow", seconds=1)
    assert time.monotonic() - start < 1
    other = Workspace(workspace.root)
    assert [j.id for j in other.jobs.list()] == [job.id]
    until(lambda: running(other.jobs[job.id]))
    other.jobs[job.id].cancel()
    until(lambda: job.refresh().state == "cancelled")


def test_a_cancel_is_heard_within_the_step(workspace: Workspace) -> None:
    job = workspace.submit("slow", seconds=60)
    until(lambda: running(job))
    start = time.monotonic()
    job.cancel()
    until(lambda: job.refresh().state == "cancelled")
    assert time.monotonic() - start < 2


def test_a_job_that_does_not_listen_is_ended_with_its_group(workspace: Workspace) -> None:
    job = workspace.submit("stubborn")
    pid_file = workspace.root / "stubborn.pid"
    until(pid_file.exists)
    job.cancel()
    until(lambda: job.refresh().state == "cancelled")
    until(lambda: not psutil.pid_exists(int(pid_file.read_text())))


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("segfault", "segmentation fault"),
        ("killed", "out of memory"),
        ("fails", "The table is empty. Give one with rows."),
        ("breaks", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failed_job_has_its_reason(workspace: Workspace, action: str, words: str) -> None:
    job = workspace.submit(action)
    with pytest.raises(JobError, match="failed"):
        job.wait(20)
    assert words in job.record.error
    assert "Traceback" not in job.record.error


def test_the_log_keeps_what_the_job_printed(workspace: Workspace) -> None:
    job = workspace.submit("segfault")
    until(lambda: not job.refresh().record.active)
    assert "about to crash" in job.log()


def test_a_killed_supervisor_leaves_a_lost_job_and_no_orphan(workspace: Workspace) -> None:
    job = workspace.submit("stubborn")
    pid_file = workspace.root / "stubborn.pid"
    until(pid_file.exists)
    os.kill(job.refresh().record.pid, signal.SIGKILL)
    until(lambda: job.refresh().state == "lost")
    until(lambda: not psutil.pid_exists(int(pid_file.read_text())))


def test_jobs_wait_their_turn_and_the_next_starts_by_itself(workspace: Workspace) -> None:
    jobs = [workspace.submit("slow", seconds=1.0) for _ in range(4)]
    until(lambda: sum(running(j) for j in jobs) == 2)
    assert sorted(j.refresh().state for j in jobs).count("queued") == 2
    for job in jobs:
        job.wait(30)


def test_a_job_outlives_the_process_that_submitted_it(workspace: Workspace) -> None:
    code = (
        "import sys; from workbench.workspace import Workspace;"
        "print(Workspace(sys.argv[1]).submit('slow', seconds=1.5).id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(workspace.root)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert workspace.jobs[done.stdout.strip()].wait(20) == {"slept": 1.5}


def test_wrong_parameters_are_one_sentence(workspace: Workspace) -> None:
    job = workspace.submit("slow", speed=3)
    with pytest.raises(JobError, match="unexpected keyword argument 'speed'"):
        job.wait(20)

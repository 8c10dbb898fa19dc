"""One process per job on this machine.

The process that is started here is a supervisor of a few megabytes (:mod:`workbench.worker`). It
claims the job, runs the action in a child, and writes down how the child ended, so that a crash
has a reason even when every shell has gone. When a job ends its supervisor starts the next.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from workbench.jobs import handover
from workbench.jobs.ledger import Ledger

# MLflow's own, which shells cut short: what a job has computed must outlive a short outage
PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "7", "MLFLOW_HTTP_REQUEST_TIMEOUT": "120"}


class LocalEngine:
    """Runs at most ``at_once`` jobs of the workspace at ``root``; others wait their turn."""

    def __init__(self, root: Path, ledger: Ledger, at_once: int = 2, threads: int = 0) -> None:
        self.root = root
        self.ledger = ledger
        self.at_once = max(1, at_once)
        self.threads = threads

    def start(self, job: str) -> None:
        if self.ledger.next_queued(self.at_once) is not None:
            self._spawn(job)

    def cancel(self, job: str) -> None:
        self.ledger.ask_cancel(job)
        if not self.ledger.job(job).active:
            handover.forget(job)

    def start_waiting(self) -> None:
        """Start the job whose turn it is, if there is a free place."""
        job = self.ledger.next_queued(self.at_once)
        if job is not None:
            self._spawn(job)

    def log_of(self, job: str) -> Path:
        """Where the job's output goes."""
        return self.root / "jobs" / f"{job}.log"

    def _spawn(self, job: str) -> None:
        log = self.log_of(job)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "workbench.worker", str(self.root), job],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment(),
            )
        _reaped.append(process)
        _reaped[:] = [p for p in _reaped if p.poll() is None]

    def _environment(self) -> dict[str, str]:
        threads = str(self.threads or os.cpu_count() or 1)
        package = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        return {**PATIENCE, **os.environ, "OMP_NUM_THREADS": threads, "PYTHONPATH": path}


_reaped: list[subprocess.Popen[bytes]] = []  # asked now and then, so that none stays a zombie

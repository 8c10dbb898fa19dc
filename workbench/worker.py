"""The shell without a face: carries out one job and exits. ``python -m workbench.worker ROOT JOB``.

Two processes: a supervisor that imports next to nothing, and a forked child that runs the action.
The child may be killed, crash or run out of memory; the supervisor says so in the ledger, ends
what the child left behind, and starts the next job in the queue.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.job import JobRecord
from workbench.core.settings import Settings
from workbench.jobs import handover
from workbench.jobs.engines.local import LocalEngine
from workbench.jobs.ledger import Ledger
from workbench.jobs.processes import Identity, die_with_parent, why_it_died

GRACE = 3.0  # seconds between asking a child to stop and ending it
TICK = 0.02
PERIOD = 0.2  # at most five events a second


def main(arguments: list[str] | None = None) -> int:
    """Carry out the job named on the command line."""
    root, job = arguments or sys.argv[1:]
    settings = Settings.read(Path(root))
    ledger = Ledger(Path(root) / "ledger.db")
    engine = LocalEngine(Path(root), ledger, settings.jobs, settings.threads)
    if ledger.claim(job, Identity.own(), engine.at_once):
        supervise(Path(root), ledger, ledger.job(job))
    engine.start_waiting()
    return 0


def supervise(root: Path, ledger: Ledger, job: JobRecord) -> None:
    """Run the action in a child and write down how it ended."""
    child = os.fork()
    if child == 0:
        _run_child(root, job)
    status = _wait(ledger, job.id, child)
    _end_group(child)
    handover.forget(job.id)  # when the child did not live to take it
    if ledger.job(job.id).active:  # the child could not close it by itself
        state, sentence = _verdict(status, ledger.cancel_asked(job.id))
        ledger.end(job.id, state, error=sentence)
        _abandon(root, job.id, state, sentence)


def _wait(ledger: Ledger, job: str, child: int) -> int:
    asked: float | None = None
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if asked is None and ledger.cancel_asked(job):
            asked = time.monotonic()
        if asked is not None and time.monotonic() - asked > GRACE:
            _end_group(child)
        time.sleep(TICK)


def _verdict(status: int, cancelled: bool) -> tuple[Any, str]:
    """State and sentence for a child that ended without closing its job."""
    if cancelled:
        return "cancelled", ""
    if os.WIFSIGNALED(status):
        why = why_it_died(os.WTERMSIG(status))
        return "failed", f"The job's process died: {why}. Its log has the last lines."
    return "failed", f"The job's process ended with code {os.WEXITSTATUS(status)}; see its log."


def _end_group(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _run_child(root: Path, job: JobRecord) -> None:
    """The child's whole life; never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        die_with_parent()
        os.nice(10)  # the app and the notebook stay quick
        code = carry_out(root, job)
    except BaseException:  # noqa: BLE001 - the rim of a process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def carry_out(root: Path, job: JobRecord) -> int:
    """Run the action and close the job; returns the exit code."""
    from workbench.workspace import Workspace  # after the fork: the supervisor stays small

    ledger = Ledger(root / "ledger.db")  # no sqlite connection may cross a fork
    voice = Voice(ledger, job.id)
    try:
        result = Workspace(root).perform(job.action, dict(job.params), voice, job=job.id)
    except Cancelled:
        ledger.end(job.id, "cancelled")
        return 0
    except WorkbenchError as error:
        ledger.end(job.id, "failed", error=str(error))
        return error.exit_code
    except MemoryError:
        ledger.end(
            job.id, "failed", error="There was not enough memory. Try fewer rows or columns."
        )
        return 1
    except Exception as error:  # noqa: BLE001 - the rim of a process
        traceback.print_exc()
        ledger.end(
            job.id, "failed", error=f"{type(error).__name__}: {error} (details in the job's log)"
        )
        return 1
    ledger.end(job.id, "done", result=result)
    return 0


class Voice:
    """The progress of a job: writes events, five a second at most, and hears a cancel.

    What tells of an attempt that ended is always written: nobody says it again.
    """

    def __init__(self, ledger: Ledger, job: str) -> None:
        self.ledger = ledger
        self.job = job
        self._last = 0.0

    def __call__(
        self, fraction: float, text: str, metrics: Mapping[str, float] | None = None, /
    ) -> None:
        if self.ledger.cancel_asked(self.job):
            raise Cancelled
        due = time.monotonic() - self._last >= PERIOD or fraction >= 1
        if due or "attempt" in (metrics or {}):
            self._last = time.monotonic()
            self.ledger.tell(self.job, min(max(fraction, 0.0), 1.0), text, metrics)


def _abandon(root: Path, job: str, state: str, sentence: str) -> None:
    """Close the runs that the dead child left open, in a child of its own."""
    child = os.fork()
    if child == 0:
        try:
            from workbench.workspace import Workspace

            Workspace(root).perform(
                "abandon", {"job": job, "state": state, "reason": sentence}, _mute, job=job
            )
        except BaseException:  # noqa: BLE001 - the rim of a process
            traceback.print_exc()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _mute(fraction: float, text: str, metrics: Mapping[str, float] | None = None, /) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())

"""The processes that carry out a sweep's attempts at the same time, and how many there may be."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.core.errors import JobError
from workbench.core.wire import dumps, plain
from workbench.jobs.children import Child
from workbench.training.share import machine_cores
from workbench.tuning.attempt import Ended, Judgement, Pruned, Step

SEAT = "workbench.actions.seat"
GRACE = 3.0  # seconds in which an attempt that is given up may end by itself
BASE = 600_000_000  # bytes of a process before it has read a row
COPIES = 6  # of the columns as float32: prepared, the library's own, and what scoring takes
LEFT = 0.8  # of the free memory may be taken
SAMPLE = 2000  # rows whose size is measured
LIBRARIES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "POLARS_MAX_THREADS",
)  # fmt: skip


@dataclass
class _Seat:
    """A process, and the attempt that it is at; 0: it is free."""

    child: Child
    ticket: int = 0
    deadline: float | None = None  # when an attempt that was given up is ended by force


class ProcessCrew:
    """``seats`` processes, each of which reads the table by itself and fits one attempt at a time.

    Parameters
    ----------
    root, sweep
        The workspace's folder, and the sweep's in it.
    own
        Where to import the families that the user wrote.
    threads
        That all of them may use together; 0: one a core.
    """

    def __init__(
        self, root: Path, sweep: Path, seats: int, own: Mapping[str, str], threads: int = 0
    ) -> None:
        self.seats = seats
        each = str(max(1, (threads or machine_cores()) // seats))
        self._environment = dict.fromkeys(LIBRARIES, each)
        self._arguments = [str(root), sweep.name, str(seats), json.dumps(dict(own))]
        self._log = sweep / "attempts.log"
        self._taken: list[_Seat] = []

    def begin(self, ticket: int, family: str, params: Mapping[str, Any]) -> None:
        seat = next((s for s in self._taken if not s.ticket), None)
        if seat is None:
            seat = _Seat(Child(SEAT, self._arguments, self._environment, self._log))
            self._taken.append(seat)
        seat.ticket = ticket
        # one that has died says so when the line is read
        _tell(seat, {"begin": ticket, "family": family, "params": plain(dict(params))})

    def give_up(self, ticket: int) -> None:
        for seat in self._taken:
            if seat.ticket == ticket:
                seat.deadline = time.monotonic() + GRACE
                _tell(seat, {"stop": ticket})

    def news(self, seconds: float) -> list[Step | Ended]:
        self._force()
        lines = {seat.child.line: seat for seat in self._taken}
        found: list[Step | Ended] = []
        for line in wait(list(lines), seconds):
            found += self._read(lines[line])  # type: ignore[index]
        return found

    def close(self) -> None:
        for seat in self._taken:
            seat.child.end()
        self._taken.clear()

    def _force(self) -> None:
        for seat in self._taken:
            if seat.deadline is not None and time.monotonic() > seat.deadline:
                seat.child.process.kill()

    def _read(self, seat: _Seat) -> list[Step | Ended]:
        """All that a process has said by now."""
        found: list[Step | Ended] = []
        try:
            while seat.child.line.poll():
                word = _word(seat.child)
                if isinstance(word, Ended):
                    seat.ticket, seat.deadline = 0, None
                found.append(word)
        except (EOFError, OSError):
            found += self._lost(seat)
        return found

    def _lost(self, seat: _Seat) -> list[Step | Ended]:
        """A process has died: its attempt failed, and the next one gets a new process."""
        self._taken.remove(seat)
        # the line breaks a moment before the process is gone
        with contextlib.suppress(subprocess.TimeoutExpired):
            seat.child.process.wait(GRACE)
        why = seat.child.end() or "it said no more"
        error = JobError(f"The attempt's process died: {why}.")
        return [Ended(seat.ticket, error)] if seat.ticket else []


def _tell(seat: _Seat, message: Mapping[str, Any]) -> None:
    try:
        seat.child.line.send_bytes(dumps(message).encode())
    except OSError:  # it has died, which its line says when it is read
        return


def _word(child: Child) -> Step | Ended:
    told = json.loads(child.line.recv_bytes())
    ticket = int(told["ticket"])
    if "step" in told:
        return Step(ticket, int(told["step"]), told["loss"])
    if told["ended"] == "done":
        losses = np.frombuffer(child.line.recv_bytes(), np.float64) if told["losses"] else None
        return Ended(ticket, Judgement(told["value"], losses, told["facts"]))
    kind = Pruned if told["ended"] == "pruned" else JobError
    return Ended(ticket, kind(told["reason"]))


def bearable(asked: int, frame: pd.DataFrame, free: int) -> tuple[int, str]:
    """How many attempts this machine bears at the same time, and why it is fewer than ``asked``.

    Parameters
    ----------
    frame
        What each process reads.
    free
        Bytes of memory that nobody uses.
    """
    count, why = asked, ""
    if count > machine_cores():
        count = machine_cores()
        why = f"This machine has {count} cores, so no more than {count} attempts run at once."
    each = needed(frame)
    fit = max(1, int(LEFT * free / each))
    if count > fit:
        count = fit
        why = (
            f"{asked} attempts at once would need about {asked * each / 1e9:.1f} GB of memory, and"
            f" {free / 1e9:.1f} GB are free: {count} at a time."
        )
    return count, why


def needed(frame: pd.DataFrame) -> int:
    """Bytes that one process takes: libraries, the table, and the columns as models see them."""
    sample = frame.head(SAMPLE)
    width = sample.memory_usage(deep=True, index=False).sum() / max(1, len(sample))
    return int(BASE + len(frame) * (width + COPIES * 4 * frame.shape[1]))
